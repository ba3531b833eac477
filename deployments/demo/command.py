"""`tend demo`: finds or starts the stack, lets eight weeks pass on a virtual clock, and prints what came of it."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import database_address
from deployments.stack.paths import LOGS, ROOT
from deployments.stack.stack_record import StackRecord, read_record

LEADS = ROOT / "deployments" / "demo" / "sample_leads.csv"
WEEKS = 8
ARRIVAL_TIME = timedelta(weeks=3)
"""The leads of the file come in over this time, not all at once."""
READY_SECONDS = 240.0


def demo(console: Console, file: Path = LEADS) -> None:
    """Play eight weeks that end now. A second time there is nothing new, and the same table is shown."""
    web, prefect = _running_stack(console)
    address, _ = database_address()
    os.environ["TEND_DATABASE_URL"], os.environ["TEND_WEB_URL"] = address, web
    from deployments.demo.show import show
    from deployments.demo.simulation import pause_clocks

    _refuse_real_mailer(prefect)
    console.print("[bold]1[/]  The clock of the stack pauses; the demo moves the time. This takes some minutes.")
    with pause_clocks():
        _play(console, file)
    console.print("[bold]3[/]  The clock goes on in real time.\n")
    show(console, web, prefect)


def _play(console: Console, file: Path) -> None:
    from deployments.demo.arrivals import schedule_arrivals
    from deployments.demo.simulation import Simulation

    end = datetime.now(UTC)
    simulation = Simulation(end - timedelta(weeks=WEEKS))
    planned = schedule_arrivals(simulation, file, ARRIVAL_TIME)
    if not planned:
        console.print(f"[bold]2[/]  All leads of {file.name} are in the database already: nothing new happens.")
        return
    title = f"[bold]2[/]  {planned} leads of {file.name} come in, and {WEEKS} weeks pass"
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("day {task.fields[day]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(title, total=timedelta(weeks=WEEKS).total_seconds(), day=0)
        begin = simulation.now
        for passed in simulation.run_until(end):
            progress.update(bar, advance=passed.total_seconds(), day=(simulation.now - begin).days)


def _running_stack(console: Console) -> tuple[str, str]:
    """The addresses of web and Prefect, of the stack that runs or of one that is started now and stays."""
    record = read_record()
    if record is None or not _answers(f"{record.web}/health"):
        console.print("Nothing runs here yet: starting it (./tend logs up shows its output, ./tend down ends it).")
        record = _start_stack()
    return record.web, record.prefect


def _start_stack() -> StackRecord:
    log = (LOGS / "up.log").open("ab") if LOGS.is_dir() else subprocess.DEVNULL
    up = subprocess.Popen(
        [sys.executable, "-m", "deployments.command_line", "up"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and up.poll() is None:
        record = read_record()
        if record is not None and any(child.name == "clock" for child in record.children):
            return record
        time.sleep(0.5)
    raise CommandError("It did not start. Run ./tend up in this terminal: it says why.")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def _refuse_real_mailer(prefect: str) -> None:
    """Invented people must not be sent real mails."""
    try:
        found = httpx.get(f"{prefect}/api/variables/name/mailer", timeout=5)
    except httpx.HTTPError as error:
        raise CommandError(f"Prefect does not answer at {prefect} ({error}); ./tend status shows what runs.") from None
    if found.status_code == 200 and not str(found.json()["value"]).startswith("local-mailbox"):
        raise CommandError(
            f"The Prefect variable `mailer` is {found.json()['value']!r}, so the demo would send real mails to "
            "invented people. Delete the variable in Prefect's UI, or run the demo in another checkout."
        )
