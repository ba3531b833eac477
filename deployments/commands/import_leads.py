"""`tend import`: imports the leads of a CSV file, with a progress bar and a table of results."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from deployments.commands.import_result import progress_bar, show_plan, show_result
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

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
    dry_run: bool = False,
) -> None:
    """Import a file into the database of this installation and show the result, of a dry run what it would be."""
    from models.leads.files.csv_file import InvalidCsvFile
    from models.leads.imports.lead_import import ImportResult, begin_import
    from models.leads.imports.lead_rehearsal import LeadRehearsal
    from models.leads.reading.source_match import UnknownSource
    from models.playbook import NoPlaybook

    use_database()
    total = ImportResult()
    try:
        with progress_bar(console) as progress:
            start = begin_import(path, source, form, history=history, given=columns)
            task = progress.add_task(path.name, total=start.layout.rows)
            rehearsal = LeadRehearsal(start) if dry_run else None
            store = rehearsal.store if rehearsal else start.store
            for part in start.parts():
                total += store(part, datetime.now(UTC))
                progress.advance(task, len(part))
    except (InvalidCsvFile, UnknownSource, NoPlaybook) as error:
        raise CommandError(str(error)) from None
    if rehearsal:
        show_plan(total, rehearsal.plan, MEANINGS, start.layout.remarks, console)
    else:
        show_result(total, MEANINGS, start.layout.remarks, console)
