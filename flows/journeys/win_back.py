"""Win-back: customers who have not ordered for a year are asked what became of it; a person talks to who answers."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey

MAILS = ("what_became_of_it", "an_open_door")


# One customer in ten is not written to, so that it shows what these mails bring.
@journey(
    holdout=0.1,
    reentry="after_end",
    ends_on={"order_placed": "bought again", "turned_us_down": "not interested"},
)
async def win_back(j: Journey) -> str:
    """Two mails, three weeks apart. A click or a reply brings a task to the owner; silence ends it."""
    for mail in MAILS:
        if await j.send(mail) != "queued":
            return "cannot be mailed"
        answers = (f"link_clicked:win_back/{mail}", "replied")
        if await j.wait_for(*answers, within=timedelta(weeks=3), name=f"answer to {mail}"):
            return await talk(j)
    return "gone quiet"


async def talk(j: Journey) -> str:
    """The owner gets in touch, and sells nothing before they have listened."""
    await j.route(name="an owner")
    match await j.task("welcome_back", kind="get_in_touch", within=timedelta(weeks=1)):
        case "Talked: Wants an Offer":
            return hand_over("offer_sequence")
        case "Talked: Not Now":
            return "keeps in touch"
        case "Talked: Not Interested":
            return "not interested"
        case "Could Not Reach":
            return "not reached"
        case None:
            await j.note("Nobody got in touch with a customer who had answered after a year.")
    return "not called"
