"""Lead assignment: which salespeople are available, which router and rep a lead gets, and the log of every
assignment.
"""

from models.routing.assign import assign_by_router
from models.routing.availability import available_reps
from models.routing.owner_change import OwnerChange, assign_owners
from models.routing.owners import AssignedOwner, PendingAssignment
from models.routing.queue import next_placement_due
from models.routing.route import lock_contacts_and_routers, process_queue, route_contacts, route_new_contacts
from models.routing.router import UnknownRouter
from models.routing.rules import pick_routers

__all__ = [
    "AssignedOwner",
    "OwnerChange",
    "PendingAssignment",
    "UnknownRouter",
    "assign_by_router",
    "assign_owners",
    "available_reps",
    "lock_contacts_and_routers",
    "next_placement_due",
    "pick_routers",
    "process_queue",
    "route_contacts",
    "route_new_contacts",
]
