"""What every import shows: a progress bar while it runs, then a table of what became of the rows, and remarks."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from deployments.stack.stack_record import read_record

KEPT = {
    "rejected": ("Rejected rows are kept, each with its reason, and can be repaired", "/rejected"),
    "unread": ("What could not be read is kept as it came, and can be repaired", "/unread"),
}
"""Count of a result -> what to do where it is not 0, and the page for it."""

NOTHING_STORED = "Nothing was stored: this was a dry run. Leave out --dry-run to import."


def progress_bar(console: Console) -> Progress:
    """Rows done of all rows; it is gone when the import is over."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def show_result(result: Any, meanings: Mapping[str, str], remarks: Iterable[str], console: Console) -> None:
    """Print the counts of a result, a dataclass, each with what `meanings` says of its field."""
    show_counts(result, meanings, console)
    for name, (sentence, path) in KEPT.items():
        if getattr(result, name, 0):
            console.print(f"{sentence}: {page_address(path)}", soft_wrap=True)
    for remark in remarks:
        # A remark quotes the file, and what stands there in brackets is no markup.
        console.print(remark, soft_wrap=True, markup=False, highlight=False)


def show_counts(result: Any, meanings: Mapping[str, str], console: Console) -> None:
    """Print the counts of a result, a dataclass."""
    table = Table(show_header=False)
    table.add_column(justify="right", style="bold")
    table.add_column()
    for each in fields(result):
        table.add_row(f"{getattr(result, each.name):,}", meanings[each.name])
    console.print(table)


def show_plan(result: Any, plan: Any, meanings: Mapping[str, str], remarks: Iterable[str], console: Console) -> None:
    """Print what an import would do, by a dry run: the counts, why rows would be rejected, and the first rows."""
    show_counts(result, meanings, console)
    table = Table("row", "would be", "in the file")
    for row in plan.first:
        joined = f": {page_address(f'/contacts/{row.contact_id}')}" if row.contact_id else ""
        table.add_row(str(row.number), Text(row.outcome + joined), Text(row.reason or row.excerpt))
    console.print(table)
    for sentence in (*plan.why(), *remarks, NOTHING_STORED):
        console.print(sentence, soft_wrap=True, markup=False, highlight=False)


def page_address(path: str) -> str:
    """Where a page of this installation is."""
    record = read_record()
    return (os.environ.get("TEND_WEB_URL") or (record.web if record else "")) + path
