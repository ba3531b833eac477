"""Re-engagement: three last mails to whoever reads nothing; a click brings them back, silence ends the mails."""

from datetime import timedelta

from flows.runtime import Journey, hand_over, journey
from models import Suppression

MAILS = ("still_interested", "best_of", "goodbye")


# Whoever turns to us is not asked whether we should go on writing, and is not taken off the list.
@journey(
    ends_on={
        "order_placed": "bought",
        "turned_us_down": "not interested",
        "form_submitted": "came back",
        "call_received": "came back",
    }
)
async def re_engagement(j: Journey) -> str:
    """Ask whether we should go on writing, a week apart, and respect silence as an answer."""
    for mail in MAILS:
        if await j.send(mail) != "queued":
            return "cannot be mailed"
        if await j.wait_for(f"link_clicked:re_engagement/{mail}", "replied", within=timedelta(weeks=1)):
            await j.add_points(10, f"came back after {mail}")
            return hand_over("reading_list")
    await j.set(suppressed=Suppression.REMOVED)
    return "removed from the list"
