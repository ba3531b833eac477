"""Unclaimed lead: somebody sent a form that no other journey is for; a person looks what they want."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey


@journey(fallback_trigger="form_submitted", ends_on={"order_placed": "bought"})
async def unclaimed_lead(j: Journey) -> str:
    """Let no form lead nowhere, whatever its name: an owner, an answer, and a person who looks at it.

    The owner has four hours to look what the lead wants, and what they report puts the lead where it belongs. If they
    let it lie for two days, somebody else looks; if they do as well, the lead gets something to read.
    """
    await j.send("received", transactional=True)
    for attempt in ("first look", "second look"):
        await j.route("inbound", anew=attempt != "first look", name=f"inbound for the {attempt}")
        outcome = await j.task("look_at_lead", name=attempt, within=timedelta(days=2))
        match outcome:
            case "Wants a Call":
                return hand_over("lead_qualification")
            case "Wants an Offer":
                return hand_over("offer_sequence")
            case "Wants to Read First":
                return hand_over("reading_list")
            case "Had Call: Settled" | "Answered by Mail":
                return "answered"
            case "No Lead: Spam or Mistake":
                return "no lead"
            case None:
                await j.note(f"Nobody reported on the {attempt} for two days.")
    return hand_over("reading_list")
