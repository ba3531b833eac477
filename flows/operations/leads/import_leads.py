"""Import leads: put the rows of a CSV file into the contact database. Importing the same file again changes nothing."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Connection

from models.database import engine
from models.leads.capture import CaptureResult, capture
from models.leads.csv_file import EXTRA_VALUES, CsvLayout, InvalidCsvFile, inspect_csv, read_rows
from models.leads.imported_lead import make_row_key, read_imported_lead
from models.leads.lead import Lead, UnknownSource, UnreadableLead, find_source
from models.leads.rejected_lead import mark_repaired, reject
from models.playbook import BadPlaybook, Playbook, current_playbook, load
from models.playbook.file import playbook_file
from models.playbook.source import normalize_name
from models.values.sanitize import Problem


def _source_names() -> dict[str, str]:
    """The choices in the form: what the playbook names when the flow is deployed."""
    try:
        return {name: name for name in load(playbook_file()).sources}
    except BadPlaybook:
        return {"csv": "csv"}


SourceName = Enum("SourceName", _source_names())  # type: ignore[misc]


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
    """Rows that could not be read; they are kept for repair, each with its reason."""
    history: int = 0
    """Of the new and known: those taken as history, which started, mailed and asked nobody."""

    def __add__(self, other: "ImportResult") -> "ImportResult":
        return ImportResult(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, each.name):,} {each.name.replace('_', ' ')}" for each in fields(self))


@flow(name="import-leads", flow_run_name="import {file.name} as {source.value}")
async def import_leads(file: Path, source: SourceName, form: str | None = None, history: bool = False) -> State[None]:
    """Put the leads of a CSV file into the contact database.

    Rows become contacts by the rules of the source; known contacts are enriched. Rows that cannot be read are kept
    under "Rejected leads" with the reason, and can be repaired there. Importing the same file again changes nothing.
    Journeys start, and mails go out, only for rows that name a form, or for all of them when you name one here. What
    happened longer ago than the source's limit, by a column such as "submitted at", is history and starts nothing.

    Args:
        file: The file, on the machine of the worker. UTF-8, with the names of the columns in the first line.
        source: Where these leads come from.
        form: The form that all of them filled in, such as request-info. Leave it empty to start nothing.
        history: All of it is of the past: nobody is asked or mailed about any of it.
    """
    total = ImportResult()
    rows = await asyncio.to_thread(expected_rows, file, source.value)
    progress = await acreate_progress_artifact(0.0, key="import-leads", description=f"Import of {file.name}")
    parts = read_rows(file)
    while part := await asyncio.to_thread(next, parts, None):
        total += await asyncio.to_thread(store_rows, part, source.value, form, datetime.now(UTC), history)
        await aupdate_progress_artifact(progress, min(100.0, 100 * total.read / rows))
    await aupdate_progress_artifact(progress, 100.0)
    return Completed(message=str(total))


def import_file(
    path: Path, source: str | None, form: str | None = None, *, history: bool = False
) -> Iterator[ImportResult]:
    """Import a file, and give after each part what became of it.

    Without a source each row names its own in the column `source`. Raises InvalidCsvFile or UnknownSource before
    anything is stored. When a row further down cannot be read, the rows before it stay stored; the file can be imported
    again. `history` says that all of it is of the past.
    """
    expected_rows(path, source)
    for part in read_rows(path):
        yield store_rows(part, source, form, datetime.now(UTC), history)


def expected_rows(path: Path, source: str | None) -> int:
    """How many rows a file has, once it is clear that it has the columns that its source requires."""
    shape = inspect_csv(path)
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    _require_columns(path, shape, playbook, source)
    if shape.rows < 1:
        raise InvalidCsvFile(f"{path} has columns but no rows: a row for each lead was expected below the first line.")
    return shape.rows


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


def _column_names(rules: Any, field: str) -> list[str]:
    return list(rules.key) if field == "key" else [field, *rules.fields.get(field, ())]


def store_rows(
    rows: list[dict[str, Any]], source: str | None, form: str | None, now: datetime, history: bool = False
) -> ImportResult:
    """Store some rows in one transaction."""
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        leads: list[Lead] = []
        for row in rows:
            lead = _read(connection, playbook, source, form, row, now, history)
            leads += [lead] if lead else []
        captured = capture(connection, leads, now)
        mark_repaired(
            connection, {lead.event_key or "": one.event_id for lead, one in zip(leads, captured, strict=True)}, now
        )
    return _result(len(rows), captured)


def _read(
    connection: Connection,
    playbook: Playbook,
    source: str | None,
    form: str | None,
    row: dict[str, Any],
    now: datetime,
    history: bool,
) -> Lead | None:
    """The lead of a row; None for one that was rejected, and is kept under the key of the row."""
    name = source or _own_source(row)
    names_form = any(normalize_name(column) == "form" and value for column, value in row.items())
    values = row if names_form or not form else row | {"form": form}
    key = make_row_key(name, values)
    try:
        _require_row_length(row)
        return read_imported_lead(name, playbook, values, now, row_key=key, is_history=history)
    except (UnreadableLead, UnknownSource) as error:
        unknown = [Problem(field="source", found=repr(name), expected=", ".join(playbook.sources))]
        problems = getattr(error, "problems", unknown)
        reject(connection, name, "application/json", json.dumps(values).encode(), problems, now, key)
        return None


def _own_source(row: dict[str, Any]) -> str:
    """The source that a row names in its column `Source`, in any spelling; the column is taken out of the row."""
    columns = [column for column in row if normalize_name(column) == "source"]
    named = [row.pop(column) for column in columns]
    return next((name for name in named if name), "")


def _require_row_length(row: dict[str, Any]) -> None:
    if EXTRA_VALUES in row:
        expected = "as many values as there are columns (a text with a comma needs quotes)"
        raise UnreadableLead([Problem(field="row", found=f"{len(row[EXTRA_VALUES])} more", expected=expected)])


def _result(read: int, captured: list[CaptureResult]) -> ImportResult:
    kinds = Counter("new" if one.is_new_contact else "known" for one in captured if one.is_new_event)
    seen = sum(not one.is_new_event for one in captured)
    history = sum(one.is_history for one in captured)
    return ImportResult(read, kinds["new"], kinds["known"], seen, read - len(captured), history)
