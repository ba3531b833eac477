"""What `tend up` prints: one line per step with its duration, then a panel with all addresses."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from deployments.stack.settings import Addresses


class Progress:
    """Lines for a terminal or a file; in a terminal also what is being waited for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._waiting: list[str] = []
        self._status = console.status("", spinner="dots")

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Show `doing` while the block runs; afterwards print `done` with the duration."""
        began = time.monotonic()
        self._waiting.append(doing)
        self._show_waiting()
        try:
            yield
            self._console.print(f"  [green]✓[/] {escape(done):<44} [dim]{time.monotonic() - began:5.1f} s[/]")
        finally:
            self._waiting.remove(doing)
            self._show_waiting()

    def say(self, line: str) -> None:
        """Print a line with the time of day. Where nothing can be printed any more, the stack goes on without."""
        with suppress(OSError):
            self._console.print(f"  [dim]{time.strftime('%H:%M:%S')}[/] {escape(line)}", soft_wrap=True)

    def up(self, addresses: Addresses, missing: Mapping[str, str]) -> None:
        """Print the panel with all addresses, and what is not up yet: service -> what a person should know of it."""
        table = Table.grid(padding=(0, 2))
        for name, address, what in _pages(addresses):
            table.add_row(f"[bold]{name}[/]", f"[cyan]{address}[/]", f"[dim]{what}[/]")
        took = time.monotonic() - self._began
        self._console.print(Panel(table, title=f"Tend is up [dim]({took:.0f} s)[/]", title_align="left", expand=False))
        for name, note in missing.items():
            self._console.print(f"  [yellow]Not up yet:[/] {name}: {escape(note)}", soft_wrap=True)
        self._console.print("  [dim]Ctrl-C ends it, or ./tend down in another terminal.[/]")

    def _show_waiting(self) -> None:
        if self._console.is_terminal and self._waiting:
            self._status.update(escape(", ".join(self._waiting) + " …"))
            self._status.start()
        else:
            self._status.stop()


def _pages(addresses: Addresses) -> list[tuple[str, str, str]]:
    login = [("Passwords", "./tend secrets", "for the pages for ops, and for Prefect")]
    return [
        ("Start page", f"{addresses.web}/", "leads to all other pages"),
        *(login if addresses.is_open_to_others else []),
        ("Mailbox", f"{addresses.web}/mailbox", "mails that were not really sent"),
        ("Prefect", addresses.prefect, "forms for ops, flow runs, mailers"),
        ("Database", 'psql "$(./tend db-url)"', "or any BI tool"),
        ("Logs", "./tend logs", "and ./tend status"),
    ]
