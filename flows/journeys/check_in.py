"""Check-in: the next talk happens when it was agreed to; a person calls, and what they report decides."""

from datetime import timedelta

from sqlmodel import col

from flows.runtime import Journey, hand_over, journey
from models import Contact, Stage

IN_SALES = col(Contact.stage).in_((Stage.SQL, Stage.SAL, Stage.OPPORTUNITY))


# Who asks for a person before the day gets the talk at once: it is the same person who calls.
@journey(
    ends_on={"order_placed": "bought", "turned_us_down": "not interested", "lead_lost": "lost"},
    on_repeated_request="go on",
)
async def check_in(j: Journey) -> str:
    """A task for the owner on the day that was agreed on, at nine where the lead is.

    Without a date, leads in sales are called after a week and nobody else is. Another talk before that may set another
    date, so the date is looked at anew after it.
    """
    agreed = await j.check(Contact.custom["next_check_in"].astext >= f"{j.now:%Y-%m-%d}", name="a day was agreed on")
    if not agreed and not await j.check(IN_SALES, name="in sales"):
        return "no talk agreed on"
    for talk in ("check-in", "second check-in", "third check-in"):
        while await j.wait_until_field(
            "next_check_in", otherwise=timedelta(weeks=1), unless="call_connected", name=f"the day of the {talk}"
        ):
            pass
        await j.route(name=f"an owner for the {talk}")
        outcome = await j.task("call_again", name=talk, within=timedelta(weeks=1))
        match outcome:
            case "Talked: Wants to Buy":
                await j.set(stage=Stage.OPPORTUNITY)
                await j.send("after_talk", name=f"after the {talk}", transactional=True)
            case "Talked: Talk Again":
                await j.send("after_talk", name=f"after the {talk}", transactional=True)
            case "Talked: Not Now":
                await j.send("after_talk", name=f"after the {talk}", transactional=True)
                return hand_over("reading_list")
            case "Talked: Not Interested":
                return "not interested"
            case "Could Not Reach":
                await j.send("missed_you", name=f"missed you at the {talk}", transactional=True)
            case None:
                await j.note(f"Nobody reported on the {talk} for a week.")
    return hand_over("reading_list")
