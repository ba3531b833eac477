"""What the records of a sender's domain mean, and what to publish. Pure.

The bar is that of the large mailbox providers since 2024: SPF, DKIM and DMARC for whoever sends to many, one-click
unsubscribing, and fewer than 0.3 % complaints (support.google.com/mail/answer/81126, senders.yahooinc.com).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.mail.sender_check.records import SHORTEST_KEY, DkimKey, DmarcRecord, SenderRecords, SpfRecord

MOST_LOOKUPS = 10
"""RFC 7208, section 4.6.4."""
GOOD_KEY = 2048
"""Bits of an RSA key that RFC 8301 asks for."""

RESERVED = ("example", "example.com", "example.net", "example.org", "invalid", "test", "localhost", "local")
"""RFC 2606: nobody can send mail from there."""
FREE_MAIL = (
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "aol.com",
    "icloud.com",
    "me.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "proton.me",
    "protonmail.com",
    "mail.ru",
    "qq.com",
    "163.com",
)
"""Whose owners tell receivers to refuse what others send in their name."""


class Verdict(StrEnum):
    """How a part of it stands."""

    GOOD = "good"
    BETTER = "could be better"
    WRONG = "to mend"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class SenderFinding:
    """One part of it, for a person who has never seen a DNS record."""

    part: str
    """`SPF`, `DKIM`, `DMARC`, `Replies` ..."""
    verdict: Verdict
    says: str
    """What was found."""
    reason: str = ""
    """What it means for the mail."""
    publish: tuple[str, ...] = ()
    """Records to publish at whoever keeps the domain: name, type, value."""


def findings_of(records: SenderRecords) -> list[SenderFinding]:
    """What there is to say of a domain, in the order in which one mends it."""
    if not records.is_answered:
        return [_no_answer(records.domain)]
    if not records.exists:
        return [_no_domain(records.domain)]
    return [
        _spf(records.domain, records.spf),
        _dkim(records),
        _dmarc(records.domain, records.dmarc),
        _own_mail(records),
        *_replies(records),
    ]


def unusable_sender(domain: str) -> SenderFinding | None:
    """Why nothing that DNS says of a domain would help; None for one that may be a company's own."""
    if any(domain == one or domain.endswith(f".{one}") for one in RESERVED):
        return _reserved(domain)
    return _free_mail(domain) if domain in FREE_MAIL else None


def to_mend(findings: list[SenderFinding]) -> list[SenderFinding]:
    """Those for which mail will be refused or hidden."""
    return [one for one in findings if one.verdict is Verdict.WRONG]


def _reserved(domain: str) -> SenderFinding:
    return SenderFinding(
        part="Domain",
        verdict=Verdict.WRONG,
        says=f"{domain} is a domain for examples.",
        reason="No mail can be sent from it. Put your own address into company: from_email in the playbook.",
    )


def _free_mail(domain: str) -> SenderFinding:
    return SenderFinding(
        part="Domain",
        verdict=Verdict.WRONG,
        says=f"{domain} is not yours.",
        reason="Its owner tells receivers to refuse what others send in its name. Send from a domain of your own.",
    )


def _no_answer(domain: str) -> SenderFinding:
    return SenderFinding(
        part="Domain",
        verdict=Verdict.UNKNOWN,
        says=f"DNS did not answer about {domain}.",
        reason="Either this machine has no network, or the servers of the domain are down. Look again later.",
    )


def _no_domain(domain: str) -> SenderFinding:
    return SenderFinding(
        part="Domain",
        verdict=Verdict.WRONG,
        says=f"There is no domain {domain}.",
        reason="Mail from a domain that does not exist is refused. Look how company: from_email is spelled.",
    )


def _spf(domain: str, spf: SpfRecord) -> SenderFinding:
    about = "It lists the servers that may send for you; Gmail and Yahoo ask for it from whoever sends to many."
    publish = (
        f'{domain} TXT "v=spf1 include:sendgrid.net ~all" (SendGrid)',
        f'{domain} TXT "v=spf1 include:<what your provider names> ~all" (any other)',
    )
    if spf.record is None:
        multiple = spf.error is not None and "multiple" in spf.error.lower()
        says = "There are several SPF records, which count as none." if multiple else "There is no SPF record."
        return SenderFinding(part="SPF", verdict=Verdict.WRONG, says=says, reason=about, publish=publish)
    if spf.lookups > MOST_LOOKUPS:
        says = f"Reading the record takes {spf.lookups} questions to DNS; receivers stop after {MOST_LOOKUPS}."
        reason = "Then it counts as broken. Take out what no longer sends for you."
        return SenderFinding(part="SPF", verdict=Verdict.WRONG, says=says, reason=reason)
    if spf.error is not None:
        says = f"The record cannot be read: {spf.error.rstrip('.')}."
        return SenderFinding(part="SPF", verdict=Verdict.WRONG, says=says, reason=about)
    end_it = "Let it end with ~all."
    if spf.otherwise == "pass":
        says = "The record lets anybody send in your name."
        return SenderFinding(part="SPF", verdict=Verdict.WRONG, says=says, reason=end_it)
    if spf.otherwise in ("neutral", None):
        return SenderFinding(part="SPF", verdict=Verdict.BETTER, says="The record rules nobody out.", reason=end_it)
    return SenderFinding(part="SPF", verdict=Verdict.GOOD, says="The record names who may send and rules others out.")


def _dkim(records: SenderRecords) -> SenderFinding:
    about = "The signature proves that a mail is yours and unchanged; without it large providers refuse campaigns."
    usable = [key for key in records.dkim if key.is_long_enough]
    if not usable and "DKIM" in records.unknown:
        return SenderFinding(part="DKIM", verdict=Verdict.UNKNOWN, says="DNS did not answer about the keys.")
    if not usable:
        return _no_key(records, about)
    short = [key for key in usable if key.bits == SHORTEST_KEY]
    names = ", ".join(key.selector for key in usable)
    if len(short) == len(usable):
        says = f"Keys of {SHORTEST_KEY} bits stand at {names}."
        return SenderFinding(
            part="DKIM", verdict=Verdict.BETTER, says=says, reason=f"They work; {GOOD_KEY} bits are asked for today."
        )
    return SenderFinding(part="DKIM", verdict=Verdict.GOOD, says=f"Keys stand at {names}.")


def _no_key(records: SenderRecords, about: str) -> SenderFinding:
    unusable = [_unusable(key) for key in records.dkim]
    looked = f"No key was found; looked for {', '.join(records.selectors)}."
    domain = records.domain
    return SenderFinding(
        part="DKIM",
        verdict=Verdict.WRONG,
        says=" ".join(unusable) or looked,
        reason=about + ("" if unusable else " If yours has another name, put it into mail: dkim_selectors."),
        publish=(
            f"s1._domainkey.{domain} and s2._domainkey.{domain} CNAME, as SendGrid shows under Sender Authentication",
            f"<selector>._domainkey.{domain} TXT, as any other provider or server shows",
        ),
    )


def _unusable(key: DkimKey) -> str:
    if key.is_revoked:
        return f"The key at {key.selector} has been revoked."
    if key.bits:
        return f"The key at {key.selector} has {key.bits} bits, and receivers take none below {SHORTEST_KEY}."
    return f"The key at {key.selector} cannot be read."


def _dmarc(domain: str, dmarc: DmarcRecord) -> SenderFinding:
    about = "It tells receivers what to do with mail that has neither of the two; Gmail and Yahoo ask for it."
    publish = (f'_dmarc.{domain} TXT "v=DMARC1; p=none; rua=mailto:dmarc@{domain}"',)
    if dmarc.record is None:
        return SenderFinding(
            part="DMARC", verdict=Verdict.WRONG, says="There is no DMARC record.", reason=about, publish=publish
        )
    if dmarc.error is not None or dmarc.policy is None:
        says = f"The record cannot be used: {(dmarc.error or 'it has no policy').rstrip('.')}."
        return SenderFinding(part="DMARC", verdict=Verdict.WRONG, says=says, reason=about, publish=publish)
    if not dmarc.has_reports:
        return SenderFinding(
            part="DMARC",
            verdict=Verdict.BETTER,
            says=f"The policy is {dmarc.policy}, and nobody gets the reports.",
            reason="They say who sends in your name. Add rua=mailto: and an address.",
        )
    return SenderFinding(part="DMARC", verdict=Verdict.GOOD, says=f"The policy is {dmarc.policy}.")


def _own_mail(records: SenderRecords) -> SenderFinding:
    if "MX" in records.unknown:
        return SenderFinding(part="Your mailbox", verdict=Verdict.UNKNOWN, says="DNS did not answer about it.")
    if not records.mail_servers:
        return SenderFinding(
            part="Your mailbox",
            verdict=Verdict.WRONG,
            says=f"{records.domain} takes no mail: it has no MX record.",
            reason="Whoever answers gets their mail back, and some receivers refuse senders that cannot be answered.",
            publish=(f"{records.domain} MX 10 <the server of your mailbox>",),
        )
    says = f"Mail to {records.domain} goes to {records.mail_servers[0]}."
    return SenderFinding(part="Your mailbox", verdict=Verdict.GOOD, says=says)


def _replies(records: SenderRecords) -> Iterator[SenderFinding]:
    if records.reply_servers is None:
        return
    domain = records.reply_domain
    if "replies" in records.unknown:
        yield SenderFinding(part="Replies", verdict=Verdict.UNKNOWN, says="DNS did not answer about them.")
    elif records.reply_servers:
        yield SenderFinding(
            part="Replies", verdict=Verdict.GOOD, says=f"Replies to {domain} go to {records.reply_servers[0]}."
        )
    else:
        yield SenderFinding(
            part="Replies",
            verdict=Verdict.WRONG,
            says=f"{domain}, where replies come in, has no MX record.",
            reason="What leads answer comes back to them, and no salesperson hears of it.",
            publish=(f"{domain} MX 10 mx.sendgrid.net (SendGrid's Inbound Parse)",),
        )
