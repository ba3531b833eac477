"""Retention: customers hear from us once a quarter, with something for what they have; after a year, the win-back."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import ProductTier
from models.conditions.predicates import has_bought, was_sent

QUARTER = timedelta(weeks=13)
MAILS = ("quarter_review", "for_your_team", "a_year_on")
HAS_PROGRAMME = has_bought(ProductTier.CORE, ProductTier.EXPANSION)


# Another order begins the customer care anew, and this after it.
@journey(ends_on={"order_placed": "bought again", "order_cancelled": "cancelled", "turned_us_down": "not interested"})
async def retention(j: Journey) -> str:
    """A look back after a quarter, what goes with what they bought after two, and the year in three questions.

    A mail that somebody has had after an earlier order is left out; its quarter passes all the same. Replies are
    answered by the owner, as all are.
    """
    for mail in MAILS:
        await j.wait(QUARTER, name=f"a quarter before {mail}")
        if await j.check(was_sent(f"retention/{mail}"), name=f"has had {mail}"):
            continue
        data = {"has_programme": await j.check(HAS_PROGRAMME, name=f"has the programme at {mail}")}
        if await j.send(mail, data=data) != "queued":
            return "cannot be mailed"
    await j.wait(QUARTER, name="a year without an order")
    return hand_over("win_back")
