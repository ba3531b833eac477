"""Each truth has one writer: what is stored in several places drifts apart."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FILES = [
    path
    for folder in ("models", "blocks", "flows", "web", "deployments")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]

WRITERS = {
    r"INSERT INTO event\b|insert\(Event\)": "models/events/emit.py",
    r"INSERT INTO message\b|insert\(Message\)": "models/mail/queue.py",
    r"UPDATE task\b[^()]*\bclosed_at =|update\(Task\)": "models/tasks/close.py",
    r"INSERT INTO journey_run\b|insert\(JourneyRun\)": "models/journeys/runs.py",
    r"INSERT INTO repeated_request\b|UPDATE repeated_request\b": "models/tasks/requests.py",
    # Points are counted beside the scores, and say nothing of how a run stands.
    r"UPDATE journey_run\b(?! SET points)|update\(JourneyRun\)": "models/journeys/runs.py",
    r"UPDATE contact\b[^()]*\bsuppressed =": "models/mail/suppression.py",
    r"UPDATE contact\b[^()]*\bowner_id =": "models/routing/assignment/owner_change.py",
    r"INSERT INTO opportunity\b|UPDATE opportunity\b": "models/orders/record_opportunities.py",
    r"INSERT INTO feedback\b": "models/feedback/record.py",
    r"INSERT INTO consent\b": "models/mail/consent.py",
    r"INSERT INTO assignment\b": "models/routing/assignment/owner_change.py",
    r"INSERT INTO sending_pause\b|UPDATE sending_pause\b": "models/mail/sending_pause.py",
    r"INSERT INTO ops_session\b|DELETE FROM ops_session\b": "models/access/session.py",
    r"INSERT INTO journey_version\b|UPDATE journey_version\b": "models/journeys/versions.py",
    r"INSERT INTO audit\b|UPDATE audit\b": "models/access/audit.py",
    r"INSERT INTO inbound_correction\b": "models/journeys/mail_correction.py",
    r"\breply_to or .*\bfrom_email\b": "models/playbook/document.py",
}
"""How a statement reads that writes one of them -> the only file that has it."""

LOCKS = r"FOR (?:NO KEY )?UPDATE(?: OF (\w+))?"

LOCK_BY_OBJECTS = {"models/leads/rejected_lead.py": "a rejected lead, which is read and repaired as an object"}
"""Files that lock by SQLAlchemy's with_for_update, and what: none of them a contact."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("statement", WRITERS)
def test_one_file_writes_it(statement: str) -> None:
    assert [name(path) for path in FILES if re.search(statement, path.read_text())] == [WRITERS[statement]]


def test_contacts_are_locked_in_one_place() -> None:
    found = {
        name(path) for path in FILES for text in texts(path) for table in locked_tables(text) if table == "contact"
    }
    assert found == {"models/database.py"}


def test_what_is_locked_by_objects_is_known() -> None:
    assert {name(path) for path in FILES if "with_for_update" in path.read_text()} == set(LOCK_BY_OBJECTS)


@pytest.mark.parametrize(
    ("statement", "locked"),
    [
        ("SELECT id FROM contact WHERE id = 1 FOR UPDATE", {"contact"}),
        ("SELECT FROM contact WHERE EXISTS (SELECT FROM task) ORDER BY id FOR NO KEY UPDATE", {"contact"}),
        ("SELECT FROM event e JOIN contact c ON c.id = e.contact_id FOR NO KEY UPDATE", {"event", "contact"}),
        ("SELECT FROM task JOIN contact c ON true ORDER BY c.id FOR UPDATE OF c SKIP LOCKED", {"contact"}),
        ("SELECT FROM task JOIN contact ON true FOR UPDATE OF task", {"task"}),
        ("WITH t AS (SELECT FROM task FOR UPDATE SKIP LOCKED) SELECT FROM t JOIN contact ON true", {"task"}),
    ],
)
def test_it_is_seen_what_a_statement_locks(statement: str, locked: set[str]) -> None:
    assert set(locked_tables(statement)) == locked


def texts(path: Path) -> Iterator[str]:
    """The texts of a file, SQL among them; of formatted ones what stands between the values."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))


def locked_tables(statement: str) -> Iterator[str]:
    """The tables whose rows a statement locks."""
    for lock in re.finditer(LOCKS, statement):
        tables = dict(_tables(_select_before(statement[: lock.start()])))
        yield from [tables.get(lock[1], lock[1])] if lock[1] else tables.values()


def _select_before(text: str) -> str:
    """The SELECT that ends here, without those in brackets within it."""
    count = 1
    while count:
        text, count = re.subn(r"\([^()]*\)", "", text)
    return text.rpartition("(")[2]


def _tables(select: str) -> Iterator[tuple[str, str]]:
    """What each table of a SELECT is called in it -> its name."""
    for table, alias in re.findall(r"\b(?:FROM|JOIN) (\w+)(?: (?:AS )?([a-z]\w*))?", select):
        yield alias or table, table
