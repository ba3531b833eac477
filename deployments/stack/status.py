"""`tend status`: what runs, since when, and what it costs."""

import contextlib
import time
from datetime import timedelta

import psutil
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployments.stack.paths import DEMO, IS_DEMO
from deployments.stack.stack_record import ProcessRecord, StackRecord, read_record

ALL_UP, PARTLY_UP, DOWN = 0, 1, 3
# What a complete stack runs; the embedded Postgres is not among them when all databases are named by the user.
EXPECTED = {"prefect", "web", "worker", "clock"}


def status(console: Console) -> int:
    """Show it; returns ALL_UP, PARTLY_UP (still starting, or something died a moment ago) or DOWN."""
    record = read_record()
    if record is None or record.supervisor.process() is None:
        console.print(
            f"{'The demo' if IS_DEMO else 'Tend'} is down. [bold]./tend {'demo' if IS_DEMO else 'up'}[/] starts it."
        )
        _show_demo(console)
        return DOWN
    console.print(_table(record))
    console.print(f"  Pages [cyan]{record.web}/[/]   Prefect [cyan]{record.prefect}[/]")
    if record.has_login:
        console.print("  [dim]Both ask for a password: ./tend secrets prints it.[/]")
    alive = {child.name for child in record.children if child.process()}
    missing = EXPECTED - alive | {child.name for child in record.children} - alive
    if missing:
        console.print(f"  Not up: {', '.join(sorted(missing))} (./tend logs {min(missing)})")
    for name, note in record.notes.items():
        console.print(f"  [yellow]{name}[/]: {escape(note)}", soft_wrap=True)
    _show_demo(console)
    return PARTLY_UP if missing or record.notes else ALL_UP


def _show_demo(console: Console) -> None:
    """Say that the demo runs as well, which has a status of its own."""
    record = None if IS_DEMO else read_record(DEMO)
    if record and record.supervisor.process():
        console.print(f"  The demo runs at [cyan]{record.web}/[/] (./tend --demo status)")


def _table(record: StackRecord) -> Table:
    table = Table("process", "pid", "up for", "restarts", "memory", "CPU since start", box=None, header_style="dim")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in (record.supervisor, *record.children):
        process = one.process()
        table.add_row(one.name, *(_row(one, process) if process else ["[red]down[/]", "", str(one.restarts), "", ""]))
    return table


def _row(one: ProcessRecord, process: psutil.Process) -> list[str]:
    lived = max(time.time() - one.began, 0.1)
    with_children = [process, *_children(one, process)]
    memory = sum(map(_memory, with_children))
    share = sum(map(_cpu_seconds, with_children)) / lived
    up_for = str(timedelta(seconds=int(lived)))
    return [str(one.pid), up_for, str(one.restarts), f"{memory / 2**20:,.0f} MB", f"{share:.1%}"]


def _children(one: ProcessRecord, process: psutil.Process) -> list[psutil.Process]:
    if one.name == "up":
        return []  # they have rows of their own
    with contextlib.suppress(psutil.Error):
        return list(process.children(recursive=True))
    return []


def _memory(process: psutil.Process) -> float:
    """Its own share: memory that Postgres' processes have in common is counted once."""
    with contextlib.suppress(psutil.Error):
        full = process.memory_full_info()
        return float(getattr(full, "pss", full.uss))
    with contextlib.suppress(psutil.Error):
        return float(process.memory_info().rss)
    return 0.0


def _cpu_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
