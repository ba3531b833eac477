"""Support request: a customer needs help; a person helps, and hears whether it did."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey


@journey(starts_on=("support_requested", "form_submitted:support"), on_repeated_request="go on")
async def support_request(j: Journey) -> str:
    """The owner, or whoever the routing rules choose, has two working hours to help.

    They are told at once that their request is here. When it is solved they are asked whether it really is: who replies
    within three days is helped again. Who is not reached is called again the day after, by somebody else when nobody
    has reported.
    """
    await j.route(name="an owner")
    await j.send("received", transactional=True)
    for attempt in ("first help", "second help", "third help"):
        match await j.task("help_customer", name=attempt, within=timedelta(days=2)):
            case "Solved":
                await j.send("solved", name=f"solved by the {attempt}", transactional=True)
                if await j.wait_for("replied", within=timedelta(days=3), name=f"word on the {attempt}") is None:
                    return "solved"
                await j.note("They have written again after it was solved.")
            case "Talked: Wants More":
                return hand_over("offer_sequence")
            case "No Request: Spam or Mistake":
                return "no request"
            case "Could Not Reach: Try Again":
                await j.send("missed_you", name=f"missed you, {attempt}", transactional=True)
                await j.wait(timedelta(days=1), name=f"a day after the {attempt}")
            case "Needs Somebody Else" | None:
                await j.route(anew=True, name=f"somebody else after the {attempt}")
    return "not solved"
