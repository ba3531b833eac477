"""One-on-one: the most qualified leads who have not bought after some weeks are offered a talk of their own."""

from datetime import timedelta

from sqlmodel import col

from flows.runtime import Journey, hand_over, journey
from models import Contact
from models.conditions.predicates import has_bought, is_on_journey, was_sent
from models.tables.sales import ProductTier

STILL_QUALIFIED = (col(Contact.score) >= 30) & ~has_bought(*ProductTier)
# The offer sequence invites to the same talk at its end, and in the others somebody talks to them already.
INVITED = was_sent("offer_sequence/call_invitation") | was_sent("offer_sequence/call_times")
IN_GOOD_HANDS = is_on_journey("offer_sequence", "lead_qualification", "check_in", "unclaimed_request", "customer_care")


@journey(
    starts_on="score_rose:hot",
    reentry="never",
    ends_on={
        "order_placed": "bought",
        "turned_us_down": "not interested",
        "lead_lost": "lost",
        "form_submitted:book-call": "booked a call",
    },
)
async def one_on_one(j: Journey) -> str:
    """Three weeks after their score has shown that they mean it: thirty minutes with their salesperson, once.

    A booking starts the qualification, as it always does. Whoever looks at the times and takes none is called.
    """
    await j.wait(timedelta(weeks=3), name="some weeks in the pipeline")
    if await j.check(INVITED | IN_GOOD_HANDS, name="invited already, or in good hands"):
        return "no invitation needed"
    if not await j.check(STILL_QUALIFIED, name="still qualified"):
        return "not qualified any more"
    await j.route(name="an owner")
    if await j.send("invitation") != "queued":
        return "cannot be mailed"
    answers = ("link_clicked:one_on_one/invitation", "replied")
    if await j.wait_for(*answers, within=timedelta(weeks=1), name="answer to the invitation") is None:
        return "let it pass"
    await j.wait(timedelta(hours=4), name="time to book")
    match await j.task("call_the_invited", kind="get_in_touch", within=timedelta(weeks=1)):
        case "Talked: Wants an Offer":
            return hand_over("offer_sequence")
        case "Talked: Not Now":
            return hand_over("reading_list")
        case "Talked: Not Interested":
            return "not interested"
        case "Could Not Reach":
            return "not reached"
        case None:
            await j.note("Nobody called them after the invitation to a one-on-one talk.")
    return "not called"
