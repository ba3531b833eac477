"""What a journey is told when a request is settled, or when there is none to make."""

from models.playbook.feedback import AfterLoss

ANSWERED = "answered"
"""Something was said; the lead is neither won nor lost."""
WON = "won"
NO_ANSWER = "no answer"
"""Given up, after reminders and the word to the manager."""
ROUTE_AGAIN = "give to somebody else"
"""The same, where the playbook says that the lead goes back to the routers."""
ENOUGH = "enough is known"
"""The level that the playbook wants is reached, or no more is asked."""
NOBODY = "nobody has it"
"""The lead has no owner who could be asked."""
RUN_ENDED = "no longer asked"
"""The journey ended meanwhile; it is told nothing."""

LOST = {then: f"lost: {then.value}" for then in AfterLoss}
"""What follows a loss -> the outcome."""

OUTCOMES = (ANSWERED, WON, *LOST.values(), NO_ANSWER, ROUTE_AGAIN, ENOUGH, NOBODY)
"""All that a journey can be told."""

SETTLED = "feedback_settled"
"""The event that tells it, with the request's number as topic and the outcome in its data."""
