"""When a lead happened, whether that makes it history, and what it proves of consent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.playbook.source import Source
from models.values.readers.bad_value import BadValue
from models.values.readers.moment import read_moment

LONGEST_PROOF = 2_000


@dataclass(frozen=True, kw_only=True)
class GivenConsent:
    """That somebody agreed to be written to, with what proves it."""

    at: datetime
    is_dated: bool
    """False where nobody told when they agreed; then `at` is when we were told."""
    words: str | None = None
    """What they agreed to, as it stood on the form."""
    page: str | None = None
    network_address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How a lead reached us."""

    is_file: bool = False
    """A row of a file: the person did not just contact us."""
    may_date: bool = False
    """Its sender may say when it happened: a file, a sender with the API key. A stranger's clock is not asked."""
    is_history: bool = False
    """Whoever sends it says outright that all of it is history."""


STRANGER = Sending()
KEY_HOLDER = Sending(may_date=True)


@dataclass(frozen=True)
class MomentReader:
    """Reads the moments of one payload."""

    given: Callable[[str], Iterator[Any]]
    """What the payload says for a field of ours."""
    note: Callable[[str, Any, str], None]
    """Keeps what cannot be read."""
    country: str
    zone: ZoneInfo
    now: datetime

    def read(self, field: str) -> tuple[datetime | None, bool]:
        """The moment in a field, and whether there was one that cannot be read."""
        is_unread = False
        for value in self.given(field):
            try:
                if at := read_moment(value, self.country, self.zone, self.now):
                    return at, False
            except BadValue as error:
                self.note(field, value, error.expected)
                is_unread = True
        return None, is_unread


def read_told(reader: MomentReader, source: Source, sending: Sending) -> tuple[datetime | None, bool]:
    """When a lead happened, if its sender may say and did; and whether it is history.

    History is what happened longer ago than the source's limit when we were told. A row of a file whose moment cannot
    be read is history too: a thousand mails to people of last year cannot be taken back.
    """
    at, is_unread = reader.read("at") if sending.may_date else (None, False)
    is_old = at is not None and reader.now - at > source.history_after
    return at, sending.is_history or source.history or is_old or (is_unread and sending.is_file)


def read_consent(
    reader: MomentReader, sending: Sending, *, has_agreed: bool, happened_at: datetime | None
) -> GivenConsent | None:
    """What a lead proves of consent: a box that was ticked; in a file the day of it is enough.

    Without a day of its own it counts from when the lead happened. A row of a file that does not say when it happened
    proves no day.
    """
    said_at = reader.read("consent_at")[0] if sending.may_date else None
    if not has_agreed and not (sending.is_file and said_at):
        return None
    return GivenConsent(
        at=said_at or happened_at or reader.now,
        is_dated=bool(said_at or happened_at) or not sending.is_file,
        words=_text(reader, "consent_words") or _agreement(reader),
        page=_text(reader, "consent_page"),
        network_address=_text(reader, "consent_ip"),
    )


def _agreement(reader: MomentReader) -> str | None:
    """The sentence that a box sends as its value, `I agree to the privacy policy`; a word such as yes proves none."""
    text = _text(reader, "consent")
    return text if text and " " in text else None


def _text(reader: MomentReader, field: str) -> str | None:
    """Proof is kept as it came, up to a length that no form has."""
    given = (str(value).strip() for value in reader.given(field) if isinstance(value, str | int))
    return next((text[:LONGEST_PROOF] for text in given if text), None)
