"""Tables of Tend and the rules that belong to them. Importing this package registers every table."""

from models.tables.access.login import Audit, Login, LoginGuess, Role
from models.tables.assignment import Assignment, CandidateSet
from models.tables.consent import Consent
from models.tables.contact import Contact, Stage, Suppression
from models.tables.contact_list.bulk_action import BulkAction
from models.tables.contact_list.saved_view import SavedView
from models.tables.erased import DeletedContact, ErasedDraw, ErasedMessage, ErasedRun, ErasedStep
from models.tables.event import Event, FormPost, RejectedLead, UnreadValue
from models.tables.feedback import Feedback, FeedbackLevel, FeedbackRequest, FeedbackResult
from models.tables.follow_up import FollowUp
from models.tables.fulfilment import FulfilmentEntry
from models.tables.identifier import (
    ContactMerge,
    DuplicateReason,
    Identifier,
    IdentifierKind,
    IdentityConflict,
    LikelyDuplicate,
)
from models.tables.inbound_mail import InboundCorrection, InboundKind, InboundMail
from models.tables.installation import AppliedPlaybook, OpsSession, Secret
from models.tables.journey.journey_run import Activity, JourneyRun, RunStatus, Step
from models.tables.journey.journey_step_count import JourneyStepCount
from models.tables.journey.journey_version import JourneyVersion
from models.tables.kpi import (
    Dimension,
    KpiCohort,
    KpiCohortTotal,
    KpiDaily,
    KpiFact,
    KpiField,
    KpiFinding,
    KpiForecast,
    KpiFunnel,
    KpiGoal,
    KpiHoldout,
    KpiJourneyStep,
    KpiMessage,
    KpiMonthly,
    KpiName,
    KpiRun,
    KpiSource,
    KpiStageSpell,
    KpiStay,
    KpiWait,
    KpiWaitDay,
    SourceSpend,
)
from models.tables.mail_event import MailEvent, MailEventKind
from models.tables.message import (
    TO_CONTACTS,
    ChatNote,
    Letter,
    Message,
    MessageKind,
    MessageState,
    NoteState,
    OnCap,
    PauseScope,
    SendingPause,
    TopicOptOut,
)
from models.tables.placement import Answer, Offer, Placement
from models.tables.postal_area import PostalArea
from models.tables.sales import DealStage, Opportunity, Order, Product, ProductTier
from models.tables.score import PredictionModel, ScoreEntry
from models.tables.split import DrawKind, SplitDraw, SplitTest
from models.tables.task import RepeatedRequest, Task
from models.tables.team import Absence, Rep, Router, RouterMember, Team

__all__ = [
    "TO_CONTACTS",
    "Absence",
    "Activity",
    "Answer",
    "AppliedPlaybook",
    "Assignment",
    "Audit",
    "BulkAction",
    "CandidateSet",
    "ChatNote",
    "Consent",
    "Contact",
    "ContactMerge",
    "DealStage",
    "DeletedContact",
    "Dimension",
    "DrawKind",
    "DuplicateReason",
    "ErasedDraw",
    "ErasedMessage",
    "ErasedRun",
    "ErasedStep",
    "Event",
    "Feedback",
    "FeedbackLevel",
    "FeedbackRequest",
    "FeedbackResult",
    "FollowUp",
    "FormPost",
    "FulfilmentEntry",
    "Identifier",
    "IdentifierKind",
    "IdentityConflict",
    "InboundCorrection",
    "InboundKind",
    "InboundMail",
    "JourneyRun",
    "JourneyStepCount",
    "JourneyVersion",
    "KpiCohort",
    "KpiCohortTotal",
    "KpiDaily",
    "KpiFact",
    "KpiField",
    "KpiFinding",
    "KpiForecast",
    "KpiFunnel",
    "KpiGoal",
    "KpiHoldout",
    "KpiJourneyStep",
    "KpiMessage",
    "KpiMonthly",
    "KpiName",
    "KpiRun",
    "KpiSource",
    "KpiStageSpell",
    "KpiStay",
    "KpiWait",
    "KpiWaitDay",
    "Letter",
    "LikelyDuplicate",
    "Login",
    "LoginGuess",
    "MailEvent",
    "MailEventKind",
    "Message",
    "MessageKind",
    "MessageState",
    "NoteState",
    "Offer",
    "OnCap",
    "Opportunity",
    "OpsSession",
    "Order",
    "PauseScope",
    "Placement",
    "PostalArea",
    "PredictionModel",
    "Product",
    "ProductTier",
    "RejectedLead",
    "Rep",
    "RepeatedRequest",
    "Role",
    "Router",
    "RouterMember",
    "RunStatus",
    "SavedView",
    "ScoreEntry",
    "Secret",
    "SendingPause",
    "SourceSpend",
    "SplitDraw",
    "SplitTest",
    "Stage",
    "Step",
    "Suppression",
    "Task",
    "Team",
    "TopicOptOut",
    "UnreadValue",
]
