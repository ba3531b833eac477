"""What a mail server's reply means: whether it is about this email, its receiver, or all mail that goes this way.

Servers agree little on codes, so the words count too. In doubt a reply is about this email alone, and many such in a
row are taken for more by the delivery.
"""

import re
from enum import StrEnum

from blocks.send_result import SendStatus
from models.mail.tracking.bounce_meaning import BounceMeaning, bounce_meaning

ENHANCED = re.compile(r"(?:^|\s)([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$|[;:,.])")
"""The enhanced status code (RFC 3463) that most servers begin their sentence with."""

# 421: closing. 500 to 504: commands not understood. 521: takes no mail. 530, 534, 535, 538: authentication (RFC 4954).
WAY_CODES = frozenset({421, 432, 500, 502, 503, 504, 521, 523, 530, 534, 535, 538})
WAY_STATUSES = frozenset(
    {
        # Bad sender; this server takes no mail now; congestion, which Gmail uses for the day's quota.
        *("1.7", "1.8", "3.2", "4.5"),
        # Authentication (RFC 4954 and 5248), and the sender's domain (RFC 7372 and 7489).
        *("7.3", "7.4", "7.5", "7.8", "7.9", "7.10", "7.11", "7.12", "7.13", "7.14"),
        *("7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.29"),
        # Exchange: not authenticated, not allowed to relay or to send as this sender, limits and bans of the account.
        *("1.90", "2.252", "7.54", "7.57", "7.60", "7.64", "7.68", "7.501", "7.502", "7.503", "7.505", "7.508"),
        *("7.511", "7.705", "7.708", "7.750"),
    }
)
SIZE = re.compile(r"message (size|too (large|big|long))|(size|length) (limit|exceed)|too (large|big)\b", re.IGNORECASE)
WAY_WORDS = re.compile(
    "|".join(
        (
            r"relay\w*\b.{0,60}\b(denied|prohibited|refused|rejected|disabled|forbidden|failed)",
            r"\b(deny|denies|denied|refus\w+|cannot|unable|not|won't|don't)\b.{0,40}\brelay|relay\w*\b.{0,40}\bnot\b",
            r"denies the sender|mail from invalid|unvalidated|relay check|black ip|sender domain",
            r"unable to verify sender|failure sending mail|messaging limit|auth error",
            r"auth\w*\b.{0,30}\b(required|needed|failed|failure|unsuccessful|invalid|expired|first)",
            r"\b(must|need to|have to|please|required to)\b.{0,40}\b(authenticate|log ?-?in|log ?-?on|starttls)",
            r"smtp.auth|not authenticated|invalid (login|credentials)|(bad|wrong|incorrect) (password|credentials)",
            r"pop.?before.?smtp|(check|fetch) (your )?mail (first|before)|starttls",
            r"\b(sender|from)\b.{0,60}\b(not|n't|un)\b.{0,20}(allowed|authori[sz]ed|owned|permitted|verified|match)",
            r"\b(not|un)\b.{0,30}(allowed|permitted|authori[sz]ed|permissions?)\b.{0,30}\bto send\b",
            r"permissions? to send|send ?as ?denied|not verified|failed the check in region",
            r"sender (signature|identity)|verified sender|free accounts are for test|sandbox",
            r"\b(your|sending|sender'?s?|smtp|customer|tenant)\b.{0,30}\b(suspended|disabled|paused|locked|banned|expired)",
            r"\b(account|sending|service)\b.{0,40}\b(paused|suspended|shut down)\b",
            r"\b(daily|hourly|monthly|sending|outbound|outgoing|submission)\b.{0,30}\b(quotas?|limits?|rates?)\b",
            r"limit (has been )?(exceeded|reached)|rate.?limit|throttl|(maximum|exceeded|out of)\b.{0,40}\bcredits",
            r"too many (messages|mails|e-?mails|connections|sessions|errors|login|auth|recipients|commands)",
            r"\b(messages|e-?mails)\b.{0,20}\bper (second|minute|hour|day|month)",
            r"(system|server|service) (is )?(currently |temporarily )?(not available|unavailable|busy|shutting down)",
            r"insufficient system|queue file write|out of (disk|memory)|not accepting",
        )
    ),
    re.IGNORECASE,
)
"""Relaying, logging in, the sender, the account and its limits, the server itself."""
SENDING_STOPPED = re.compile(r"\bsending\b.{0,20}\b(disabled|suspended|paused|blocked)", re.IGNORECASE)
ONLY_FOR_MEMBERS = re.compile(r"RESOLVER\.RST", re.IGNORECASE)
"""Exchange's word for a receiver, such as a group, who takes mail of some senders only."""
CONTENT_WORDS = re.compile(
    r"spam|virus|malware|phish|content|\burls?\b|\blinks?\b|attachment|header|black ?list|block ?list|surbl|dnsbl",
    re.IGNORECASE,
)
"""Once the content was seen, what is refused for these is refused for what stands in it."""


class Stage(StrEnum):
    """How far the email was when the server replied."""

    CONNECTION = "connection"
    """Before any email: greeting, EHLO, STARTTLS, login."""
    SENDER = "MAIL FROM"
    RECEIVER = "RCPT TO"
    CONTENT = "DATA"


def meaning_of_reply(stage: Stage, code: int, words: str) -> SendStatus:
    """What a reply that is no success means for the email, by its code and its sentence."""
    status = ENHANCED.search(words)
    detail = f"{status[2]}.{status[3]}" if status else ""
    is_for_good = code >= 500
    if _is_about_size(code, detail, words) and stage is not Stage.CONNECTION:
        return SendStatus.REFUSED if is_for_good else SendStatus.DEFERRED
    if stage in (Stage.CONNECTION, Stage.SENDER) or _is_about_all_mail(stage, code, detail, words):
        return SendStatus.UNAVAILABLE
    if not is_for_good:
        return SendStatus.DEFERRED
    is_dead = bounce_meaning(None, words, code=code) is BounceMeaning.DEAD_ADDRESS
    return SendStatus.BOUNCED if is_dead and stage is Stage.RECEIVER else SendStatus.REFUSED


def _is_about_size(code: int, detail: str, words: str) -> bool:
    return detail in ("3.4", "2.3") or (code == 552 and detail in ("", "3.0")) or bool(SIZE.search(words))


def _is_about_all_mail(stage: Stage, code: int, detail: str, words: str) -> bool:
    is_for_good = code >= 500
    if code in WAY_CODES or (is_for_good and detail in WAY_STATUSES):
        return True
    if SENDING_STOPPED.search(words):
        return True
    if ONLY_FOR_MEMBERS.search(words) or (stage is Stage.CONTENT and CONTENT_WORDS.search(words)):
        return False
    # What a receiver's mailbox says of itself, such as that it is full or disabled.
    if detail.startswith("2."):
        return False
    if not is_for_good and detail.startswith("3."):
        return True
    # By its code a reply would be temporary or not; here its words alone count.
    is_ours = bounce_meaning(None, f"{detail and '5.' + detail} {words}", code=550) is BounceMeaning.SENDER_REFUSED
    return is_ours or bool(WAY_WORDS.search(words))
