"""Order page left: somebody we know looked at the order page and did not order; a mail the day after, then a person."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models.conditions.predicates import AGREED_TO_MAIL, is_on_journey, was_sent

# These look after visits to the order page themselves, so nobody is reminded twice of one visit.
REMINDED_ELSEWHERE = is_on_journey("offer_sequence", "discount_follow_up", "long_term_follow_up")


@journey(
    starts_on="page_visited:order",
    ends_on={"order_placed": "bought", "turned_us_down": "not interested", "lead_lost": "lost"},
)
async def order_page_left(j: Journey) -> str:
    """One reminder in a lifetime; whoever answers it, or comes to the page again, hears from their salesperson."""
    if await j.check(REMINDED_ELSEWHERE, name="reminded by another journey"):
        return "reminded by another journey"
    if not await j.check(AGREED_TO_MAIL, name="agreed to mail"):
        return "wants no mail"
    if await j.check(was_sent("order_page_left/reminder"), name="was reminded before"):
        return "was reminded before"
    await j.wait(timedelta(days=1), name="a day after the order page")
    if await j.send("reminder", expires_after=timedelta(days=2)) != "queued":
        return "cannot be mailed"
    answers = ("link_clicked:order_page_left/reminder", "replied", "page_visited:order")
    if await j.wait_for(*answers, within=timedelta(days=5), name="answer to the reminder") is None:
        return "let it pass"
    await j.route(name="an owner")
    match await j.task("came_back", kind="get_in_touch", within=timedelta(weeks=1)):
        case "Talked: Wants an Offer":
            return hand_over("offer_sequence")
        case "Talked: Not Now":
            return hand_over("reading_list")
        case "Talked: Not Interested":
            return "not interested"
        case "Could Not Reach":
            return "not reached"
        case None:
            await j.note("Nobody got in touch after the visit to the order page.")
    return "not called"
