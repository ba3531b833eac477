"""The sender of a playbook: what DNS says of its domain, and how many call its mail spam."""

from datetime import datetime, timedelta

from dns.resolver import Resolver
from sqlalchemy import Connection, text

from models.mail.sender_check.findings import SenderFinding, Verdict, findings_of, unusable_sender
from models.mail.sender_check.records import look_up
from models.playbook import Playbook

COMPLAINTS_OVER = timedelta(days=30)
MOST_COMPLAINTS, GOOD_COMPLAINTS = 0.003, 0.001
"""Shares of complaints at which Gmail and Yahoo hide a sender's mail, and below which they ask to stay."""
FEWEST_MAILS = 1_000
"""Below so many mails one complaint says little about the next."""

COUNT_COMPLAINTS = text("""
SELECT count(*) AS mails, count(complained_at) AS complaints FROM message
WHERE kind IN ('marketing', 'transactional') AND sent_at >= :since AND bounced_at IS NULL AND redirected_to IS NULL
""")


def check_sender(
    connection: Connection, playbook: Playbook, now: datetime, resolver: Resolver | None = None
) -> list[SenderFinding]:
    """What there is to say of the sender; asks DNS, which takes some seconds at most, and raises nothing without it."""
    return [*_check_domain(playbook, resolver), *_complaints(connection, now)]


def _check_domain(playbook: Playbook, resolver: Resolver | None) -> list[SenderFinding]:
    domain = domain_of(playbook)
    if unusable := unusable_sender(domain):
        return [unusable]
    return findings_of(look_up(domain, playbook.mail.reply_domain, playbook.mail.dkim_selectors, resolver))


def domain_of(playbook: Playbook) -> str:
    """The domain that mail is sent from, in small letters."""
    return playbook.company.from_email.rpartition("@")[2].lower()


def _complaints(connection: Connection, now: datetime) -> list[SenderFinding]:
    found = connection.execute(COUNT_COMPLAINTS, {"since": now - COMPLAINTS_OVER}).one()
    if not found.complaints:
        return []
    share = found.complaints / found.mails
    verdict, reason = _judge_complaints(found.mails, share)
    of_how_many = f"{found.complaints:,} of {found.mails:,} mails of {COMPLAINTS_OVER.days} days"
    says = f"{of_how_many} were called spam, {share:.2%}."
    return [SenderFinding(part="Complaints", verdict=verdict, says=says, reason=reason)]


def _judge_complaints(mails: int, share: float) -> tuple[Verdict, str]:
    if mails < FEWEST_MAILS:
        return Verdict.UNKNOWN, "These are too few mails to judge by."
    if share >= MOST_COMPLAINTS:
        hide = f"From {MOST_COMPLAINTS:.1%} on Gmail and Yahoo hide your mail."
        return Verdict.WRONG, f"{hide} Write less, and to those who asked for it."
    if share >= GOOD_COMPLAINTS:
        return Verdict.BETTER, f"Gmail and Yahoo ask to stay below {GOOD_COMPLAINTS:.1%}."
    return Verdict.GOOD, ""
