"""`tend demo`: eight weeks of a small business, played in an installation of its own; and its end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError

from deployments.demo.installation import (
    Ports,
    delete_installation,
    find_or_start_stack,
    is_played,
    is_there,
    lock_demo,
    mark_played,
    use_stack,
)
from deployments.stack.command_error import CommandError
from deployments.stack.paths import ROOT

LEADS = ROOT / "deployments" / "demo" / "sample_leads.csv"
WEEKS = 8
LEFT_TO_CLOCK = timedelta(hours=4)
"""Of the end of the eight weeks: the clock makes up for it in real time, by flow runs that Prefect shows."""

STACK_ENDED = "The demo's stack ended while it played (./tend --demo logs up). ./tend demo begins it anew."


def demo(console: Console, ports: Ports, file: Path = LEADS) -> None:
    """Play eight weeks that end now. A second time there is nothing new, and the same table is shown.

    A play that was interrupted is begun again from the start. Raises CommandError while another process plays.
    """
    with lock_demo():
        if is_there() and not is_played():
            console.print("An earlier demo came to no end: taking away what there is of it.")
            delete_installation()
        console.print("[bold]1[/]  The demo gets a stack of its own (./tend --demo logs up shows its output).")
        record = find_or_start_stack(ports)
        use_stack(record)
        _refuse_real_mailer(record.prefect)
        from deployments.demo.show import show

        if is_played():
            console.print("[bold]2[/]  The eight weeks have been played before: nothing new happens.\n")
        else:
            console.print(f"   Watch it at [cyan]{record.web}/[/]")
            try:
                play(console, file, datetime.now(UTC) - LEFT_TO_CLOCK)
            except (OperationalError, httpx.TransportError) as error:
                raise CommandError(STACK_ENDED) from error
            mark_played()
        show(console, record.web, record.prefect)


def play(console: Console, file: Path, end: datetime) -> None:
    """Let the weeks before `end` pass, then let Prefect run what it runs each night."""
    from deployments.demo.arrivals import schedule_arrivals
    from deployments.demo.prefect_runs import (
        pause_worker,
        run_nightly_flows,
        train_model,
        use_local_mailbox,
        wait_until_idle,
    )
    from deployments.demo.simulation import Simulation, pause_clocks
    from deployments.demo.spend import schedule_spend

    use_local_mailbox()
    begin = end - timedelta(weeks=WEEKS)
    with pause_worker(), pause_clocks():
        simulation = Simulation(begin)
        planned = schedule_arrivals(simulation, file, end)
        schedule_spend(simulation, end)
        title = f"[bold]2[/]  {planned} leads of {file.name} come in, and {WEEKS} weeks pass"
        columns = (
            *(TextColumn("{task.description}"), BarColumn()),
            *(TextColumn("day {task.fields[day]}"), TimeElapsedColumn()),
        )
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task(title, total=timedelta(weeks=WEEKS).total_seconds(), day=0)
            for passed in simulation.run_until(end):
                progress.update(bar, advance=passed.total_seconds(), day=(simulation.now - begin).days)
    console.print("[bold]3[/]  The clock goes on in real time, and the flows of the night run in Prefect.\n")
    train_model()
    run_nightly_flows()
    wait_until_idle()


def _refuse_real_mailer(prefect: str) -> None:
    """Invented people must not be sent real mails."""
    try:
        found = httpx.get(f"{prefect}/api/variables/name/mailer", timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        raise CommandError(
            f"Prefect does not answer at {prefect} ({error}); ./tend --demo status shows what runs."
        ) from None
    if found.status_code == 200 and not str(found.json()["value"]).startswith("local-mailbox"):
        raise CommandError(
            f"The Prefect variable `mailer` of the demo is {found.json()['value']!r}, which would send real mails to "
            "invented people. Delete the variable on the page Variables, or take the demo away: ./tend demo --remove."
        )
