"""What the idle stack costs: CPU and memory of each process over a while.

./tend up                                           (in another terminal; let it settle for a minute)
.venv/bin/python -m bench.idle [--seconds 60]
"""

import argparse
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from bench.flow_runs import flow_run_table
from deployments.stack.stack_record import StackRecord, read_record


@dataclass(frozen=True)
class Cost:
    """What a process and all its children use; CPU in seconds since they began, memory in bytes."""

    cpu: float
    resident: int
    own: int
    """Proportional share: memory that Postgres' processes have in common is counted once."""


def main() -> None:
    """Look twice, and show the difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    record = read_record()
    if record is None or record.supervisor.process() is None:
        raise SystemExit("No stack runs in this checkout: start it with ./tend up.")
    processes = _processes(record)
    began = datetime.now(UTC)
    before = {name: _cost(*found) for name, found in processes.items()}
    time.sleep(seconds)
    after = {name: _cost(*found) for name, found in processes.items()}
    with httpx.Client() as client:
        runs = flow_run_table(f"{record.prefect}/api", client, began, seconds)
    Console().print(_table(before, after, seconds), runs)


def _processes(record: StackRecord) -> dict[str, tuple[psutil.Process, bool]]:
    """Name -> process, and whether its children count with it: those of `up` have rows of their own."""
    found = [(one, one is not record.supervisor) for one in (record.supervisor, *record.children)]
    return {one.name: (process, family) for one, family in found if (process := one.process())}


def _cost(process: psutil.Process, family: bool) -> Cost:
    members = [process, *(process.children(recursive=True) if family else ())]
    costs = [cost for member in members if (cost := _cost_of_one(member))]
    return Cost(sum(one.cpu for one in costs), sum(one.resident for one in costs), sum(one.own for one in costs))


def _cost_of_one(process: psutil.Process) -> Cost | None:
    """None for one that has just ended."""
    try:
        times, memory = process.cpu_times(), process.memory_full_info()
    except psutil.NoSuchProcess:
        return None
    # Children that have ended and been waited for still count: workers start processes for a moment.
    spent = times.user + times.system + times.children_user + times.children_system
    return Cost(spent, memory.rss, getattr(memory, "pss", memory.uss))


def _table(before: dict[str, Cost], after: dict[str, Cost], seconds: float) -> Table:
    table = Table("process", "CPU", "RSS", "own share", title=f"the stack over {seconds:.0f} s")
    for name, cost in after.items():
        table.add_row(name, *_figures((cost.cpu - before[name].cpu) / seconds, cost.resident, cost.own))
    table.add_section()
    spent = sum(cost.cpu - before[name].cpu for name, cost in after.items()) / seconds
    resident, own = (sum(getattr(cost, kind) for cost in after.values()) for kind in ("resident", "own"))
    table.add_row("all", *_figures(spent, resident, own))
    return table


def _figures(share: float, resident: int, own: int) -> tuple[str, str, str]:
    return f"{share:.1%}", f"{resident / 2**20:,.0f} MB", f"{own / 2**20:,.0f} MB"


if __name__ == "__main__":
    main()
