"""Offer sequence: four mails that ask for the order, and a person wherever the lead shows interest."""

from datetime import datetime, timedelta

from flows.runtime import Journey, hand_over, journey
from models import Contact, Stage
from models.conditions.predicates import was_sent
from models.wording import day

MAILS = ("offer", "case_study", "questions", "last_call")
SECOND_MAILS = ("one_step_first", "second_case_study", "what_is_in_the_way")
"""For whoever has had the first four and comes back."""
MOST_QUALIFIED = Contact.score >= 30
SUBJECTS = {"offer": {"in your place": None, "twelve weeks": "Twelve weeks, one goal, one advisor"}}


@journey(
    starts_on=("form_submitted:request-quote", "offer_requested"),
    ends_on={"order_placed": "bought", "turned_us_down": "not interested", "lead_lost": "lost"},
)
async def offer_sequence(j: Journey) -> str:
    """Offer, case study, questions, last call, four days apart; three other mails the second time; then a person.

    A reply goes to the owner as a task. A visit to the order page without an order gets one reminder the day after.
    At the end the most qualified (a score of 30 and more) are invited to a one-on-one call, half of them by a list of
    times and half by a link to the calendar. No order: the reading list.
    """
    # Runs from before there was a second round are on the first.
    has_had_offer = await j.check(was_sent("offer_sequence/last_call"), name="has had the offer", before=False)
    has_had_both = await j.check(was_sent("offer_sequence/what_is_in_the_way"), name="has had both", before=False)
    await j.route("inbound")
    if has_had_both:
        return await last_talk(j, "third_offer")
    reminded = False
    for mail in SECOND_MAILS if has_had_offer else MAILS:
        if await j.send(mail, subjects=SUBJECTS.get(mail)) != "queued":
            return await last_talk(j, "reach_by_phone")
        match await j.wait_for("replied", "page_visited:order", within=timedelta(days=4), name=f"answer to {mail}"):
            case "replied":
                return await last_talk(j, "answer_reply")
            case "page_visited:order" if not reminded:
                reminded = True
                await j.wait(timedelta(days=1), name="a day after the order page")
                await j.send("order_reminder")
                await j.wait(timedelta(days=3), name="time to order")
            case "page_visited:order":
                await j.wait(timedelta(days=2), name=f"time to order after {mail}")
            case None:
                pass
    if await j.check(MOST_QUALIFIED):
        match await j.split("call invitation", {"times": 1, "calendar": 1}, before="calendar"):
            case "times":
                # The days that it names must still be to come when it is read.
                await j.send("call_times", data={"days": days_to_call(j.now)}, expires_after=timedelta(days=2))
            case "calendar":
                await j.send("call_invitation")
        match await j.wait_for("form_submitted:book-call", "replied", within=timedelta(weeks=1), name="call booked"):
            case "form_submitted:book-call":
                return hand_over("lead_qualification")
            case "replied":
                return await last_talk(j, "answer_reply")
            case None:
                pass
    return hand_over("reading_list")


def days_to_call(now: datetime) -> list[str]:
    """Three working days of a week that is far enough ahead."""
    soonest = now + timedelta(days=2)
    monday = soonest + timedelta(days=7 - soonest.weekday())
    return [day(monday + timedelta(days=days)) for days in (1, 2, 3)]


async def last_talk(j: Journey, task: str) -> str:
    """A person takes over; what they report decides, and the lead reads what was said, unless they said no."""
    outcome = await j.task(task, kind="talk_about_offer", within=timedelta(weeks=1))
    match outcome:
        case "Talked: Wants to Buy":
            await j.set(stage=Stage.OPPORTUNITY)
            await after_talk(j, "a buyer")
            if await j.wait_for("order_placed", within=timedelta(weeks=2), name="the order"):
                return "bought"
        case "Talked: Not Now":
            await after_talk(j, "a waiting lead")
        case "Talked: Not Interested":
            return "not interested"
        case "Could Not Reach":
            pass
        case None:
            await j.note("Nobody reported on this talk for a week.")
    return hand_over("reading_list")


async def after_talk(j: Journey, whom: str) -> None:
    """The mail about the talk, and the next talk if they agreed on one."""
    await j.send("after_talk", name=f"after_talk to {whom}", transactional=True)
    await j.start("check_in", name=f"check_in with {whom}")
