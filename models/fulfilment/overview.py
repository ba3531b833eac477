"""All lists of what is sent by hand: who gets each and when, what is on it, and those that went out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.fulfilment.lines import FulfilmentLine, open_lines
from models.playbook import current_playbook
from models.playbook.mail import FulfilmentList

SHOWN = 100

WAITING = text("SELECT list, count(*) FROM fulfilment_entry WHERE handed_at IS NULL GROUP BY list")

SENT = text("""
SELECT list, batch, count(*) AS entries, max(handed_at) AS handed_at
FROM fulfilment_entry WHERE handed_at IS NOT NULL GROUP BY list, batch ORDER BY handed_at DESC, batch DESC LIMIT :most
""")


@dataclass(frozen=True)
class ListState:
    """One list as it is now."""

    name: str
    terms: FulfilmentList | None
    """None: the playbook no longer has it, so what is on it goes to nobody."""
    count: int
    lines: list[FulfilmentLine]
    """The first of them."""


@dataclass(frozen=True)
class SentList:
    """A list that went out."""

    list: str
    batch: str
    entries: int
    handed_at: datetime


def all_lists(connection: Connection) -> list[ListState]:
    """The lists of the playbook, and others that still have entries."""
    waiting = dict(connection.execute(WAITING).tuples().all())
    terms: Mapping[str, FulfilmentList] = current_playbook(connection).fulfilment
    names = sorted({*terms, *waiting})
    return [
        ListState(name, terms.get(name), waiting.get(name, 0), open_lines(connection, name, SHOWN)) for name in names
    ]


def sent_lists(connection: Connection) -> list[SentList]:
    """The newest first."""
    return [SentList(**row) for row in connection.execute(SENT, {"most": SHOWN}).mappings()]
