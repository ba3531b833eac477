"""`tend sendgrid-double`: the double until Ctrl-C, with a line a second of what it does."""

import time

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deployments.sendgrid_double.server import HOST, Double, running
from deployments.sendgrid_double.settings import Settings
from deployments.stack.ports import check_port


def sendgrid_double(settings: Settings, console: Console) -> None:
    """Run it. Without a terminal a line is printed only when something has changed."""
    check_port(HOST, settings.port, "--port")
    with running(settings) as double:
        introduce(double, settings, console)
        try:
            _show(double, console)
        except KeyboardInterrupt:
            console.print(f"{_line(double, 0)}. All of it is forgotten now.")


def introduce(double: Double, settings: Settings, console: Console) -> None:
    """Say where it is and what to set in Tend."""
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]Mails[/]", f"[cyan]{double.url}/[/]", "[dim]what was taken[/]")
    table.add_row("[bold]Mailer[/]", f"host {double.url}", "[dim]in a block SendGrid mailer[/]")
    table.add_row("[bold]Key[/]", escape(settings.key), "[dim]the same block[/]")
    table.add_row("[bold]Events[/]", escape(settings.events_url or "not posted"), "[dim]--events-url[/]")
    console.print(Panel(table, title="SendGrid double [dim](sends nothing)[/]", title_align="left", expand=False))
    if double.public_key:
        # In one line, to be copied.
        console.print("Events are signed; start Tend with", style="dim")
        console.print(f"TEND_SENDGRID_PUBLIC_KEY={double.public_key}", soft_wrap=True, highlight=False)


def _show(double: Double, console: Console) -> None:
    before, said = 0, ""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            time.sleep(1)
            line = _line(double, len(double.accepted) - before)
            before = len(double.accepted)
            if console.is_terminal:
                live.update(Text.from_markup(line), refresh=True)
            elif line != said:
                console.print(line)
            said = line


def _line(double: Double, in_a_second: int) -> str:
    account, post = double.app.account, double.app.post
    answers = ", ".join(f"{count:,} x {what}" for what, count in sorted(account.answers.items())) or "no requests yet"
    events = f"events: {post.counts['posted']:,} posted, {post.counts['not taken']:,} not taken, {post.waiting:,} wait"
    return f"[bold]{len(account.accepted):,} mails[/] ({in_a_second:,}/s) · {answers} · {events}"
