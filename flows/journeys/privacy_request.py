"""Privacy request: somebody wants their data deleted, or to know what we have of them; a person sees to it."""

from datetime import timedelta

from flows.runtime import Journey, journey


@journey(starts_on="privacy_requested")
async def privacy_request(j: Journey) -> str:
    """Let no request go unanswered that the law gives a term of a month: a person answers within a day.

    They get no marketing any more by then; that was done when their mail came in.
    """
    for attempt in ("first reading", "second reading"):
        await j.route("inbound", anew=attempt != "first reading", name=f"inbound for the {attempt}")
        outcome = await j.task("answer_request", name=attempt, within=timedelta(days=5))
        match outcome:
            case "Done and Answered":
                return "answered"
            case "No Such Request":
                return "no such request"
            case "Needs Somebody Else":
                await j.note(f"Whoever had the {attempt} says that somebody else has to see to it.")
            case None:
                await j.note(f"Nobody reported on the {attempt} for five days.")
    return "not answered"
