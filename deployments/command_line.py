"""The commands of `./tend`. What a command needs is imported inside it: most of them should answer at once."""

import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deployments.stack.command_error import CommandError

RENAMED = {"score-test": "back-test", "send-test": "send-preview", "sendgrid-double": "sendgrid-fake"}
"""Commands as they were called in 0.1.0; they still work, and say what they are called now."""


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Tend: sales-force automation where a customer journey is one Python file. Begin with `demo`, then `up`.",
)
RUNNING, JOURNEYS, NUMBERS, DEVELOPMENT = "Run Tend", "Journeys and mails", "Leads and numbers", "Development"
"""The headings of ./tend --help."""


class ImportKind(StrEnum):
    """What the rows of a file to import are."""

    LEADS = "leads"
    OPPORTUNITIES = "opportunities"
    SPEND = "spend"


PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(rich_help_panel=RUNNING)
def up(
    host: Annotated[
        str, typer.Option(help="Where the pages listen. Anything but loopback: pages for ops ask for a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")] = 8000,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Prefect's server.")] = 4200,
) -> None:
    """Start everything here and keep it running until Ctrl-C."""
    from deployments.stack.settings import Addresses
    from deployments.stack.up import up

    up(Addresses(host, port, prefect_port))


@app.callback()
def choose_installation(
    demo: Annotated[
        bool, typer.Option("--demo", help="Work on the demo's installation, such as: ./tend --demo logs")
    ] = False,
) -> None:
    """What stands before the name of the command."""
    if demo:
        _use_demo()


def _use_demo() -> None:
    """Before anything is imported that asks where the state lies."""
    os.environ["TEND_DEMO"] = "1"


@app.command(rich_help_panel=RUNNING)
def demo(
    remove: Annotated[bool, typer.Option("--remove", help="Take the demo away, with all that is in it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it without asking.")] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of its pages; none: a free one.")] = None,
    prefect_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of its Prefect; none: a free one.")
    ] = None,
) -> None:
    """Play eight weeks of a small business with 300 invented leads.

    In an installation of its own, with its own database, Prefect and pages, which it starts and leaves running. Mails
    go to its local mailbox only, and nothing of it is in yours.
    """
    _use_demo()
    from rich.console import Console

    from deployments.demo.command import demo
    from deployments.demo.installation import Ports
    from deployments.demo.remove import remove_all_demos

    if remove:
        remove_all_demos(Console(), without_asking=yes)
    else:
        demo(Console(), Ports(port, prefect_port))


@app.command(rich_help_panel=RUNNING)
def down() -> None:
    """End what runs here: the stack in another terminal, and the demo."""
    from deployments.stack.down import down

    typer.echo(down())


@app.command(rich_help_panel=RUNNING)
def status() -> None:
    """Show what runs and what it costs.

    Exit code 0: everything is up, 1: a part of it, 3: nothing.
    """
    from rich.console import Console

    from deployments.stack.status import status

    raise typer.Exit(status(Console()))


@app.command(rich_help_panel=RUNNING)
def logs(
    name: Annotated[str | None, typer.Argument(help="prefect, web, worker, clock, postgres, ...; all if none.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the last lines of the logs."""
    from deployments.commands import logs as reading

    files = reading.select_logs(name)
    for one, path in files.items():
        typer.echo((f"── {one}\n" if len(files) > 1 else "") + reading.read_last_lines(path))
    for one, text in reading.follow(files) if follow else ():
        typer.echo(text if len(files) == 1 else "\n".join(f"{one:>10} {line}" for line in text.splitlines()))


@app.command("db-url", rich_help_panel=RUNNING)
def db_url() -> None:
    """Print the address of the database, for psql and BI tools.

    Exit code 3: the database is down.
    """
    from deployments.stack.database_address import database_address

    address, is_up = database_address()
    typer.echo(address)
    if not is_up:
        typer.echo("That database takes no connections now. ./tend up starts the embedded one.", err=True)
        raise typer.Exit(3)


@app.command("secrets", rich_help_panel=RUNNING)
def show_secrets(
    name: Annotated[str | None, typer.Argument(help="Only this one, such as 'ops password'.")] = None,
    renew: Annotated[bool, typer.Option("--renew", help="Replace it by another one; NAME is needed.")] = False,
) -> None:
    """Print the key for POST /events, the password of the pages for ops, and the login of Prefect."""
    from deployments.commands.secrets import read_secrets, renew_secret

    if renew:
        typer.echo(renew_secret(name))
    elif name:
        typer.echo(read_secrets(name)[name])
    else:
        for each, value in read_secrets().items():
            typer.echo(f"{each:<15}{value}")


@app.command(rich_help_panel=RUNNING)
def invite(
    email: Annotated[str, typer.Argument(help="Whose login it is.")],
    role: Annotated[str, typer.Option(help="look, work or 'set up'.")] = "work",
    name: Annotated[str | None, typer.Option(help="As the audit calls them; none: what stands before the @.")] = None,
) -> None:
    """Invite somebody to the pages for ops: mail a link that sets a password, and print it."""
    from deployments.commands.logins import invite

    typer.echo(invite(email, role, name))


@app.command("work-link", rich_help_panel=RUNNING)
def show_work_link(
    who: Annotated[str, typer.Argument(help="Name, number or email of a salesperson.")],
    renew: Annotated[bool, typer.Option("--renew", help="End all links from before.")] = False,
) -> None:
    """Print the link to a salesperson's page, or a new one."""
    from deployments.commands.secrets import work_link

    typer.echo(work_link(who, renew=renew))


@app.command(rich_help_panel=RUNNING)
def logins() -> None:
    """Show who may log in to the pages for ops, and with which role."""
    from rich.console import Console

    from deployments.commands.logins import print_logins

    print_logins(Console())


@app.command(rich_help_panel=JOURNEYS)
def check() -> None:
    """Check all journeys, and whether every open run fits them.

    Exit code 1: something does not.
    """
    from rich.console import Console

    from deployments.commands.check import check

    raise typer.Exit(check(Console()))


@app.command("map", rich_help_panel=JOURNEYS)
def map_journey(journey: Annotated[str, typer.Argument(help="Such as lead_nurture.")]) -> None:
    """Print the map of a journey as a Mermaid flowchart."""
    from deployments.commands.check import render_map

    typer.echo(render_map(journey), nl=False)


@app.command("send-preview", rich_help_panel=JOURNEYS)
def send_preview(
    journey: Annotated[str, typer.Argument(help="Such as lead_nurture; `team` for mails to managers.")],
    step: Annotated[str, typer.Argument(help="Such as article_1.")],
    address: Annotated[str, typer.Argument(help="Where it goes.")],
    contact: Annotated[
        str | None, typer.Option(help="As the contact with this address gets it; none: the newest contact.")
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="As somebody gets it with only an address known.")] = False,
) -> None:
    """Send one mail to yourself as a contact would get it.

    It goes out by the mailer in force, marked [Test], and counts in no metric.
    """
    from deployments.commands.send_preview import send_preview

    typer.echo(send_preview(journey, step, address, contact, bare))


@app.command("import", rich_help_panel=NUMBERS)
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
        import_spend(file, source, Console())
        return
    if kind is ImportKind.OPPORTUNITIES:
        from deployments.commands.import_opportunities import import_deals_with_progress

        if form is not None:
            raise CommandError("--form belongs to leads: deals fill in no form.")
        import_deals_with_progress(file, source, tuple(columns or ()), Console())
    else:
        from deployments.commands.import_leads import import_with_progress

        import_with_progress(file, source, form, Console(), history=history, columns=tuple(columns or ()))


@app.command("back-test", rich_help_panel=NUMBERS)
def back_test(
    playbook: Annotated[Path, typer.Argument(help="The playbook to try, such as a changed copy of yours.")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leads first heard of since.")] = None,
    html: Annotated[Path, typer.Option(help="Where the report with the charts goes.")] = Path("back-test.html"),
) -> None:
    """Score past leads by another playbook: who would have been hot, and who of them bought.

    Changes nothing.
    """
    from rich.console import Console

    from deployments.commands.back_test import run_back_test

    run_back_test(playbook, since, html, Console())


@app.command(rich_help_panel=NUMBERS)
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


@app.command("decay-rate", rich_help_panel=NUMBERS)
def propose_decay_rate() -> None:
    """Propose how fast scores fade, by how long buyers took."""
    from rich.console import Console

    from deployments.commands.decay_rate import decay_rate

    decay_rate(Console())


@app.command(rich_help_panel=NUMBERS)
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

    from deployments.commands.predict import read_leave_out, train_on_file, train_on_own_leads
    from deployments.stack.command_error import CommandError

    if (csv is None) != (target is None):
        raise CommandError("--csv FILE and --target COLUMN belong together; without both, our own leads are used.")
    if csv and target:
        train_on_file(csv, target, read_leave_out(leave_out), time, plot, Console())
    else:
        train_on_own_leads(read_leave_out(leave_out), keep, plot, Console())


@app.command("split-plan", rich_help_panel=NUMBERS)
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


@app.command(context_settings=PASS_ON, rich_help_panel=DEVELOPMENT)
def test(context: typer.Context) -> None:
    """Run the tests; what follows is passed on to pytest."""
    from deployments.stack.paths import ROOT

    arguments = [_from_anywhere(argument) for argument in context.args]
    os.chdir(ROOT)
    # The tests have databases of their own; they never meet the one that is named here.
    environment = {name: value for name, value in os.environ.items() if name != "TEND_DATABASE_URL"}
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *arguments], environment)


def _from_anywhere(argument: str) -> str:
    """A path of a test as it was meant where the reader stands; what is no path there stays as it is."""
    path = Path(argument.partition("::")[0])
    return argument if argument.startswith("-") or not path.exists() else f"{Path.cwd()}/{argument}"


@app.command("sendgrid-fake", rich_help_panel=DEVELOPMENT)
def sendgrid_fake(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it takes mails, on this machine.")] = 8025,
    key: Annotated[str, typer.Option(help="The API key that it knows.")] = "SG.double",
    events_url: Annotated[str, typer.Option(help="Where events are posted; empty: nowhere.")] = (
        "http://127.0.0.1:8000/sendgrid/events"
    ),
    sign: Annotated[bool, typer.Option("--sign", help="Sign events, by a key whose public half is shown.")] = False,
    opens: Annotated[float, typer.Option(min=0, max=1, help="Share of tracked mails that are opened.")] = 0.4,
    clicks: Annotated[float, typer.Option(min=0, max=1, help="Share of tracked mails that are clicked.")] = 0.1,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share of events that are posted twice.")] = 0,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Post events in random order.")] = False,
    failing: Annotated[float, typer.Option(min=0, max=1, help="Share of requests that fail: 429, 500, cut.")] = 0,
    rate: Annotated[int | None, typer.Option(min=1, help="Mails a second; more are answered 429.")] = None,
    latency: Annotated[float, typer.Option(min=0, help="Seconds that each answer takes.")] = 0,
) -> None:
    """Run a fake SendGrid on this machine.

    It takes mails, sends none, posts events to Tend, and fails when told to.
    """
    from rich.console import Console

    from deployments.sendgrid_double.command import run_sendgrid_fake
    from deployments.sendgrid_double.settings import FakeSettings

    settings = FakeSettings(
        port=port,
        key=key,
        events_url=events_url or None,
        signed=sign,
        opens=opens,
        clicks=clicks,
        duplicates=duplicates,
        shuffled=shuffle,
        failure_rate=failing,
        rate=rate,
        latency_seconds=latency,
    )
    run_sendgrid_fake(settings, Console())


@app.command(rich_help_panel=DEVELOPMENT)
def version() -> None:
    """Print the version."""
    from importlib.metadata import version

    typer.echo(f"tend {version('tend')}")


def with_present_name(arguments: list[str]) -> list[str]:
    """The arguments of the command line; a command's earlier name is replaced, with a word on standard error."""
    if not arguments or arguments[0] not in RENAMED:
        return arguments
    old, new = arguments[0], RENAMED[arguments[0]]
    typer.echo(f"./tend {old} is called ./tend {new} now; the old name still works.", err=True)
    return [new, *arguments[1:]]


def main() -> None:
    """Run the command. An error that the user can fix is one sentence on standard error, and exit code 1."""
    try:
        app(with_present_name(sys.argv[1:]), prog_name="tend")
    except CommandError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
