"""Discount follow-up: whoever asked for the code is reminded of it while it is good, and of the order page once."""

from datetime import datetime, timedelta

from flows.runtime import Journey, hand_over, journey
from models.conditions.predicates import AGREED_TO_MAIL, AWAITS_CONFIRMATION, is_on_journey, was_sent

DAYS = {"use_it": 4, "what_to_bring": 14, "last_days": 25}
"""Mail -> how many days after the code; it is good for thirty."""


# `welcome` delivers the code and hands over: so whoever asks for it again has it again, and these mails once.
@journey(ends_on={"order_placed": "bought", "turned_us_down": "not interested", "unsubscribed": "left the list"})
async def discount_follow_up(j: Journey) -> str:
    """Three mails until the code ends, and one the day after a visit to the order page without an order.

    Whoever has had these mails once, and whoever lets the code lapse, gets something to read.
    """
    asked_at = j.now
    if await j.check(AWAITS_CONFIRMATION, name="asked to confirm"):
        await j.wait_for("consent_confirmed", within=timedelta(days=14), name="confirmation")
    if not await j.check(AGREED_TO_MAIL, name="agreed to mail"):
        return "wants no mail"
    if await j.check(was_sent("discount_follow_up/last_days"), name="has had these mails"):
        return hand_over("reading_list")
    reminded = False
    for mail, days in DAYS.items():
        day = asked_at + timedelta(days=days)
        if await j.wait_for("page_visited:order", until=day, name=f"order page before {mail}") and not reminded:
            reminded = await remind(j)
        await j.wait_until(day, name=f"day of {mail}")
        if await j.send(mail, expires_after=timedelta(days=3)) != "queued":
            return "cannot be mailed"
    return await wait_for_end(j, asked_at + timedelta(days=31))


async def remind(j: Journey) -> bool:
    """A day after the visit, unless the offer sequence does so; whether they were reminded."""
    await j.wait(timedelta(days=1), name="a day after the order page")
    if await j.check(is_on_journey("offer_sequence"), name="reminded by the offer sequence"):
        return False
    await j.send("order_reminder")
    await j.wait(timedelta(days=2), name="time to order")
    return True


async def wait_for_end(j: Journey, end: datetime) -> str:
    """What is left of the thirty days."""
    await j.wait_until(end, name="the end of the code")
    return hand_over("reading_list")
