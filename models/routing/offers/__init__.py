"""Each rep is offered a lead once, in the router's order.

An offer is charged like an assignment when it is made, whatever the answer, so nobody gets more offers by declining.
"""

from models.routing.offers.answer import accept, decline
from models.routing.offers.begin import offer_leads
from models.routing.offers.expire import expire_due_offers, next_offer_due

__all__ = ["accept", "decline", "expire_due_offers", "next_offer_due", "offer_leads"]
