"""`tend sendgrid-fake`: a fake SendGrid that runs until Ctrl-C and shows each second how many mails it accepted."""

import time

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deployments.sendgrid_double.server import HOST, FakeSendGrid, run_fake
from deployments.sendgrid_double.settings import FakeSettings
from deployments.stack.ports import check_port


def run_sendgrid_fake(settings: FakeSettings, console: Console) -> None:
    """Run the fake. Without a terminal a line is printed only when the counts have changed."""
    check_port(HOST, settings.port, "--port")
    with run_fake(settings) as fake:
        introduce(fake, settings, console)
        try:
            _show(fake, console)
        except KeyboardInterrupt:
            console.print(f"{_line(fake, 0)}. All mails are forgotten now.")


def introduce(fake: FakeSendGrid, settings: FakeSettings, console: Console) -> None:
    """Print where the fake is reached and what to set in Tend."""
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]Mails[/]", f"[cyan]{fake.url}/[/]", "[dim]what was accepted[/]")
    table.add_row("[bold]Mailer[/]", f"host {fake.url}", "[dim]in a block SendGrid mailer[/]")
    table.add_row("[bold]Key[/]", escape(settings.key), "[dim]in that block, too[/]")
    table.add_row("[bold]Events[/]", escape(settings.events_url or "not posted"), "[dim]--events-url[/]")
    console.print(Panel(table, title="Fake SendGrid [dim](sends nothing)[/]", title_align="left", expand=False))
    if fake.public_key:
        # In one line, to be copied.
        console.print("Events are signed; start Tend with", style="dim")
        console.print(f"TEND_SENDGRID_PUBLIC_KEY={fake.public_key}", soft_wrap=True, highlight=False)


def _show(fake: FakeSendGrid, console: Console) -> None:
    before, said = 0, ""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            time.sleep(1)
            line = _line(fake, len(fake.accepted) - before)
            before = len(fake.accepted)
            if console.is_terminal:
                live.update(Text.from_markup(line), refresh=True)
            elif line != said:
                console.print(line)
            said = line


def _line(fake: FakeSendGrid, in_a_second: int) -> str:
    account, post = fake.app.account, fake.app.post
    answers = ", ".join(f"{count:,} x {what}" for what, count in sorted(account.answers.items())) or "no requests yet"
    events = f"events: {post.counts['posted']:,} posted, {post.counts['not taken']:,} not taken, {post.waiting:,} wait"
    return f"[bold]{len(account.accepted):,} mails[/] ({in_a_second:,}/s) · {answers} · {events}"
