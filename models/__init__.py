"""Tables of Tend and the rules that belong to them. Importing this package registers every table."""

from models.assignment import Assignment, CandidateSet
from models.contact import Contact, Stage, Suppression
from models.event import Event, RejectedLead
from models.follow_up import FollowUp
from models.fulfilment import FulfilmentEntry
from models.inbound_mail import InboundKind, InboundMail
from models.installation import AppliedPlaybook, Secret
from models.journey_run import Activity, JourneyRun, RunStatus, Step
from models.mail_event import MailEvent, MailEventKind
from models.message import TO_CONTACTS, Letter, Message, MessageKind, MessageState, OnCap
from models.placement import Answer, Offer, Placement
from models.postal_area import PostalArea
from models.sales import Order, Product, ProductTier
from models.score import PredictionModel, ScoreEntry
from models.split import How, SplitDraw, SplitTest
from models.task import Task
from models.team import Absence, Rep, Router, RouterMember, Team
from models.topic_opt_out import TopicOptOut

__all__ = [
    "TO_CONTACTS",
    "Absence",
    "Activity",
    "Answer",
    "AppliedPlaybook",
    "Assignment",
    "CandidateSet",
    "Contact",
    "Event",
    "FollowUp",
    "FulfilmentEntry",
    "How",
    "InboundKind",
    "InboundMail",
    "JourneyRun",
    "Letter",
    "MailEvent",
    "MailEventKind",
    "Message",
    "MessageKind",
    "MessageState",
    "Offer",
    "OnCap",
    "Order",
    "Placement",
    "PostalArea",
    "PredictionModel",
    "Product",
    "ProductTier",
    "RejectedLead",
    "Rep",
    "Router",
    "RouterMember",
    "RunStatus",
    "ScoreEntry",
    "Secret",
    "SplitDraw",
    "SplitTest",
    "Stage",
    "Step",
    "Suppression",
    "Task",
    "Team",
    "TopicOptOut",
]
