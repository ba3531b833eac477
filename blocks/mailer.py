"""What every way of sending mail has in common: letters in, one answer for each out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from prefect.blocks.core import Block

from models.mail.rendering.email import Letter


class Fate(StrEnum):
    """What became of a letter that was handed over."""

    ACCEPTED = "accepted"
    """The other side has it, and said so."""
    REFUSED = "refused"
    """The other side will not take this letter, now or later."""
    UNKNOWN = "unknown"
    """Handed over, but no answer came: it may have gone out."""
    LATER = "later"
    """Certainly not gone out, and nothing is wrong with it: the way is closed for now (down, too busy, no access)."""
    DEFERRED = "deferred"
    """Not taken now, while the way is open for others: something about its receiver, such as a domain not found."""


@dataclass(frozen=True)
class Delivery:
    """The fate of one letter."""

    fate: Fate
    because: str | None = None
    provider_id: str | None = None


def accepted(provider_id: str | None = None) -> Delivery:
    return Delivery(Fate.ACCEPTED, provider_id=provider_id)


def refused(because: str) -> Delivery:
    return Delivery(Fate.REFUSED, because)


def unknown(because: str) -> Delivery:
    return Delivery(Fate.UNKNOWN, because)


def later(because: str) -> Delivery:
    return Delivery(Fate.LATER, because)


def deferred(because: str) -> Delivery:
    return Delivery(Fate.DEFERRED, because)


class Mailer(Block, ABC):
    """A way to send mail. Subclasses are blocks that ops fill in; see mailer_in_force for how one is chosen."""

    @property
    def track(self) -> bool:
        """Whether our own pages shall tell opens and clicks, because this mailer does not report them."""
        return True

    @abstractmethod
    def deliver(self, letters: Sequence[Letter]) -> list[Delivery]:
        """Hand the letters over; one answer each, in the same order.

        Only what is foreseen of the other side is answered so. After any other exception the letters count as
        handed over without an answer.
        """

    def accepted_among(self, keys: Sequence[str]) -> set[str] | None:
        """Which of these letters have arrived, for mailers that can look; None for those that cannot."""
        return None
