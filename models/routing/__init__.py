"""Who gets which lead: who is available, whose turn it is, and the ledger of why."""

from models.routing.assign import assign
from models.routing.availability import available
from models.routing.owners import Owner, Waiting
from models.routing.place import hold_for, place, place_newcomers, place_waiting
from models.routing.queue import next_due
from models.routing.router import NobodyThere
from models.routing.rules import route_by_rules
from models.routing.set_owner import Gift, give

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
