"""Commands for journeys and mails."""

from typing import Annotated, Literal

import typer

HEADING = "Journeys and mails"
commands = typer.Typer()


@commands.command(rich_help_panel=HEADING)
def check(
    output: Annotated[
        str, typer.Option("--format", help="text; github shows each finding beside its line; json is one list.")
    ] = "text",
) -> None:
    """Check all journeys and their mails, and whether every open run fits them.

    Exit code 1: something is wrong. docs/checks.md has every rule.
    """
    from rich.console import Console

    from deployments.commands.check import check
    from deployments.commands.findings import OutputFormat
    from deployments.stack.command_error import CommandError

    if output not in list(OutputFormat):
        raise CommandError(f"There is no format '{output}'. Take one of: {', '.join(OutputFormat)}.")
    raise typer.Exit(check(Console(), OutputFormat(output)))


@commands.command("map", rich_help_panel=HEADING)
def map_journey(
    journey: Annotated[str | None, typer.Argument(help="Such as lead_nurture; none: all of them on one map.")] = None,
    format: Annotated[
        Literal["mermaid", "svg", "json"], typer.Option(help="Text for Mermaid, a drawing, or places and ways as JSON.")
    ] = "mermaid",
    compare: Annotated[
        str | None,
        typer.Option(
            help="Beside how it was at a revision of Git, such as main, or `running`: as the database has it."
        ),
    ] = None,
) -> None:
    """Print the map of a journey, drawn from its code; of two versions, what differs."""
    from deployments.commands.journey_map import render_map

    typer.echo(render_map(journey, format, compare), nl=False)


@commands.command("new-journey", rich_help_panel=HEADING)
def new_journey(name: Annotated[str, typer.Argument(help="Such as win_back: small letters, digits and _.")]) -> None:
    """Write a new journey with its mails and its test, which work as they stand.

    Nothing is written over.
    """
    from deployments.commands.new_journey import new_journey

    typer.echo(new_journey(name))


@commands.command(rich_help_panel=HEADING)
def rehearse(
    journey: Annotated[str, typer.Argument(help="Such as lead_qualification.")],
    cohort: Annotated[
        str, typer.Option(help="A condition for whom it is played with, such as: created_at >= '2026-10-01'")
    ] = "",
    weeks: Annotated[float, typer.Option(min=0.1, max=104, help="How much time passes.")] = 8,
    draws: Annotated[int, typer.Option(min=1, max=100, help="Plays, each with other answers.")] = 5,
    at_most: Annotated[int, typer.Option(min=1, help="Contacts; of more a sample is taken.")] = 10_000,
    against: Annotated[
        str | None, typer.Option(help="A revision of Git, or running: its code too, and who goes another way.")
    ] = None,
    compare_with_real: Annotated[
        bool, typer.Option("--compare-with-real", help="Beside what then happened, by what was known before.")
    ] = False,
    output: Annotated[str, typer.Option("--format", help="text, markdown or json.")] = "text",
) -> None:
    """Play a journey with past contacts in a throw-away database: its mails, tasks and endings.

    Nothing is sent, and nothing of the installation is changed. docs/rehearsal.md says what is known and what is drawn.
    """
    from deployments.commands.rehearse import print_rehearsal
    from flows.rehearsal.rehearse import Question

    question = Question(journey, cohort, weeks, draws, at_most)
    print_rehearsal(question, output, against, compare_with_real=compare_with_real)


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
