"""Which code a run goes on by: its journey's newest, or the version that it was begun with, which is kept for it."""

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType

from sqlalchemy import Connection

from flows.runtime.definitions.definition import Definition
from flows.runtime.definitions.open_runs import EndWith, Move, Stay
from flows.runtime.definitions.run import Run
from models import RunStatus
from models.journeys.versions import UnknownVersion, read_source


def by_version(
    connection: Connection, definition: Definition, runs: Sequence[Run]
) -> Iterator[tuple[Definition, Sequence[Run]]]:
    """These runs of one journey, each with the definition that it goes on by; the newest first.

    Runs whose version is not kept any more go on by the newest, which makes them stuck where they do not fit.
    """
    if not isinstance(definition.open_runs, Stay):
        yield definition, runs
        return
    groups: dict[str | None, list[Run]] = {definition.version: []}
    for run in runs:
        groups.setdefault(run.version or definition.version, []).append(run)
    for version, group in groups.items():
        if group:
            yield kept_version(connection, definition, version), group


def kept_version(connection: Connection, definition: Definition, version: str | None) -> Definition:
    """The definition as it was in this version, with the triggers and exit conditions of now; the one of now where that
    version is not kept.
    """
    if version in (None, definition.version):
        return definition
    key = (definition.name, version)
    if key not in _loaded:
        try:
            _loaded[key] = load_version(definition.name, version, read_source(connection, definition.name, version))
        except UnknownVersion:
            return definition
    now = definition
    return replace(_loaded[key], starts_on=now.starts_on, ends_on=now.ends_on, fallback_trigger=now.fallback_trigger)


_loaded: dict[tuple[str, str | None], Definition] = {}
"""Each is compiled once in a process."""


def load_version(journey: str, version: str | None, source: str) -> Definition:
    """The definition that a file's text makes of a journey. Raises UnknownVersion when it makes none."""
    file = f"<{journey}, version {version}>"
    module = ModuleType(f"flows.journeys.{journey}")
    module.__file__ = file
    # So that an error in it is told with its line.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), module.__dict__)
    for value in vars(module).values():
        found = getattr(value, "definition", None)
        if isinstance(found, Definition) and found.name == journey:
            return replace(found, version=version, source=source, open_runs=None)
    raise UnknownVersion(journey, version or "")


def moves_for(definition: Definition, run: Run) -> Move | None:
    """How a run that was begun with older code comes to this one; None for one that needs no way."""
    is_older = (bool(run.history) or run.asked_at is not None) and run.version != definition.version
    return definition.open_runs if is_older and isinstance(definition.open_runs, Move) else None


def settle_version(definition: Definition, run: Run) -> None:
    """After a turn: the version that the run is on from now on; one that could not go on may end instead."""
    if run.status is RunStatus.STUCK:
        answer = definition.open_runs
        if isinstance(answer, EndWith) and run.version != definition.version and run.is_changed:
            run.status, run.stuck_reason = RunStatus.WAITING, None
            run.end(answer.ending)
        return
    run.version = definition.version or run.version
