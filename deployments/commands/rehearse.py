"""`tend rehearse`: what a journey would have done with past contacts."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType

from rich.console import Console

from deployments.commands.journey_map import definition_of, source_at_revision
from deployments.commands.throw_away_server import throw_away_server
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address
from flows.rehearsal.cohort import NothingToRehearse
from flows.rehearsal.rehearse import Question, Rehearsal, rehearse
from flows.rehearsal.render import as_json, as_markdown, as_text
from flows.rehearsal.report import report_of
from models.conditions.parse import BadCondition
from models.database import engine
from models.journeys.versions import UnknownVersion, read_source, version_in_force

FORMATS = {"text": as_text, "markdown": as_markdown, "json": as_json}


RUNNING = "running"
"""The version that is in force, in place of a revision of Git."""


def print_rehearsal(
    question: Question, output: str, against: str | None = None, *, compare_with_real: bool = False
) -> None:
    """Rehearse, and print the report. CommandError when it cannot be done."""
    if output not in FORMATS:
        raise CommandError(f"There is no format '{output}'. Take one of: {', '.join(FORMATS)}.")
    rehearsal = run_rehearsal(question, against, compare_with_real=compare_with_real)
    sys.stdout.write(FORMATS[output](report_of(rehearsal)))


def run_rehearsal(question: Question, against: str | None = None, *, compare_with_real: bool = False) -> Rehearsal:
    """Rehearse with the installation's contacts, on a server that is gone afterwards.

    `against`: a revision of Git, or `running`, whose code of the journey is played as well, with the same draws.
    `compare_with_real`: also read what then happened, and draw answers from what was known before.
    """
    address, is_up = database_address()
    if not is_up:
        raise CommandError("The database takes no connections now. ./tend up starts it; then run this again.")
    os.environ["TEND_DATABASE_URL"] = address
    other = _source(question.journey, against) if against is not None else None
    console = Console(stderr=True)
    with _ended_in_order(), throw_away_server() as server:
        try:
            rehearsal = rehearse(
                address,
                server.url,
                question,
                datetime.now(UTC),
                other=other,
                compare_with_real=compare_with_real,
                processes=os.cpu_count() or 1,
                say=lambda line: console.print(line, style="dim", highlight=False),
            )
        except (BadCondition, NothingToRehearse) as error:
            raise CommandError(str(error)) from error
    return replace(rehearsal, other_called=against) if against is not None else rehearsal


def _source(journey: str, against: str) -> str:
    """The text of the journey's file in another version."""
    if against != RUNNING:
        return source_at_revision(definition_of(journey), against)
    with engine().connect() as connection:
        try:
            return read_source(connection, journey, version_in_force(connection, journey))
        except UnknownVersion as error:
            raise CommandError(f"{error} ./tend up stores the code of each journey as it starts.") from None


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
