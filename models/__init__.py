"""Tables of Tend and the rules that belong to them. Importing this package registers every table."""

from models.contact import Contact, Stage, Suppression
from models.event import Event, RejectedLead
from models.installation import AppliedPlaybook, Secret
from models.journey_run import Activity, JourneyRun, RunStatus, Step
from models.message import Letter, Message, MessageKind, MessageState
from models.sales import Order, Product, ProductTier
from models.score import ScoreEntry
from models.task import Task
from models.team import Rep, Router, RouterMember, Team

__all__ = [
    "Activity",
    "AppliedPlaybook",
    "Contact",
    "Event",
    "JourneyRun",
    "Letter",
    "Message",
    "MessageKind",
    "MessageState",
    "Order",
    "Product",
    "ProductTier",
    "RejectedLead",
    "Rep",
    "Router",
    "RouterMember",
    "RunStatus",
    "ScoreEntry",
    "Secret",
    "Stage",
    "Step",
    "Suppression",
    "Task",
    "Team",
]
