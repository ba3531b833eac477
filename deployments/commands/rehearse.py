"""`tend rehearse`: what a journey would have done with past contacts."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from rich.console import Console

from deployments.commands.throw_away_server import throw_away_server
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address
from flows.rehearsal.cohort import NothingToRehearse
from flows.rehearsal.rehearse import Question, Rehearsal, rehearse
from flows.rehearsal.render import as_json, as_markdown, as_text
from flows.rehearsal.report import report_of
from models.conditions.parse import BadCondition

FORMATS = {"text": as_text, "markdown": as_markdown, "json": as_json}


def print_rehearsal(question: Question, output: str) -> None:
    """Rehearse, and print the report. CommandError when it cannot be done."""
    if output not in FORMATS:
        raise CommandError(f"There is no format '{output}'. Take one of: {', '.join(FORMATS)}.")
    rehearsal = run_rehearsal(question)
    sys.stdout.write(FORMATS[output](report_of(rehearsal)))


def run_rehearsal(question: Question) -> Rehearsal:
    """Rehearse with the installation's contacts, on a server that is gone afterwards."""
    address, is_up = database_address()
    if not is_up:
        raise CommandError("The database takes no connections now. ./tend up starts it; then run this again.")
    console = Console(stderr=True)
    with _ended_in_order(), throw_away_server() as server:
        try:
            return rehearse(
                address,
                server.url,
                question,
                datetime.now(UTC),
                processes=os.cpu_count() or 1,
                say=lambda line: console.print(line, style="dim", highlight=False),
            )
        except (BadCondition, NothingToRehearse) as error:
            raise CommandError(str(error)) from error


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A request to end is an exception, so that the server and its data are removed."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
