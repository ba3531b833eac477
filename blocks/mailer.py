"""The base class of all mailers: emails in, one result for each out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from prefect.blocks.core import Block

from models.mail.rendering.email import RenderedEmail


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


def accepted(provider_id: str | None = None) -> SendResult:
    return SendResult(SendStatus.ACCEPTED, provider_id=provider_id)


def refused(reason: str) -> SendResult:
    return SendResult(SendStatus.REFUSED, reason)


def unknown(reason: str) -> SendResult:
    return SendResult(SendStatus.UNKNOWN, reason)


def unavailable(reason: str) -> SendResult:
    return SendResult(SendStatus.UNAVAILABLE, reason)


def deferred(reason: str) -> SendResult:
    return SendResult(SendStatus.DEFERRED, reason)


class Mailer(Block, ABC):
    """A way to send mail. Subclasses are blocks that ops fill in; see current_mailer for how one is chosen."""

    @property
    def needs_own_tracking(self) -> bool:
        """Whether our own links and pixel must track clicks and opens, because this mailer does not report them."""
        return True

    @abstractmethod
    def deliver(self, emails: Sequence[RenderedEmail]) -> list[SendResult]:
        """Hand the emails over; gives one result each, in their order.

        A failure that is expected of a provider is a result. After any exception the emails count as handed over
        without an answer.
        """

    def find_accepted(self, keys: Sequence[str]) -> set[str] | None:
        """Which of these message keys the provider has accepted; None for mailers that cannot look it up."""
        return None
