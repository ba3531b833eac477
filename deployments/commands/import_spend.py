"""`tend import --kind spend`: what sources cost, from a CSV file of an ad platform or of one's own."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deployments.commands.import_result import NOTHING_STORED
from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database


def import_spend(path: Path, source: str | None, console: Console, *, dry_run: bool = False) -> None:
    """Store what a file says, unless it is a dry run, and show it; nothing of it if a row cannot be read."""
    from models.database import engine
    from models.kpi.contribution.spend import known_months, known_sources, store_spend
    from models.leads.files.csv_file import InvalidCsvFile
    from models.leads.files.spend_file import read_spend_file, source_remarks
    from models.leads.imports.import_plan import FIRST_ROWS
    from models.playbook import NoPlaybook, current_playbook
    from models.wording import counted, money

    use_database()
    now = datetime.now(UTC)
    try:
        with engine().begin() as connection:
            playbook = current_playbook(connection)
            own = playbook.report_currency
            read = read_spend_file(path, source, country=playbook.company.country, currency=own, today=now.date())
            replaced = known_months(connection, read.months)
            if not dry_run:
                store_spend(connection, read.months, now)
            known = known_sources(connection)
    except (InvalidCsvFile, NoPlaybook) as error:
        raise CommandError(str(error)) from None
    table = Table("source", "months", "spend")
    for name, currency in sorted({(one.source, one.currency) for one in read.months}):
        months = [one for one in read.months if (one.source, one.currency) == (name, currency)]
        total = sum((one.amount for one in months), Decimal(0))
        table.add_row(name, f"{months[0].month:%Y-%m} to {months[-1].month:%Y-%m}", money(total, currency))
    console.print(table)
    labels = {name: one.label for name, one in playbook.sources.items()}
    for remark in (*read.remarks, *source_remarks(read.months, known, labels)):
        console.print(remark, soft_wrap=True)
    if dry_run:
        for one in read.months[:FIRST_ROWS]:
            console.print(f"{one.month:%Y-%m}: {money(one.amount, one.currency)} for {one.source}", markup=False)
        new = len({(one.source, one.month) for one in read.months}) - len(replaced)
        said = f"{counted(new, 'month')} of a source would be new, {len(replaced):,} would be replaced."
        console.print(f"{counted(read.rows, 'row')} read. {said}\n{NOTHING_STORED}", soft_wrap=True)
        return
    console.print(f"{counted(read.rows, 'row')} read. It counts from the next run of the report on: ./tend report")
