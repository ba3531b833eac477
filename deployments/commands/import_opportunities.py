"""`tend import --kind opportunities`: imports the deals of another system, with a progress bar and a table."""

from pathlib import Path

from rich.console import Console

from deployments.commands.import_result import progress_bar, show_plan, show_result
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

MEANINGS = {
    "read": "rows in the file",
    "new": "new deals",
    "changed": "known deals that stand otherwise now",
    "seen_before": "imported before, nothing changed",
    "older": "older than what is known of their deals, which stay as they are",
    "rejected": "rejected: something in them cannot be read, or cannot be so",
    "won": "won",
    "lost": "lost",
    "open": "open",
    "without_account": "without an account: each has a contact of its own",
}


def import_deals_with_progress(
    path: Path, source: str | None, columns: tuple[str, ...], console: Console, *, dry_run: bool = False
) -> None:
    """Import a file of deals into the database and show the result, of a dry run what it would be."""
    from flows.operations.leads.import_opportunities import (
        OpportunityImportResult,
        begin_opportunity_import,
        rehearse_opportunities,
    )
    from models.leads.files.csv_file import InvalidCsvFile
    from models.leads.reading.source_match import UnknownSource
    from models.playbook import NoPlaybook

    use_database()
    total = OpportunityImportResult()
    try:
        if dry_run:
            total, planned = rehearse_opportunities(path, source, columns)
            show_plan(total, planned.plan, MEANINGS, planned.remarks, console)
            return
        with progress_bar(console) as progress:
            start = begin_opportunity_import(path, source, columns)
            task = progress.add_task(path.name, total=start.layout.rows)
            for part in start.parts():
                total += start.store(part)
                progress.advance(task, len(part))
    except (InvalidCsvFile, UnknownSource, NoPlaybook) as error:
        raise CommandError(str(error)) from None
    show_result(total, MEANINGS, start.remarks, console)
