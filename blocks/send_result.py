"""What became of an email that was given to a mailer."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class SendStatus(StrEnum):
    """The status of one send attempt."""

    ACCEPTED = "accepted"
    """The other side has it, and said so."""
    REFUSED = "refused"
    """The other side will not take this email, now or later."""
    UNKNOWN = "unknown"
    """Handed over, but no answer came: it may have gone out."""
    UNAVAILABLE = "later"
    """Not sent: the provider is unavailable to all mail now (down, rate-limited, no access).

    The message stays queued.
    """
    BOUNCED = "bounced"
    """The receiver's server knows no such address: as good as a bounce."""
    DEFERRED = "deferred"
    """Not sent: the recipient's side wants this one later, such as for a domain that is not found.

    Emails to others are still sent.
    """


@dataclass(frozen=True)
class SendResult:
    """The result of one send attempt."""

    status: SendStatus
    reason: str | None = None
    provider_id: str | None = None
    was_tried: bool = True
    """Whether the provider was asked; false for a refusal of our own, of an email that nobody could send."""
    retry_after: timedelta | None = None
    """How long the provider asks to be left alone, if it is unavailable and says so."""


def accepted(provider_id: str | None = None) -> SendResult:
    return SendResult(SendStatus.ACCEPTED, provider_id=provider_id)


def refused(reason: str, *, was_tried: bool = True) -> SendResult:
    return SendResult(SendStatus.REFUSED, reason, was_tried=was_tried)


def unknown(reason: str) -> SendResult:
    return SendResult(SendStatus.UNKNOWN, reason)


def bounced(reason: str) -> SendResult:
    return SendResult(SendStatus.BOUNCED, reason)


def unavailable(reason: str, retry_after: timedelta | None = None) -> SendResult:
    return SendResult(SendStatus.UNAVAILABLE, reason, retry_after=retry_after)


def deferred(reason: str) -> SendResult:
    return SendResult(SendStatus.DEFERRED, reason)
