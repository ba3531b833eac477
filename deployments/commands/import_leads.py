"""`tend import`: imports the leads of a CSV file, with a progress bar and a table of results."""

import os
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database
from deployments.stack.stack_record import read_record

MEANINGS = {
    "read": "rows in the file",
    "created": "new contacts",
    "enriched": "known contacts, updated",
    "seen_before": "imported before, nothing changed",
    "rejected": "rejected: they name nobody, or their row is broken",
    "history": "of the past: recorded, and nobody is asked or mailed",
    "unread": "taken, and something in them could not be read",
}


def import_with_progress(
    path: Path,
    source: str | None,
    form: str | None,
    console: Console,
    *,
    history: bool = False,
    columns: tuple[str, ...] = (),
) -> None:
    """Import a file into the database of this installation and show the result."""
    from flows.operations.leads.import_leads import ImportResult, begin_import
    from models.leads.files.csv_file import InvalidCsvFile
    from models.leads.reading.source_match import UnknownSource
    from models.playbook import NoPlaybook

    use_database()
    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    total = ImportResult()
    try:
        with Progress(*bars, console=console, transient=True) as progress:
            start = begin_import(path, source, form, history=history, given=columns)
            task = progress.add_task(path.name, total=start.layout.rows)
            for part in start.parts():
                total += start.store(part, datetime.now(UTC))
                progress.advance(task, len(part))
    except (InvalidCsvFile, UnknownSource, NoPlaybook) as error:
        raise CommandError(str(error)) from None
    _show(total, console)
    for remark in start.layout.remarks:
        console.print(remark)


def _show(result: object, console: Console) -> None:
    table = Table(show_header=False)
    table.add_column(justify="right", style="bold")
    table.add_column()
    for each in fields(result):  # type: ignore[arg-type]
        table.add_row(f"{getattr(result, each.name):,}", MEANINGS[each.name])
    console.print(table)
    if getattr(result, "rejected", 0):
        kept = f"Rejected rows are kept, each with its reason, and can be repaired: {page_address('/rejected')}"
        console.print(kept, soft_wrap=True)
    if getattr(result, "unread", 0):
        kept = f"What could not be read is kept as it came, and can be repaired: {page_address('/unread')}"
        console.print(kept, soft_wrap=True)


def page_address(path: str) -> str:
    """Where a page of this installation is."""
    record = read_record()
    return (os.environ.get("TEND_WEB_URL") or (record.web if record else "")) + path
