"""Which code a run goes on by: its journey's newest, or the version that it was begun with, which is kept for it."""

import linecache
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType

from sqlalchemy import Connection

from flows.runtime.contract.errors import UnloadableJourney
from flows.runtime.definitions.definition import Body, Definition
from flows.runtime.definitions.journey import Journey
from flows.runtime.definitions.open_runs import EndWith, Move, Stay
from flows.runtime.definitions.run import Run
from models import RunStatus
from models.journeys.versions import UnknownVersion, read_source, version_in_force


def by_version(
    connection: Connection, definition: Definition, runs: Sequence[Run], *, to_deploy: bool = False
) -> Iterator[tuple[Definition, Sequence[Run]]]:
    """These runs of one journey, each with the definition that it goes on by; this process's own first.

    Where the journey says `stay()`, a run goes on by the version that it was begun with. A run that is on the version
    in force goes on by that in a process whose code is older, too, unless this code is the one `to_deploy`. Runs whose
    version is not kept any more go on by the process's own, which makes them stuck where they do not fit.
    """
    others = {run.version for run in runs} - {None, definition.version}
    in_force = version_in_force(connection, definition.name) if others and not to_deploy else None
    groups: dict[str | None, list[Run]] = {definition.version: []}
    for run in runs:
        is_kept = run.version == in_force or isinstance(definition.open_runs, Stay)
        groups.setdefault(run.version if run.version and is_kept else definition.version, []).append(run)
    for version, group in groups.items():
        if group:
            yield kept_version(connection, definition, version), group


def kept_version(connection: Connection, definition: Definition, version: str | None) -> Definition:
    """The definition as it was in this version, with the triggers and exit conditions of now; the one of now where that
    version is not kept. Of one that cannot be loaded any more all runs are stuck, with the reason.
    """
    if version in (None, definition.version):
        return definition
    key = (definition.name, version)
    if key not in _loaded:
        try:
            source = read_source(connection, definition.name, version)
        except UnknownVersion:
            return definition
        _loaded[key] = _load(definition, version, source)
    now = definition
    return replace(_loaded[key], starts_on=now.starts_on, ends_on=now.ends_on, fallback_trigger=now.fallback_trigger)


_loaded: dict[tuple[str, str | None], Definition] = {}
"""Each is compiled once in a process."""


def _load(definition: Definition, version: str | None, source: str) -> Definition:
    try:
        return load_version(definition.name, version, source)
    except Exception as error:
        # Whatever it raises, the runs of other versions do not depend on it.
        problem = f"the code of version {version} cannot be loaded any more: {type(error).__name__}: {error}"
        return replace(definition, body=_stand_in(problem), version=version, open_runs=None)


def _stand_in(problem: str) -> Body:
    async def stand_in(_: Journey) -> str:
        raise UnloadableJourney(problem)

    return stand_in


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
