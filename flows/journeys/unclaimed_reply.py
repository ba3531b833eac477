"""Unclaimed reply: somebody wrote to us, and no journey waited for it; a person answers."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey


@journey(fallback_trigger="replied", ends_on={"order_placed": "bought"})
async def unclaimed_reply(j: Journey) -> str:
    """Let no mail to us lie: the owner reads what was written and answers within four hours.

    If they let it lie for two days, somebody else answers. What they report puts the lead where it belongs; the
    journeys that it is on pause for a week and go on after it.
    """
    for attempt in ("first reading", "second reading"):
        await j.route("inbound", anew=attempt != "first reading", name=f"inbound for the {attempt}")
        outcome = await j.task("answer_mail", name=attempt, within=timedelta(days=2))
        match outcome:
            case "Answered by Mail" | "Had Call: Settled":
                return "answered"
            case "Wants a Call":
                return hand_over("lead_qualification")
            case "Wants an Offer":
                return hand_over("offer_sequence")
            case "Wants to Read First":
                return hand_over("reading_list")
            case "Not Interested":
                return "not interested"
            case "No Answer Needed":
                return "no answer needed"
            case None:
                await j.note(f"Nobody reported on the {attempt} for two days.")
    return "not answered"
