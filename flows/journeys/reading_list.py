"""Reading list: what somebody reads next who does not buy yet. Each series once, then an email now and then."""

from flows.journeys.challenge_course import COURSES
from flows.runtime import Journey, hand_over, journey
from models import Contact
from models.conditions.predicates import completed_journey, is_on_journey, was_sent

GETS_MAIL = is_on_journey(
    *("challenge_course", "lead_nurture", "offer_sequence", "re_engagement", "long_term_follow_up", "customer_care"),
    *("discount_follow_up", "retention", "win_back"),
)


@journey(ends_on={"order_placed": "bought"})
async def reading_list(j: Journey) -> str:
    """The course on their challenge, the articles for everybody, and in the long run an email a month or a quarter.

    It is the one place that decides this, so nobody gets the same series twice, whichever way they come. A challenge
    that a salesperson learns of later brings its own course. Who is on one of these journeys stays on it, and
    customers are cared for first.
    """
    if await j.check(GETS_MAIL, name="gets mails already"):
        return "gets mails already"
    for challenge, lessons in COURSES.items():
        is_new = (Contact.custom["challenge"].astext == challenge) & ~was_sent(f"challenge_course/{lessons[0]}")
        if await j.check(is_new, name=f"new to them: {challenge}"):
            return hand_over("challenge_course")
    if await j.check(completed_journey("lead_nurture"), name="has had the articles"):
        return hand_over("long_term_follow_up")
    return hand_over("lead_nurture")
