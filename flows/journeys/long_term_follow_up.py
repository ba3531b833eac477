"""Long-term follow-up: whoever has read and heard it all and not bought gets a useful letter now and then."""

from datetime import datetime, timedelta

from flows.journeys.lead_qualification import TALK_FORM
from flows.runtime import Journey, hand_over, journey
from models.conditions.predicates import was_sent

MONTH, QUARTER = timedelta(weeks=4), timedelta(weeks=13)

LETTERS = {
    "one_hour_a_month": MONTH,
    "price_of_no": MONTH,
    "the_empty_chair": MONTH,
    "five_questions": QUARTER,
    "what_we_got_wrong": QUARTER,
    "a_year_from_now": QUARTER,
}
"""Letter -> how long we listen before the next. Each goes to a contact once in a lifetime."""

OUTCOMES = ("Talked: Wants an Offer", "Talked: Not Now", "Talked: Not Interested", "Could Not Reach")


@journey(
    ends_on={
        "order_placed": "bought",
        "turned_us_down": "not interested",
        "unsubscribed": "left the list",
        "form_submitted:book-call": "asked for a call",
        "form_submitted:request-info": "asked for a call",
        "form_submitted:request-quote": "asked for an offer",
    }
)
async def long_term_follow_up(j: Journey) -> str:
    """A letter a month, later a quarter, until they act or have had them all.

    A click, a reply or a look at the order page brings a task to the owner, whose report decides. Whoever has had all
    letters and did not answer the last ones is asked whether to go on; the others wait for news.
    """
    silent, next_at = False, j.now + MONTH
    for letter, pause in LETTERS.items():
        if await j.check(was_sent(f"long_term_follow_up/{letter}"), name=f"has had {letter}"):
            continue
        await j.wait_until(next_at, name=f"time for {letter}")
        if await j.send(letter) != "queued":
            return "cannot be mailed"
        next_at = j.now + pause
        match await answer_to(j, letter, next_at):
            case "Talked: Wants an Offer":
                return hand_over("offer_sequence")
            case "Talked: Not Interested":
                return "not interested"
            case "silence":
                silent = True
            case _:
                silent = False
    return hand_over("re_engagement") if silent else "has had all letters"


async def answer_to(j: Journey, letter: str, until: datetime) -> str | None:
    """What came of a letter: silence, or what the owner reports who got in touch."""
    clicked = f"link_clicked:long_term_follow_up/{letter}"
    match await j.wait_for(clicked, "replied", "page_visited:order", until=until, name=f"answer to {letter}"):
        case None:
            return "silence"
        case "replied":
            return await talk(j, "answer_reply", letter)
        case _:
            return await talk(j, "came_back", letter)


async def talk(j: Journey, task: str, letter: str) -> str | None:
    """The owner gets in touch; the lead reads what was said, unless they said no."""
    await j.route(name=f"an owner after {letter}")
    outcome = await j.task(
        task,
        name=f"{task} after {letter}",
        due=timedelta(days=1),
        outcomes=OUTCOMES,
        within=timedelta(weeks=1),
        form=TALK_FORM,
    )
    match outcome:
        case "Talked: Wants an Offer" | "Talked: Not Now":
            await j.send("after_talk", name=f"after the talk about {letter}", transactional=True)
            await j.start("check_in", name=f"check_in after {letter}")
        case "Talked: Not Interested" | "Could Not Reach":
            pass
        case None:
            await j.note(f"Nobody got in touch after {letter}.")
    return outcome
