"""Counts the flow runs that Prefect was given in a stretch of time."""

from collections import Counter
from datetime import datetime
from typing import Any

import httpx
from rich.table import Table

PAGE = 200
"""The most that Prefect gives at once."""


def flow_run_table(api: str, client: httpx.Client, since: datetime, seconds: float) -> Table:
    """Per flow: how many in all, on average, and in the busiest second."""
    runs = _flow_runs(api, client, since)
    table = Table("flow", "flow runs", "per second", "most in one second", title="flow runs meanwhile")
    for flow in sorted({flow for flow, _ in runs}):
        counts = [count for (name, _), count in runs.items() if name == flow]
        table.add_row(flow, str(sum(counts)), f"{sum(counts) / seconds:.2f}", str(max(counts)))
    if not runs:
        table.add_row("none", "0", "0", "0")
    return table


def _flow_runs(api: str, client: httpx.Client, since: datetime) -> Counter[tuple[str, str]]:
    """(flow, second in which it started) -> runs."""
    names = {flow["id"]: flow["name"] for flow in _read_all(api, client, "flows", {})}
    started = {"flow_runs": {"start_time": {"after_": since.isoformat()}}}
    runs = _read_all(api, client, "flow_runs", started)
    return Counter((names[run["flow_id"]], run["start_time"][:19]) for run in runs)


def _read_all(api: str, client: httpx.Client, kind: str, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = client.post(f"{api}/{kind}/filter", json=chosen | {"limit": PAGE, "offset": len(found)})
        page = answer.raise_for_status().json()
        found += page
        if len(page) < PAGE:
            return found
