"""Unclaimed request: somebody asks for a person again, or calls us; a person gets back to them."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import Stage


@journey(
    fallback_trigger=("asked_again", "call_received"), ends_on={"order_placed": "bought"}, on_repeated_request="go on"
)
async def unclaimed_request(j: Journey) -> str:
    """Let nobody ask twice for nothing: their salesperson has half an hour, or as long as the service level says.

    The other journeys pause meanwhile and go on after it, so what is reported need not put the lead back on them.
    Whoever cannot be reached is called again the day after, by somebody else when two days passed without a report.
    """
    anew = False
    for attempt in ("first call", "second call", "third call"):
        await j.route("inbound", anew=anew, name=f"inbound for the {attempt}")
        outcome = await j.task("call_back", name=attempt, within=timedelta(days=2))
        anew = outcome is None
        match outcome:
            case "Talked: Wants to Buy":
                await j.set(stage=Stage.OPPORTUNITY)
                await after_talk(j)
                return "wants to buy"
            case "Talked: Wants an Offer":
                await after_talk(j)
                return hand_over("offer_sequence")
            case "Talked: Settled":
                await after_talk(j)
                return hand_over("reading_list")
            case "Talked: Not Interested":
                return "not interested"
            case "Answered by Mail":
                return hand_over("reading_list")
            case "No Lead: Spam or Mistake":
                return "no lead"
            case "Could Not Reach: Try Again":
                await j.send("missed_you", name=f"missed you, {attempt}", transactional=True)
                if attempt != "third call":
                    await j.wait(timedelta(days=1), name=f"a day after the {attempt}")
            case None:
                await j.note(f"Nobody reported on the {attempt} for two days; the request goes to someone else.")
    return hand_over("reading_list")


async def after_talk(j: Journey) -> None:
    """The mail about the talk, from what the salesperson filled in, and the next talk if they agreed on one."""
    await j.send("after_talk", transactional=True)
    await j.start("check_in")
