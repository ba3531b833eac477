"""Lead assignment: which salespeople are available, which router and rep a lead gets, and the log of every
assignment.
"""

from models.routing.assignment.assign import assign_by_router
from models.routing.assignment.availability import available_reps
from models.routing.assignment.owner_change import OwnerChange, change_owners
from models.routing.assignment.owners import AssignedOwner, PendingAssignment
from models.routing.assignment.queue import next_placement_due
from models.routing.assignment.router import UnknownRouter, unknown_router
from models.routing.assignment.rules import pick_routers
from models.routing.route import lock_contacts_and_routers, process_queue, route_contacts, route_new_contacts

__all__ = [
    "AssignedOwner",
    "OwnerChange",
    "PendingAssignment",
    "UnknownRouter",
    "assign_by_router",
    "available_reps",
    "change_owners",
    "lock_contacts_and_routers",
    "next_placement_due",
    "pick_routers",
    "process_queue",
    "route_contacts",
    "route_new_contacts",
    "unknown_router",
]
