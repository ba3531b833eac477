"""Thank-you note: a card by hand after an order. A large order gets it at once, all others with the weekly list."""

from datetime import timedelta

from flows.runtime import Journey, journey
from models import ProductTier
from models.conditions.predicates import has_bought

ASSISTANT = "office@brightwater.example.com"
LARGE = has_bought(ProductTier.CORE, ProductTier.EXPANSION)
LIST = "thank-you notes"


# The card is written whatever they ask for meanwhile.
@journey(ends_on={"order_cancelled": "cancelled"}, on_repeated_request="ignore")
async def thank_you_note(j: Journey) -> str:
    """The assistant gets a task with the text of the card, or the name goes on the list that the playbook sends out."""
    if not await j.check(LARGE, name="bought the programme or more"):
        await j.fulfil(LIST, data={"for": "their order"})
        return "on the list"
    outcome = await j.task("write_note", to=ASSISTANT, within=timedelta(weeks=2))
    match outcome:
        case "Note Sent":
            return "thanked"
        case "No Address Found":
            return "no address"
        case None:
            pass
    await j.fulfil(LIST, data={"for": "their order, when nobody got to it"}, name="a late note")
    return "on the list"
