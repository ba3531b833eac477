"""Who gets which lead: who is available, whose turn it is, and the ledger of why."""

from models.routing.assigning import assign
from models.routing.availability import available
from models.routing.giving import Gift, give
from models.routing.owners import Owner, Waiting
from models.routing.placing import hold_for, place, place_newcomers, place_waiting
from models.routing.router import NobodyThere
from models.routing.rules import route_by_rules
from models.routing.waiting import next_due

__all__ = [
    "Gift",
    "NobodyThere",
    "Owner",
    "Waiting",
    "assign",
    "available",
    "give",
    "hold_for",
    "next_due",
    "place",
    "place_newcomers",
    "place_waiting",
    "route_by_rules",
]
