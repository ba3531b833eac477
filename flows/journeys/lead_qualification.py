"""Lead qualification: a person asks for information; a salesperson calls; the answer decides what follows."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import Stage

CALL_OUTCOMES = (
    "Had Call: Qualified Lead",
    "Had Call: Unqualified Lead",
    "Had Call: Bought",
    "Had Call: Not Interested",
    "Could Not Reach: Try Again",
)


@journey(
    starts_on=(
        "form_submitted:request-info",
        "form_submitted:request-demo",
        "form_submitted:request-call",
        "form_submitted:book-call",
        "form_submitted:trial",
        "form_submitted:tradeshow",
    ),
    ends_on={"order_placed": "bought"},
)
async def lead_qualification(j: Journey) -> str:
    """Call everyone who asks for information, then sell, nurture, or try again in a week.

    The lead gets a mail at once and the next salesperson of the router "inbound" a task to call within half an
    hour. Whoever cannot be reached, or is not called for a week, goes to another salesperson, three times in all.
    """
    await j.send("thanks", transactional=True)
    for attempt in ("first call", "second call", "third call"):
        await j.route("inbound", anew=attempt != "first call", name=f"inbound for the {attempt}")
        outcome = await j.task(
            "call_lead",
            name=attempt,
            due=timedelta(minutes=30),
            outcomes=CALL_OUTCOMES,
            within=timedelta(weeks=1),
        )
        match outcome:
            case "Had Call: Qualified Lead":
                await j.set(stage=Stage.SQL)
                await j.send("after_call", transactional=True)
                return hand_over("offer_sequence")
            case "Had Call: Unqualified Lead":
                return hand_over("lead_nurture")
            case "Had Call: Bought":
                await j.set(stage=Stage.CUSTOMER)
                return "bought"
            case "Had Call: Not Interested":
                return "not interested"
            case "Could Not Reach: Try Again":
                await j.send("missed_you", name=f"missed you, {attempt}", transactional=True)
                await j.wait(timedelta(weeks=1), name=f"a week after the {attempt}")
            case None:
                await j.note(f"Nobody reported on the {attempt} for a week; the lead goes to someone else.")
    return hand_over("lead_nurture")
