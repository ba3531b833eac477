"""Commands for journeys and mails."""

from typing import Annotated

import typer

HEADING = "Journeys and mails"
commands = typer.Typer()


@commands.command(rich_help_panel=HEADING)
def check() -> None:
    """Check all journeys, and whether every open run fits them.

    Exit code 1: something does not.
    """
    from rich.console import Console

    from deployments.commands.check import check

    raise typer.Exit(check(Console()))


@commands.command("map", rich_help_panel=HEADING)
def map_journey(journey: Annotated[str, typer.Argument(help="Such as lead_nurture.")]) -> None:
    """Print the map of a journey as a Mermaid flowchart."""
    from deployments.commands.check import render_map

    typer.echo(render_map(journey), nl=False)


@commands.command("check-sender", rich_help_panel=HEADING)
def check_sender() -> None:
    """Look up whether receivers will take mail from the company's domain: SPF, DKIM, DMARC, MX.

    Exit code 1: something is to be mended.
    """
    from rich.console import Console

    from deployments.commands.mail.check_sender import print_sender

    raise typer.Exit(print_sender(Console()))


@commands.command("send-preview", rich_help_panel=HEADING)
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
    from deployments.commands.mail.send_preview import send_preview

    typer.echo(send_preview(journey, step, address, contact, bare))
