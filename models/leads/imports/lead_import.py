"""An import of leads: the rows of a CSV file, read by the rules of their source, and what became of them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from models.database import engine
from models.leads.capture import CaptureResult, capture
from models.leads.files.column_map import read_column_map, require_mapped_columns, with_columns
from models.leads.files.csv_file import CsvLayout, InvalidCsvFile, inspect_csv, read_rows
from models.leads.imported_lead import make_row_key, read_imported_lead, renew_returned, require_whole_row
from models.leads.reading.lead import Lead, UnreadableLead
from models.leads.reading.source_match import find_source
from models.leads.reading.source_rules import rules_for
from models.leads.rejected_lead import mark_repaired, reject
from models.playbook import Playbook, current_playbook
from models.playbook.source import normalize_name
from models.values.readers.bad_value import quote_value
from models.wording import counted

LABELS = {
    "created": "new",
    "enriched": "about known contacts",
    "seen_before": "imported before",
    "rejected": "rejected (see /rejected)",
    "history": "of the past",
    "unread": "with something that could not be read (see /unread)",
}
"""How the message of a flow run calls the counts of an ImportResult, in its order."""


@dataclass(frozen=True)
class ImportResult:
    """What became of the rows of a file."""

    read: int = 0
    created: int = 0
    """Rows that became new contacts."""
    enriched: int = 0
    """Rows about contacts that were known."""
    seen_before: int = 0
    """Rows that were imported before, and changed nothing."""
    rejected: int = 0
    """Rows that name nobody; they are kept for repair, each with its reason."""
    history: int = 0
    """Of the new and known: those taken as history, which started, mailed and asked nobody."""
    unread: int = 0
    """Rows that were taken although something in them could not be read; that is kept for repair as well."""

    def __add__(self, other: "ImportResult") -> "ImportResult":
        return ImportResult(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __str__(self) -> str:
        return ", ".join([counted(self.read, "row"), *(f"{n:,} {kind}" for kind, n in self.in_words().items() if n)])

    def in_words(self) -> dict[str, int]:
        """What became of the rows -> how many."""
        return {label: getattr(self, name) for name, label in LABELS.items()}


@dataclass(frozen=True)
class StoredRows:
    """What became of some rows."""

    leads: list[Lead]
    """Those that were not rejected."""
    captured: list[CaptureResult]
    rejected: list[UnreadableLead]

    @property
    def result(self) -> ImportResult:
        """Counted."""
        return _result(len(self.leads) + len(self.rejected), self.leads, self.captured)


@dataclass
class Import:
    """An import that can begin: the file, how it is read, and whose leads its rows are."""

    path: Path
    layout: CsvLayout
    source: str | None
    """None: each row says it in its column Source."""
    form: str | None
    history: bool
    """All of it is of the past."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What was said of this file: column -> field."""

    def parts(self) -> Iterator[list[dict[str, Any]]]:
        """The rows, some at a time."""
        return read_rows(self.path, self.layout)

    def store(self, rows: list[dict[str, Any]], now: datetime) -> ImportResult:
        """Store some of the rows in one transaction."""
        with engine().begin() as connection:
            return self.store_in(connection, rows, now).result

    def store_in(self, connection: Connection, rows: list[dict[str, Any]], now: datetime) -> StoredRows:
        """Store some of the rows. The caller commits."""
        about = (self.source, self.form, now, self.history, lambda: self.row_keys)
        return store_in(connection, rows, *about, columns=self.columns)

    @cached_property
    def row_keys(self) -> frozenset[str]:
        """The keys of all rows; read once, and only where a row was imported before."""
        rows = (row for part in self.parts() for row in part)
        return frozenset(_keyed(row, self.source, self.form, self.columns)[2] for row in rows)


def import_file(
    path: Path, source: str | None, form: str | None = None, *, history: bool = False
) -> Iterator[ImportResult]:
    """Import a file, and give after each part what became of it.

    Without a source each row names its own in the column `source`. Raises InvalidCsvFile or UnknownSource before
    anything is stored. When a row further down cannot be read, the rows before it stay stored; the file can be imported
    again. `history` says that all of it is of the past.
    """
    start = begin_import(path, source, form, history=history)
    for part in start.parts():
        yield start.store(part, datetime.now(UTC))


def begin_import(
    path: Path, source: str | None, form: str | None = None, *, history: bool = False, given: Sequence[str] = ()
) -> Import:
    """Look through a file and make sure that it has rows and the columns that its source requires.

    `given` says of columns which fields they are, `their column=our field`; the source may set those, too.
    """
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    columns = read_column_map(given, playbook, source)
    playbook = with_columns(playbook, source, columns)
    country = (source and find_source(source, playbook).country) or playbook.company.country
    layout = inspect_csv(path, country)
    _require_columns(path, layout, playbook, source)
    _require_listed_columns(path, layout, playbook, source)
    if layout.rows < 1:
        raise InvalidCsvFile(f"{path} has columns but no rows: a row for each lead was expected below the first line.")
    require_mapped_columns(path, layout, columns)
    return Import(path, layout, source, form, history, columns)


def _require_columns(path: Path, shape: CsvLayout, playbook: Playbook, source: str | None) -> None:
    there = {normalize_name(column) for column in shape.columns}
    if source is None:
        if "source" not in there:
            raise InvalidCsvFile(
                f"{path} has no column source: add one, or say where these leads come from (--source NAME)."
            )
        return
    rules = find_source(source, playbook)
    for required in rules.required:
        names = [name for field in required.split("|") for name in _column_names(rules, field)]
        if not there & {normalize_name(name) for name in names}:
            raise InvalidCsvFile(
                f"{path} has no column for {required.replace('|', ' or ')}: one of {', '.join(names)} was expected, "
                f"{shape.column_list()} were found. Rename a column, or change source {source} in the playbook."
            )


def _require_listed_columns(path: Path, layout: CsvLayout, playbook: Playbook, source: str | None) -> None:
    """A column that the source may not set would be in nobody's field, and importing the file again changes nothing."""
    if source is None:
        return
    rules = find_source(source, playbook)
    unlisted = {normalize_name(field): field for field in rules_for(rules, playbook).fields if not rules.may_set(field)}
    for column in layout.columns:
        if field := unlisted.get(normalize_name(column)):
            raise InvalidCsvFile(
                f"{path} has the column {quote_value(column)}, and source {source} may not set {field}: only what "
                f"stands under its fields in the playbook. Write `{field}: []` there, or rename the column."
            )


def _column_names(rules: Any, field: str) -> list[str]:
    return list(rules.key) if field == "key" else [field, *rules.fields.get(field, ())]


def store_rows(
    rows: list[dict[str, Any]], source: str | None, form: str | None, now: datetime, history: bool = False
) -> ImportResult:
    """Store some rows in one transaction, of no file that could have them twice."""
    with engine().begin() as connection:
        return store_in(connection, rows, source, form, now, history, frozenset, columns={}).result


def store_in(
    connection: Connection,
    rows: list[dict[str, Any]],
    source: str | None,
    form: str | None,
    now: datetime,
    history: bool,
    keys_of_file: Callable[[], frozenset[str]],
    *,
    columns: Mapping[str, str],
) -> StoredRows:
    """Store some rows of a file. `keys_of_file` gives the keys of all its rows. The caller commits."""
    playbook = with_columns(current_playbook(connection), source, columns)
    leads: list[Lead] = []
    rejected: list[UnreadableLead] = []
    for row in rows:
        try:
            leads.append(_read(connection, playbook, *_keyed(row, source, form, columns), now, history))
        except UnreadableLead as error:
            rejected.append(error)
    leads = renew_returned(connection, leads, keys_of_file)
    captured = capture(connection, leads, now)
    mark_repaired(
        connection, {lead.event_key or "": one.event_id for lead, one in zip(leads, captured, strict=True)}, now
    )
    return StoredRows(leads, captured, rejected)


def _keyed(
    row: dict[str, Any], source: str | None, form: str | None, columns: Mapping[str, str]
) -> tuple[str, dict[str, Any], str]:
    """The source of a row, its values, and its key: read otherwise than before, a row is new."""
    name, values = (source, row) if source else _own_source(row)
    if form and not any(normalize_name(column) == "form" and value for column, value in values.items()):
        values = values | {"form": form}
    return name, values, make_row_key(name, {**values, "read as": sorted(columns.items())} if columns else values)


def _read(
    connection: Connection,
    playbook: Playbook,
    name: str,
    values: dict[str, Any],
    key: str,
    now: datetime,
    history: bool,
) -> Lead:
    """The lead of a row. Raises UnreadableLead for one that was rejected, and is kept under the key of the row."""
    try:
        require_whole_row(values)
        return read_imported_lead(name, playbook, values, now, row_key=key, is_history=history)
    except UnreadableLead as error:
        raw = json.dumps(values).encode(errors="backslashreplace")
        reject(connection, name, "application/json", raw, error.problems, now, key)
        raise


def _own_source(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The source that a row names in its column Source, in any spelling, and the row without it."""
    named = [value for column, value in row.items() if normalize_name(column) == "source" and value]
    rest = {column: value for column, value in row.items() if normalize_name(column) != "source"}
    return next(iter(named), ""), rest


def _result(read: int, leads: list[Lead], captured: list[CaptureResult]) -> ImportResult:
    kinds = Counter("new" if one.is_new_contact else "known" for one in captured if one.is_new_event)
    seen = sum(not one.is_new_event for one in captured)
    history = sum(one.is_history for one in captured)
    unread = sum(bool(lead.unread) and one.is_new_event for lead, one in zip(leads, captured, strict=True))
    return ImportResult(read, kinds["new"], kinds["known"], seen, read - len(captured), history, unread)
