"""Challenge course: three lessons on the challenge that somebody named; then the offer, or more to read."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import Contact, JourneyRun

COURSES = {
    "Generating new leads": ("leads_1", "leads_2", "leads_3"),
    "Hiring enough qualified people": ("hiring_1", "hiring_2", "hiring_3"),
    "Customer loyalty": ("loyalty_1", "loyalty_2", "loyalty_3"),
}
"""Challenge, as the playbook spells it -> its lessons. Another challenge is one line here and its mails."""

POINTS_PER_LESSON = 10
READ_MOST = JourneyRun.points >= 20


@journey(ends_on={"order_placed": "bought", "turned_us_down": "not interested"})
async def challenge_course(j: Journey) -> str:
    """The lessons of their challenge, a week apart; whoever follows two of them gets the offer."""
    for challenge, lessons in COURSES.items():
        if await j.check(Contact.custom["challenge"].astext == challenge, name=f"challenge: {challenge}"):
            return await teach(j, lessons)
    return hand_over("lead_nurture")


async def teach(j: Journey, lessons: tuple[str, ...]) -> str:
    """One lesson after the other, with points for those whose link is followed."""
    for lesson in lessons:
        if await j.send(lesson) != "queued":
            return "cannot be mailed"
        next_at = j.now + timedelta(weeks=1)
        if await j.wait_for(f"link_clicked:challenge_course/{lesson}", until=next_at):
            await j.add_points(POINTS_PER_LESSON, f"read {lesson}")
            await j.wait_until(next_at, name=f"a week after {lesson}")
    if await j.check(READ_MOST):
        return hand_over("offer_sequence")
    return hand_over("reading_list")
