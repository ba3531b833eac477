"""Schedules the leads of the sample file over the weeks of the demo: most of them early, so that their end is seen."""

import random
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from deployments.demo.simulation import STEP, Simulation
from models.leads.files.csv_file import read_rows
from models.leads.imports.lead_import import store_rows

LATE_SHARE = 0.2
"""Of the leads, come at any time: some are new at the end, and tasks about them are open."""


def schedule_arrivals(simulation: Simulation, file: Path, end: datetime) -> int:
    """Schedule every row, most of them in the first half of the time until `end`; returns how many."""
    draw = random.Random("arrivals")
    rows = [row for part in read_rows(file) for row in part]
    time = end - simulation.now
    for row in rows:
        within = time if draw.random() < LATE_SHARE else time / 2
        # Just before journeys move, so that nobody waits for the answer because the demo takes large steps.
        step = simulation.now + STEP * draw.randint(1, within // STEP)
        simulation.schedule(step - timedelta(minutes=2) * draw.random(), partial(store_rows, [row], None, None))
    return len(rows)
