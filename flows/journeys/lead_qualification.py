"""Lead qualification: a person asks for information; a salesperson calls; the answer decides what follows."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import Stage
from models.conditions.predicates import HAS_OWNER


@journey(
    starts_on=(
        "form_submitted:request-info",
        "form_submitted:request-demo",
        "form_submitted:request-call",
        "form_submitted:book-call",
        "form_submitted:trial",
        "form_submitted:tradeshow",
        "form_submitted:met-in-person",
    ),
    ends_on={"order_placed": "bought", "lead_lost": "lost"},
    # Who asks again in the week after a call that did not reach them is called now, not when the week is over.
    on_repeated_request="go on",
)
async def lead_qualification(j: Journey) -> str:
    """Call everyone who asks for information, then sell, nurture, or try again in a week.

    The lead gets a mail at once, from their salesperson if they have one by then, and the next one of the router
    "inbound" a task to call within half an hour. After a talk they read what was said, unless they said no. Whoever
    cannot be reached, or is not called for a week, goes to another salesperson, three times in all.
    """
    has_owner = await j.check(HAS_OWNER, name="has an owner")
    await j.send("thanks", transactional=True)
    for attempt in ("first call", "second call", "third call"):
        await j.route("inbound", anew=attempt != "first call", name=f"inbound for the {attempt}")
        if not has_owner:
            has_owner = True
            await j.send("meet_owner", transactional=True)
        outcome = await j.task("call_lead", name=attempt, within=timedelta(weeks=1))
        match outcome:
            case "Had Call: Qualified Lead":
                await j.set(stage=Stage.SQL)
                await after_call(j, "a qualified lead")
                return hand_over("offer_sequence")
            case "Had Call: Unqualified Lead":
                await after_call(j, "an unqualified lead")
                return hand_over("reading_list")
            case "Had Call: Bought":
                await j.set(stage=Stage.CUSTOMER)
                await after_call(j, "a buyer")
                return "bought"
            case "Had Call: Not Interested":
                return "not interested"
            case "Could Not Reach: Try Again":
                await j.send("missed_you", name=f"missed you, {attempt}", transactional=True)
                await j.wait(timedelta(weeks=1), name=f"a week after the {attempt}")
            case None:
                await j.note(f"Nobody reported on the {attempt} for a week; the lead goes to someone else.")
    return hand_over("reading_list")


async def after_call(j: Journey, whom: str) -> None:
    """The mail about the talk, from what the salesperson filled in, and the next talk if they agreed on one."""
    await j.send("after_call", name=f"after_call to {whom}", transactional=True)
    await j.start("check_in", name=f"check_in with {whom}")
