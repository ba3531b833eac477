"""Welcome: whoever takes something free has it at once, and what else we write only if they agreed to that."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models.conditions.predicates import AGREED_TO_MAIL, AWAITS_CONFIRMATION, submitted_form


@journey(
    starts_on=(
        "form_submitted:ebook",
        "form_submitted:checklist",
        "form_submitted:newsletter",
        "form_submitted:discount",
    ),
    reentry="always",
)
async def welcome(j: Journey) -> str:
    """Deliver what the form was for, then hand over to the reading list. Nobody is called for a download.

    The code of the discount is followed up by a journey of its own, for as long as it is good.

    Whoever can only be reached by phone cannot have it by mail: a person looks what to do.

    The mail `delivery` says what each form gets. It is an answer, so it reaches those who left the list too. Who
    has to confirm their address first (double opt-in) gets it after that, and has two weeks for it.
    """
    if await j.send("delivery", transactional=True) != "queued":
        return hand_over("unclaimed_lead")
    just_now = submitted_form("discount", since=j.now - timedelta(days=1))
    if await j.check(just_now, name="asked for the discount", before=False):
        return hand_over("discount_follow_up")
    if await j.check(AWAITS_CONFIRMATION, name="asked to confirm"):
        await j.wait_for("consent_confirmed", within=timedelta(days=14), name="confirmation")
    if await j.check(AGREED_TO_MAIL, name="agreed to mail"):
        return hand_over("reading_list")
    return "has what they asked for"
