"""The commands of `./tend`. What a command needs is imported inside it: most of them should answer at once."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from deployments.stack.command_error import CommandError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Tend: sales-force automation where a customer journey is one Python file.",
)
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def up(
    host: Annotated[str, typer.Option(help="Where the pages listen; not loopback: pages for ops need a login.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")] = 8000,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Prefect's server.")] = 4200,
) -> None:
    """Start everything here and keep it running until Ctrl-C."""
    from deployments.stack.settings import Addresses
    from deployments.stack.up import up

    up(Addresses(host, port, prefect_port))


@app.command()
def down() -> None:
    """End the stack that runs in another terminal."""
    from deployments.stack.down import down

    typer.echo(down())


@app.command()
def status() -> None:
    """Show what runs and what it costs; exit code 0: all up, 1: a part, 3: down."""
    from rich.console import Console

    from deployments.stack.status import status

    raise typer.Exit(status(Console()))


@app.command("db-url")
def db_url() -> None:
    """Print the address of the database, for psql and BI tools; exit code 3: it is down."""
    from deployments.stack.database_address import database_address

    address, is_up = database_address()
    typer.echo(address)
    if not is_up:
        typer.echo("That database takes no connections now. ./tend up starts the embedded one.", err=True)
        raise typer.Exit(3)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="prefect, web, worker, clock, postgres, ...; all if none.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show what the processes said last."""
    from deployments.stack import logs as reading

    files = reading.select_logs(name)
    for one, path in files.items():
        typer.echo((f"── {one}\n" if len(files) > 1 else "") + reading.read_last_lines(path))
    for one, text in reading.follow(files) if follow else ():
        typer.echo(text if len(files) == 1 else "\n".join(f"{one:>10} {line}" for line in text.splitlines()))


@app.command("import")
def import_leads(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with the names of the columns in its first line.")],
    source: Annotated[str | None, typer.Option(help="Where they come from; none: the column `source` says.")] = None,
    form: Annotated[str | None, typer.Option(help="The form all of them filled in; starts what it starts.")] = None,
) -> None:
    """Put the leads of a file into the database. Doing it again changes nothing."""
    from rich.console import Console

    from deployments.commands.import_leads import import_with_progress

    import_with_progress(file, source, form, Console())


@app.command()
def predict(
    csv: Annotated[Path | None, typer.Option(help="Try it on the leads of a CSV file; nothing is kept.")] = None,
    target: Annotated[str | None, typer.Option(help="The file's column that says who bought.")] = None,
    time: Annotated[str | None, typer.Option(help="The file's column that tells the order in time.")] = None,
    leave_out: Annotated[
        str, typer.Option(help="Columns not to look at, such as those filled in later: A,B or A=why,B=why.")
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


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Run the test suite; what follows is passed on to pytest."""
    from deployments.stack.paths import ROOT

    os.chdir(ROOT)
    # The tests have databases of their own; they never meet the one that is named here.
    environment = {name: value for name, value in os.environ.items() if name != "TEND_DATABASE_URL"}
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *context.args], environment)


@app.command()
def demo() -> None:
    """Play eight weeks of a small business, on the running stack or on one that is started."""
    from rich.console import Console

    from deployments.demo.command import demo

    demo(Console())


@app.command()
def check() -> None:
    """Check all journeys and whether every open run fits them; exit code 1: something does not."""
    from rich.console import Console

    from deployments.commands.check import check

    raise typer.Exit(check(Console()))


@app.command("map")
def map_journey(journey: Annotated[str, typer.Argument(help="Such as lead_nurture.")]) -> None:
    """Print the map of a journey as a Mermaid flowchart."""
    from deployments.commands.check import render_map

    typer.echo(render_map(journey), nl=False)


@app.command("decay-rate")
def propose_decay_rate() -> None:
    """Propose how fast scores fade, by how long buyers took."""
    from rich.console import Console

    from deployments.commands.decay_rate import decay_rate

    decay_rate(Console())


@app.command("score-test")
def back_test(
    playbook: Annotated[Path, typer.Argument(help="The playbook to try, such as a changed copy of yours.")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Leads first heard of since.")] = None,
    html: Annotated[Path, typer.Option(help="Where the report with the charts goes.")] = Path("score-test.html"),
) -> None:
    """Score the past by another playbook: who would have been hot, and who of them bought. Changes nothing."""
    from rich.console import Console

    from deployments.commands.back_test import run_back_test

    run_back_test(playbook, since, html, Console())


@app.command("split-plan")
def plan_split_test(
    rate: Annotated[str, typer.Option(help="How many get to the goal now, such as 20%.")],
    lift: Annotated[str, typer.Option(help="The difference worth finding, in percentage points, such as 5%.")],
    variants: Annotated[int, typer.Option(help="How many are compared.")] = 2,
    power: Annotated[str, typer.Option(help="How often a difference that is there shall be found.")] = "80%",
    per_week: Annotated[int | None, typer.Option(min=1, help="Contacts that come to the test in a week.")] = None,
) -> None:
    """Tell how many contacts a split test takes, and how many weeks."""
    from rich.console import Console

    from deployments.commands.split_plan import split_plan

    split_plan(rate, lift, variants, power, per_week, Console())


@app.command("secrets")
def show_secrets() -> None:
    """Print the key for POST /events and the password of the pages for ops."""
    from deployments.stack.database_address import read_secrets

    for name, value in read_secrets().items():
        typer.echo(f"{name:<14}{value}")


@app.command("send-test")
def send_test(
    journey: Annotated[str, typer.Argument(help="Such as lead_nurture; `team` for mails to managers.")],
    step: Annotated[str, typer.Argument(help="Such as article_1.")],
    address: Annotated[str, typer.Argument(help="Where it goes.")],
    contact: Annotated[str | None, typer.Option(help="As this contact gets it, by address; none: the newest.")] = None,
    bare: Annotated[bool, typer.Option("--bare", help="As somebody gets it of whom we know only the address.")] = False,
) -> None:
    """Send one mail to yourself as a contact would get it. It counts nowhere."""
    from deployments.commands.send_preview import send_test

    typer.echo(send_test(journey, step, address, contact, bare))


@app.command("sendgrid-double")
def sendgrid_double(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it takes mails, on this machine.")] = 8025,
    key: Annotated[str, typer.Option(help="The API key that it knows.")] = "SG.double",
    events_url: Annotated[str, typer.Option(help="Where events are posted; empty: nowhere.")] = (
        "http://127.0.0.1:8000/sendgrid/events"
    ),
    sign: Annotated[bool, typer.Option("--sign", help="Sign events, by a key whose public half is shown.")] = False,
    opens: Annotated[float, typer.Option(min=0, max=1, help="Share of tracked mails that are opened.")] = 0.4,
    clicks: Annotated[float, typer.Option(min=0, max=1, help="Share of tracked mails that are clicked.")] = 0.1,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share of events that are posted twice.")] = 0,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="Post events in any order.")] = False,
    failing: Annotated[float, typer.Option(min=0, max=1, help="Share of requests that fail: 429, 500, cut.")] = 0,
    rate: Annotated[int | None, typer.Option(min=1, help="Mails a second; more are answered 429.")] = None,
    latency: Annotated[float, typer.Option(min=0, help="Seconds that each answer takes.")] = 0,
) -> None:
    """Stand in for SendGrid on this machine: take mails, send none, post events, fail when told to."""
    from rich.console import Console

    from deployments.sendgrid_double.command import sendgrid_double
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
    sendgrid_double(settings, Console())


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version

    typer.echo(f"tend {version('tend')}")


def main() -> None:
    """Run the command; what is the reader's to mend comes as one sentence."""
    try:
        app(prog_name="tend")
    except CommandError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
