"""`tend import --kind spend`: what sources cost, from a CSV file of an ad platform or of one's own."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database


def import_spend(path: Path, source: str | None, console: Console) -> None:
    """Store what a file says and show it; a file of which a row cannot be read is not stored at all."""
    from models.database import engine
    from models.kpi.contribution.spend import known_sources, store_spend
    from models.leads.files.csv_file import InvalidCsvFile
    from models.leads.files.spend_file import read_spend_file, source_remarks
    from models.playbook import NoPlaybook, current_playbook
    from models.wording import counted, money

    use_database()
    now = datetime.now(UTC)
    try:
        with engine().begin() as connection:
            playbook = current_playbook(connection)
            own = playbook.report_currency
            read = read_spend_file(path, source, country=playbook.company.country, currency=own, today=now.date())
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
    console.print(f"{counted(read.rows, 'row')} read. It counts from the next run of the report on: ./tend report")
