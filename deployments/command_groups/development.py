"""Commands for whoever changes Tend."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

HEADING = "Development"
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
commands = typer.Typer()


@commands.command(context_settings=PASS_ON, rich_help_panel=HEADING)
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


@commands.command("sendgrid-fake", rich_help_panel=HEADING)
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


@commands.command(rich_help_panel=HEADING)
def version() -> None:
    """Print the version."""
    from importlib.metadata import version

    typer.echo(f"tend {version('tend')}")
