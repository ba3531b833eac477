"""Commands that bring in leads and tell numbers."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deployments.stack.command_error import CommandError

HEADING = "Leads and numbers"
commands = typer.Typer()


class ImportKind(StrEnum):
    """What the rows of a file to import are."""

    LEADS = "leads"
    OPPORTUNITIES = "opportunities"
    SPEND = "spend"


@commands.command("import", rich_help_panel=HEADING)
def import_leads(
    file: Annotated[Path, typer.Argument(help="A CSV file with the names of the columns in its first line.")],
    source: Annotated[str | None, typer.Option(help="Where they come from; none: as the column `source` says.")] = None,
    form: Annotated[
        str | None, typer.Option(help="The form that all of them filled in; journeys that start on it begin.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="All of it is of the past: nobody is asked or mailed.")
    ] = False,
    kind: Annotated[ImportKind, typer.Option(help="What its rows are.")] = ImportKind.LEADS,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="What a column is, 'their column=our field', or of deals a word, 'product:GTXPro=GTX Pro'; repeat it.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would become of the rows; nothing is stored.")
    ] = False,
) -> None:
    """Import the leads of a CSV file, the deals of another system, or what sources cost.

    Doing it again changes nothing. Rows that cannot be taken are kept, each with its reason, on the page /rejected.
    Deals are always of the past; lists of accounts, products and salespeople that lie beside their file are taken, too.
    A file of spend is a table of one's own or a report of an ad platform; it replaces the months that it has.
    """
    from rich.console import Console

    if kind is ImportKind.SPEND:
        from deployments.commands.import_spend import import_spend

        if form is not None or history or columns:
            raise CommandError("--form, --history and --map belong to leads and deals: spend has none of them.")
        import_spend(file, source, Console(), dry_run=dry_run)
        return
    if kind is ImportKind.OPPORTUNITIES:
        from deployments.commands.import_opportunities import import_deals_with_progress

        if form is not None:
            raise CommandError("--form belongs to leads: deals fill in no form.")
        import_deals_with_progress(file, source, tuple(columns or ()), Console(), dry_run=dry_run)
    else:
        from deployments.commands.import_leads import import_with_progress

        import_with_progress(
            file, source, form, Console(), history=history, columns=tuple(columns or ()), dry_run=dry_run
        )


@commands.command("back-test", rich_help_panel=HEADING)
def back_test(
    playbook: Annotated[Path, typer.Argument(help="The playbook to try, such as a changed copy of yours.")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leads first heard of since.")] = None,
    html: Annotated[Path, typer.Option(help="Where the report with the charts goes.")] = Path("back-test.html"),
) -> None:
    """Score past leads by another playbook: who would have been hot, and who of them bought.

    Changes nothing.
    """
    from rich.console import Console

    from deployments.commands.scoring.back_test import run_back_test

    run_back_test(playbook, since, html, Console())


@commands.command(rich_help_panel=HEADING)
def report(
    begin: Annotated[
        str | None, typer.Option("--from", help="The first day to count anew, such as 2026-03-01.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The last day; none: today.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Count all days anew.")] = False,
) -> None:
    """Count the KPI tables that /reports reads, and show the KPIs.

    Without days it counts what is new, as the flow kpi-report does each night, and shows the last thirty days.
    """
    from rich.console import Console

    from deployments.commands.report import report

    report(begin, end, everything, Console())


@commands.command("decay-rate", rich_help_panel=HEADING)
def propose_decay_rate() -> None:
    """Propose how fast scores fade, by how long buyers took."""
    from rich.console import Console

    from deployments.commands.scoring.decay_rate import decay_rate

    decay_rate(Console())


@commands.command(rich_help_panel=HEADING)
def predict(
    csv: Annotated[Path | None, typer.Option(help="Try it on the leads of a CSV file; nothing is kept.")] = None,
    target: Annotated[str | None, typer.Option(help="The file's column that says who bought.")] = None,
    time: Annotated[str | None, typer.Option(help="The file's column that tells the order in time.")] = None,
    leave_out: Annotated[
        str, typer.Option(help="Columns not to look at, such as those filled in later: A,B or A=reason,B=reason.")
    ] = "",
    keep: Annotated[bool, typer.Option(help="Keep the model even if it hardly beats guessing.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the calibration into this PNG, SVG or PDF.")] = None,
) -> None:
    """Train the model that predicts which leads buy, and show how good it is."""
    from rich.console import Console

    from deployments.commands.scoring.predict import read_leave_out, train_on_file, train_on_own_leads

    if (csv is None) != (target is None):
        raise CommandError("--csv FILE and --target COLUMN belong together; without both, our own leads are used.")
    if csv and target:
        train_on_file(csv, target, read_leave_out(leave_out), time, plot, Console())
    else:
        train_on_own_leads(read_leave_out(leave_out), keep, plot, Console())


@commands.command("split-plan", rich_help_panel=HEADING)
def plan_split_test(
    rate: Annotated[str, typer.Option(help="The share that reaches the goal now, such as 20%.")],
    lift: Annotated[
        str | None,
        typer.Option(help="The difference worth finding, in percentage points, such as 5%; a quarter of the rate."),
    ] = None,
    variants: Annotated[int, typer.Option(help="How many are compared.")] = 2,
    power: Annotated[str, typer.Option(help="How often a difference that exists is found.")] = "80%",
    per_week: Annotated[int | None, typer.Option(min=1, help="Contacts that come to the test in a week.")] = None,
) -> None:
    """Compute how many contacts a split test takes, and how many weeks."""
    from rich.console import Console

    from deployments.commands.split_plan import split_plan

    split_plan(rate, lift, variants, power, per_week, Console())
