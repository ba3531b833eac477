"""Commands that run Tend and show what runs."""

from typing import Annotated

import typer

from deployments.command_groups.demo_installation import use_demo

HEADING = "Run Tend"
commands = typer.Typer()


@commands.command(rich_help_panel=HEADING)
def up(
    host: Annotated[
        str, typer.Option(help="Where the pages listen. Anything but loopback: pages for ops ask for a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")] = 8000,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Prefect's server.")] = 4200,
    allow_stuck: Annotated[
        bool, typer.Option("--allow-stuck", help="Deploy changed journeys in which open runs get stuck.")
    ] = False,
) -> None:
    """Start everything here and keep it running until Ctrl-C.

    Refused when open runs would get stuck in a journey that has changed.
    """
    from deployments.stack.settings import Addresses
    from deployments.stack.up import up

    up(Addresses(host, port, prefect_port), allow_stuck=allow_stuck)


@commands.command(rich_help_panel=HEADING)
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
    use_demo()
    from rich.console import Console

    from deployments.demo.command import demo
    from deployments.demo.installation import Ports
    from deployments.demo.remove import remove_all_demos

    if remove:
        remove_all_demos(Console(), without_asking=yes)
    else:
        demo(Console(), Ports(port, prefect_port))


@commands.command(rich_help_panel=HEADING)
def down() -> None:
    """End what runs here: the stack in another terminal, and the demo."""
    from deployments.stack.down import down

    typer.echo(down())


@commands.command(rich_help_panel=HEADING)
def status() -> None:
    """Show what runs and what it costs.

    Exit code 0: everything is up, 1: a part of it, 3: nothing.
    """
    from rich.console import Console

    from deployments.stack.status import status

    raise typer.Exit(status(Console()))


@commands.command(rich_help_panel=HEADING)
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


@commands.command("db-url", rich_help_panel=HEADING)
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


@commands.command("secrets", rich_help_panel=HEADING)
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


@commands.command(rich_help_panel=HEADING)
def invite(
    email: Annotated[str, typer.Argument(help="Whose login it is.")],
    role: Annotated[str, typer.Option(help="look, work or 'set up'.")] = "work",
    name: Annotated[str | None, typer.Option(help="As the audit calls them; none: what stands before the @.")] = None,
) -> None:
    """Invite somebody to the pages for ops: mail a link that sets a password, and print it."""
    from deployments.commands.logins import invite

    typer.echo(invite(email, role, name))


@commands.command("work-link", rich_help_panel=HEADING)
def show_work_link(
    who: Annotated[str, typer.Argument(help="Name, number or email of a salesperson.")],
    renew: Annotated[bool, typer.Option("--renew", help="End all links from before.")] = False,
) -> None:
    """Print the link to a salesperson's page, or a new one."""
    from deployments.commands.secrets import work_link

    typer.echo(work_link(who, renew=renew))


@commands.command(rich_help_panel=HEADING)
def logins() -> None:
    """Show who may log in to the pages for ops, and with which role."""
    from rich.console import Console

    from deployments.commands.logins import print_logins

    print_logins(Console())
