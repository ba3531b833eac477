"""Pauses marketing for a burst of refusals, and tells managers what was refused, by whom and why."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.mail.sending_notices import pause_marketing
from models.mail.server_answer import answer_excerpt
from models.mail.tracking.bounce_bursts import STEP, Burst
from models.mail.tracking.bounce_meaning import BounceMeaning

ANSWERS = text("""
SELECT e.reason FROM mail_event e JOIN message m ON m.id = e.message_id JOIN contact ON contact.id = m.contact_id
WHERE e.meaning = :meaning AND e.at >= :since AND e.reason IS NOT NULL
  AND m.handed_at >= :since AND m.handed_at < :until
  AND (CAST(:domain AS text) IS NULL OR split_part(coalesce(m.to_address, contact.email), '@', 2) = :domain)
ORDER BY e.at DESC LIMIT 200
""")

MOST_ANSWERS = 3

WHAT_IT_MEANS = {
    BounceMeaning.DEAD_ADDRESS: "nobody has the address, said the servers",
    BounceMeaning.MESSAGE_REFUSED: "the message is not wanted: its content, a link in it, or a rule",
    BounceMeaning.UNKNOWN: "the servers do not say plainly why",
    BounceMeaning.SENDER_REFUSED: "we may not send: SPF, DKIM, DMARC, a blocklist, the reputation or too much at once",
}


def pause_for_burst(connection: Connection, burst: Burst, now: datetime) -> bool:
    """Pause marketing because of a burst; gives whether it was not paused yet. Managers are mailed once a pause."""
    answers, reason = _answers(connection, burst), _reason(burst)
    data = _mail_data(burst, reason, answers)
    with_answer = f"{reason} {answers[0] if answers else ''}".strip()
    return pause_marketing(connection, with_answer, "team/many_bounces", data, now)


def _reason(burst: Burst) -> str:
    within = "an hour" if burst.window <= timedelta(hours=1) else "a day"
    to = f" to {burst.domain}" if burst.domain else ""
    what = WHAT_IT_MEANS[burst.meaning]
    return f"{burst.refused} of {burst.mails} mails{to} within {within} were refused: {what}."


def _mail_data(burst: Burst, reason: str, answers: list[str]) -> dict[str, Any]:
    return {
        "reason": reason,
        "answers": answers,
        "refused": burst.refused,
        "are_addresses": burst.meaning is BounceMeaning.DEAD_ADDRESS,
    }


def _answers(connection: Connection, burst: Burst) -> list[str]:
    """The last different answers of the servers, without addresses."""
    about = {"meaning": burst.meaning, "since": burst.since, "until": burst.until + STEP, "domain": burst.domain}
    return list(dict.fromkeys(answer_excerpt(one) for one in connection.scalars(ANSWERS, about)))[:MOST_ANSWERS]
