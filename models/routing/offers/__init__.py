"""Exclusive offers: a lead is one salesperson's to take for a while, then the next one's.

Each person is asked once for a lead, in the order in which the router would give it. An offer is paid for like a lead
when it is made, whatever comes of it: chances are shared fairly, and nobody gets more of them by letting leads go.

A lead that buys while it is on offer stays on offer: a customer needs an owner too.
"""

from models.routing.offers.answer import accept, decline
from models.routing.offers.begin import begin
from models.routing.offers.expire import expire_due, next_due

__all__ = ["accept", "begin", "decline", "expire_due", "next_due"]
