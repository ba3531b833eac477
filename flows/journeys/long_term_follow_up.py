"""Long-term follow-up: whoever has read and heard it all and not bought gets a useful email now and then."""

from datetime import datetime, timedelta

from flows.runtime import Journey, hand_over, journey
from models.conditions.predicates import was_sent

MONTH, QUARTER = timedelta(weeks=4), timedelta(weeks=13)

EMAILS = {
    "one_hour_a_month": MONTH,
    "price_of_no": MONTH,
    "the_empty_chair": MONTH,
    "five_questions": QUARTER,
    "what_we_got_wrong": QUARTER,
    "a_year_from_now": QUARTER,
}
"""Email -> how long to wait for an answer before the next one. A contact never gets one of them twice."""


@journey(
    ends_on={
        "order_placed": "bought",
        "turned_us_down": "not interested",
        "unsubscribed": "left the list",
        "form_submitted:book-call": "asked for a call",
        "form_submitted:request-info": "asked for a call",
        "form_submitted:request-demo": "asked for a call",
        "form_submitted:request-call": "asked for a call",
        "form_submitted:trial": "asked for a call",
        "form_submitted:tradeshow": "asked for a call",
        "form_submitted:request-quote": "asked for an offer",
    }
)
async def long_term_follow_up(j: Journey) -> str:
    """An email a month, later a quarter, until they act or have had them all.

    A click, a reply or a look at the order page brings a task to the owner, whose report decides. Whoever has had all
    emails and did not answer the last ones is asked whether to go on; the others wait for news.
    """
    silent, next_at = False, j.now + MONTH
    for email, pause in EMAILS.items():
        if await j.check(was_sent(f"long_term_follow_up/{email}"), name=f"has had {email}"):
            continue
        await j.wait_until(next_at, name=f"time for {email}")
        if await j.send(email) != "queued":
            return "cannot be mailed"
        next_at = j.now + pause
        match await answer_to(j, email, next_at):
            case "Talked: Wants an Offer":
                return hand_over("offer_sequence")
            case "Talked: Not Interested":
                return "not interested"
            case "silence":
                silent = True
            case _:
                silent = False
    return hand_over("re_engagement") if silent else "has had all letters"


async def answer_to(j: Journey, email: str, until: datetime) -> str | None:
    """What came of an email: silence, or what the owner reports who got in touch."""
    clicked = f"link_clicked:long_term_follow_up/{email}"
    match await j.wait_for(clicked, "replied", "page_visited:order", until=until, name=f"answer to {email}"):
        case None:
            return "silence"
        case "replied":
            return await talk(j, "answer_reply", email)
        case _:
            return await talk(j, "came_back", email)


async def talk(j: Journey, task: str, email: str) -> str | None:
    """The owner gets in touch; the lead reads what was said, unless they said no."""
    await j.route(name=f"an owner after {email}")
    outcome = await j.task(task, kind="get_in_touch", name=f"{task} after {email}", within=timedelta(weeks=1))
    match outcome:
        case "Talked: Wants an Offer" | "Talked: Not Now":
            await j.send("after_talk", name=f"after the talk about {email}", transactional=True)
            await j.start("check_in", name=f"check_in after {email}")
        case "Talked: Not Interested" | "Could Not Reach":
            pass
        case None:
            await j.note(f"Nobody got in touch after {email}.")
    return outcome
