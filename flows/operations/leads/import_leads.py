"""Import leads: put the rows of a CSV file into the contact database. Importing the same file again changes nothing."""

import asyncio
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.operations.leads.import_artifacts import show_plan
from flows.private_flow import WithoutAddress, flow
from flows.run_artifacts import begin_progress, show_counts
from models.leads.imports.lead_import import ImportResult, begin_import
from models.leads.imports.lead_rehearsal import LeadRehearsal
from models.playbook import BadPlaybook, load
from models.playbook.reading.file import playbook_file


def _source_names() -> dict[str, str]:
    """The choices in the form: what the playbook names when the flow is deployed."""
    try:
        return {name: name for name in load(playbook_file()).sources}
    except BadPlaybook:
        return {"csv": "csv"}


SourceName = Enum("SourceName", _source_names())  # type: ignore[misc]


def _run_name() -> str:
    asked = flow_run.parameters
    name = f"import {Path(asked['file']).name}"
    return f"dry run: {name}" if asked["dry_run"] else name


@flow(name="import-leads", flow_run_name=_run_name)
async def import_leads(
    file: Path,
    source: SourceName | None = None,
    form: str | None = None,
    history: bool = False,
    map: list[WithoutAddress] | None = None,
    dry_run: bool = True,
) -> State[None]:
    """Put the leads of a CSV file into the contact database.

    Rows become contacts by the rules of the source; known contacts are enriched. Rows that name nobody are kept under
    "Rejected leads" with the reason, and can be repaired there. Importing the same file again changes nothing.
    Journeys start, and mails go out, only for rows that name a form, or for all of them when you name one here. What
    happened longer ago than the source's limit, by a column such as "submitted at", is history and starts nothing.

    Args:
        file: The file, on the machine of the worker. CSV, with the names of the columns in the first line.
        source: Where these leads come from. Leave it empty if a column named Source says it.
        form: The form that all of them filled in, such as request-info. Leave it empty to start nothing.
        history: All of it is of the past: nobody is asked or mailed about any of it.
        map: Which field a column is, such as "Converted=has_bought".
        dry_run: Only say what would become of the rows, and of the first ten one by one. Take it away to import them.
    """
    total = ImportResult()
    named = source.value if source else None
    start = await asyncio.to_thread(begin_import, file, named, form, history=history, given=tuple(map or ()))
    progress = await begin_progress("import-leads", f"Import of {file.name}")
    rehearsal = LeadRehearsal(start) if dry_run else None
    store = rehearsal.store if rehearsal else start.store
    parts = start.parts()
    while part := await asyncio.to_thread(next, parts, None):
        total += await asyncio.to_thread(store, part, datetime.now(UTC))
        await progress.reach(total.read, start.layout.rows)
    await progress.reach(1.0)
    said = f"Would import {file.name}: {total}" if rehearsal else f"Import of {file.name}: {total}"
    await show_counts(total.in_words(), key="imported-leads", description=said)
    if rehearsal:
        await show_plan(rehearsal.plan, key="planned-leads", file=file.name)
    return Completed(message=". ".join([f"{'Would be ' * dry_run}{total}", *start.layout.remarks]))
