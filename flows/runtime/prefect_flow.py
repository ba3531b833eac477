"""@journey: turns a journey into a Prefect flow that ops start from the UI and the clock calls when runs are due."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from prefect import Flow
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.states import Completed, Failed, State
from sqlalchemy import text

from flows.private_flow import contact_link
from flows.run_artifacts import show_table
from flows.run_name import with_result_in_name
from flows.runtime.authoring.renamed_keyword import renamed_keyword
from flows.runtime.definitions.code_version import code_version, source_of
from flows.runtime.definitions.definition import Body, Definition, Definitions, Reentry, RequestPolicy
from flows.runtime.definitions.open_runs import Drain, OpenRuns
from flows.runtime.run_start import start_runs
from flows.runtime.start_form import ContactReference, Segment, SelectedContacts, StartForm, select_contacts
from flows.runtime.turn import BATCH, TurnReport, take_turn
from flows.runtime.unloadable import UnloadableFile, unloadable_file
from models.access.private_errors import with_private_errors
from models.conditions.parse import BadCondition
from models.database import engine
from models.mail.sender_check.findings import to_mend
from models.mail.sender_check.sender import check_sender
from models.playbook import current_playbook
from models.stop_request import is_stop_requested
from models.tasks.undo import REPORT_OF_RUN
from models.wording import counted

LISTED = 500
"""How many contacts the list of a dry run shows."""
COUNT_DUE = text(f"""
SELECT count(*) FROM journey_run
WHERE journey = :journey AND status = 'waiting' AND resume_at <= :now AND NOT {REPORT_OF_RUN}
""")
PARALLEL_TURNS = 4
"""Turns at the same time when much is due: each spends about half of its time waiting for Postgres."""


class JourneyFlow(Flow[Any, Any]):
    """A Prefect flow that advances all due runs of one journey."""

    definition: Definition


@renamed_keyword("catches", "fallback_trigger")
def journey(
    *,
    title: str | None = None,
    starts_on: str | Sequence[str] = (),
    ends_on: Mapping[str, str] | None = None,
    reentry: Reentry | str = Reentry.AFTER_END,
    fallback_trigger: str | Sequence[str] = (),
    holdout: float | None = None,
    starts_on_history: bool = False,
    on_repeated_request: RequestPolicy | str = RequestPolicy.BRING_PERSON,
    by_hand: bool = True,
    open_runs: OpenRuns | None = None,
) -> Callable[[Body], JourneyFlow]:
    """Make a journey of an async function.

    `title`: what people read where the journey is told of; without it, what stands before the colon of the file's
    first line, else the function's name in words.
    `starts_on`: its triggers, the events (`name` or `name:topic`) that put their contact on it. `ends_on`: its exit
    conditions, event -> ending, at whatever step a run is. `reentry`: its re-enrolment, `never`, `after_end` (one open
    run at a time) or `always`. `fallback_trigger`: names of events that put their contact on it when no other journey
    starts on them and no run waits for them. `holdout`: the share of contacts, such as 0.05, who never take it: their
    runs end at once, so that what the journey brings can be measured. `starts_on_history`: whether events that are told
    late, such as the orders of an imported customer, start it as well, once for each contact. `on_repeated_request`:
    what a run does when its contact asks for a person meanwhile, `bring a person` (it pauses until they had time to
    talk), `go on` (its wait ends where a task comes next) or `ignore`; whichever it is, a person hears of the request.
    `by_hand`: whether ops find it in Prefect; one that only other parts of Tend start is out of their way there.
    `open_runs`: what the runs do that were begun with older code, `stay()`, `move(...)`, `end_with(...)` or `drain()`;
    without it they must fit this code.
    """
    starts, fallback = _as_tuple(starts_on), _as_tuple(fallback_trigger)

    def make(body: Body) -> JourneyFlow:
        # Nobody starts on a journey that is being drained.
        triggers = ((), ()) if isinstance(open_runs, Drain) else (starts, fallback)
        source = source_of(body.__code__.co_filename)
        return _flow(
            Definition(
                body.__name__,
                body,
                triggers[0],
                dict(ends_on or {}),
                Reentry(reentry),
                triggers[1],
                holdout,
                starts_on_history and bool(triggers[0]),
                RequestPolicy(on_repeated_request),
                title,
                by_hand,
                open_runs,
                source,
                code_version(source) if source else None,
            )
        )

    return make


def _as_tuple(patterns: str | Sequence[str]) -> tuple[str, ...]:
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)


def _flow(definition: Definition) -> JourneyFlow:
    @with_result_in_name
    @with_private_errors
    async def run(
        contacts: list[ContactReference] = [],  # noqa: B006  Prefect shows the default in the form
        segment: Segment = "",
        dry_run: bool = False,
    ) -> State[Any]:
        return await _run(definition, StartForm(contacts, segment, dry_run))

    run.__name__ = run.__qualname__ = definition.name
    # Prefect and its workers look the body up where the journey's file is.
    run.__module__ = definition.body.__module__
    run.__doc__ = f"{definition.body.__doc__}\n{FORM}"
    flow = JourneyFlow(
        run,
        name=definition.name.replace("_", "-"),
        description=getdoc(definition.body),
        flow_run_name=_run_name,
        retries=0,
        persist_result=False,
    )
    flow.definition = definition
    return flow


FORM = """
    Args:
        contacts: Numbers of contacts to put on this journey now, or links of their pages: Prefect keeps what is typed
            here, so it takes no addresses. Leave empty to only move those who are due.
        segment: Or a condition for whom to put on it, such as: state == "CA" and employees >= 50
        dry_run: Only say who would be started; nothing is changed. Take it away to start them.
"""


def _run_name() -> str:
    """Numbers only: Prefect copies the names of runs into its events and logs, where no address can be erased."""
    from prefect.runtime import flow_run

    asked = flow_run.parameters or {}
    whom = [counted(len(asked["contacts"]), "contact")] if asked.get("contacts") else []
    whom += ["a segment"] if asked.get("segment") else []
    name = f"start {' and '.join(whom)}" if whom else "move who is due"
    return f"dry run: {name}" if asked.get("dry_run") else name


async def _run(definition: Definition, form: StartForm) -> State[Any]:
    now = datetime.now(UTC)
    try:
        selected = await asyncio.to_thread(_select_contacts, form)
    except BadCondition as error:
        return Failed(message=f"Nothing was done. {error}")
    started = await asyncio.to_thread(_start, definition, selected, now, dry_run=form.dry_run)
    if form.dry_run:
        await _list_selected(definition, selected)
        warning = await asyncio.to_thread(_sender_warning, now) if form.segment else ""
        return _final_state(await _what_would_happen(definition, started, selected, now) + warning, selected)
    report = await asyncio.to_thread(advance_due_runs, definition, now)
    await _notify_ops(definition, report)
    return _final_state(what_happened(started, selected, report), selected)


async def _what_would_happen(definition: Definition, started: int, selected: SelectedContacts, now: datetime) -> str:
    """Of the form as it is filled in: whom it would start, or, with nobody named, how many it would move."""
    if selected.contacts or selected.unknown:
        return f"Would start {_count_started(started, selected)}"
    due = await asyncio.to_thread(_count_due, definition.name, now)
    return f"Would move {counted(due, 'run')}; nobody is named who would be started"


def what_happened(started: int, selected: SelectedContacts, report: TurnReport) -> str:
    """One line, such as `started 2, moved 3, ended 1`: what is none is left out."""
    counts = {"moved": report.advanced, "ended": report.ended, "stuck": len(report.stuck)}
    parts = [f"started {_count_started(started, selected)}"] if selected.contacts else []
    parts += [f"{name} {count:,}" for name, count in counts.items() if count]
    return ", ".join(parts) or "nobody was due"


def _count_started(started: int, selected: SelectedContacts) -> str:
    """How many were started, and why not all who were selected."""
    others = len(selected.contacts) - started
    return f"{started:,} ({others:,} more: on it already, or once before)" if others else f"{started:,}"


def _final_state(message: str, selected: SelectedContacts) -> State[Any]:
    """The state of the flow run: failed when somebody was not found, who may be mistyped."""
    return Failed(message=message + selected.unknown_sentence) if selected.unknown else Completed(message=message)


def _select_contacts(form: StartForm) -> SelectedContacts:
    with engine().connect() as connection:
        return select_contacts(connection, form)


def _start(definition: Definition, selected: SelectedContacts, now: datetime, *, dry_run: bool) -> int:
    """Start it for these contacts, at this moment; those who are on the journey already stay where they are."""
    starts = [(contact, f"ops:{now:%FT%T.%f}") for contact in selected.contacts]
    with engine().connect() as connection:
        started = start_runs(connection, definition, starts, now)
        if not dry_run:
            connection.commit()
    return started


def _sender_warning(now: datetime) -> str:
    """What receivers would refuse a campaign for, for the end of the state message; empty when there is nothing."""
    with engine().connect() as connection:
        parts = [one.part for one in to_mend(check_sender(connection, current_playbook(connection), now))]
    return f"; before the first campaign look at the page Sender, to mend: {', '.join(parts)}" if parts else ""


def _count_due(journey: str, now: datetime) -> int:
    with engine().connect() as connection:
        return int(connection.execute(COUNT_DUE, {"journey": journey, "now": now}).scalar_one())


def advance_due_runs(definition: Definition, now: datetime, definitions: Definitions | None = None) -> TurnReport:
    """Take turns, each committed, until no run of this journey is due."""
    definitions_by_name = definitions or {**discover(), definition.name: definition}
    first = _commit_turn(definition, definitions_by_name, now)
    if first.advanced < BATCH:
        return first
    # Much is due: while one turn waits for Postgres, another one replays.
    with ThreadPoolExecutor(PARALLEL_TURNS) as pool:
        reports = [pool.submit(_take_turns, definition, definitions_by_name, now) for _ in range(PARALLEL_TURNS)]
        return sum((report.result() for report in reports), start=first)


def _take_turns(definition: Definition, definitions: Definitions, now: datetime) -> TurnReport:
    total = TurnReport()
    while not is_stop_requested() and (report := _commit_turn(definition, definitions, now)).advanced:
        total += report
    return total


def _commit_turn(definition: Definition, definitions: Definitions, now: datetime) -> TurnReport:
    with engine().begin() as connection:
        return take_turn(connection, definition, definitions, now)


async def _list_selected(definition: Definition, selected: SelectedContacts) -> None:
    """Whom a dry run is about, by numbers that lead to their pages."""
    rows = [{"contact": contact_link(contact)} for contact in selected.contacts[:LISTED]]
    await show_table(
        rows,
        key=f"selected-{definition.name.replace('_', '-')}",
        description=f"Whom the form selects: {counted(len(selected.contacts), 'contact')}, at most {LISTED} are listed",
    )


async def _notify_ops(definition: Definition, report: TurnReport) -> None:
    """List the runs that got stuck on the flow run, if it is one, and emit a Prefect event for automations."""
    if not report.stuck or FlowRunContext.get() is None:
        return
    # A reason may quote what a contact is called; all of it stands on our own page.
    rows = [{"run": run, "reason": reason.partition(":")[0]} for run, reason in report.stuck.items()]
    await show_table(rows, key=f"stuck-{definition.name.replace('_', '-')}", description="Stuck runs; /runs says why")
    emit_event(
        "tend.run-stuck", resource={"prefect.resource.id": f"tend.journey.{definition.name}"}, payload={"runs": rows}
    )


@cache
def discover() -> dict[str, Definition]:
    """Every journey in flows/journeys, by name."""
    return {flow.definition.name: flow.definition for flow in journey_flows()}


def journey_flows() -> list[JourneyFlow]:
    """Every flow in flows/journeys: one per file. For those of a file that cannot be loaded, what stands in."""
    flows, broken = _load()
    return flows + [_flow(one) for file in broken for one in file.stand_ins]


def unloadable_files() -> list[UnloadableFile]:
    """The files in flows/journeys that Python cannot load."""
    return _load()[1]


def _load() -> tuple[list[JourneyFlow], list[UnloadableFile]]:
    flows: list[JourneyFlow] = []
    broken: list[UnloadableFile] = []
    for found in iter_modules(import_module("flows.journeys").__path__):
        name = f"flows.journeys.{found.name}"
        try:
            module = import_module(name)
        except Exception as error:
            # Whatever it raises, other journeys do not depend on it.
            folder = getattr(found.module_finder, "path", "")
            broken.append(unloadable_file(name, Path(folder) / f"{found.name}.py", error))
        else:
            flows += [flow for flow in vars(module).values() if isinstance(flow, JourneyFlow)]
    return flows, broken
