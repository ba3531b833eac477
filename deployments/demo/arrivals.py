"""Schedules the leads of the sample file over the first weeks of the demo."""

import random
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import text

from deployments.demo.simulation import STEP, Simulation
from flows.operations.leads.import_leads import store_rows
from models.database import engine
from models.leads.csv_file import read_rows

KNOWN = text("SELECT key FROM event WHERE key IS NOT NULL AND name IN ('form_submitted', 'lead_imported')")


def schedule_arrivals(simulation: Simulation, file: Path, within: timedelta) -> int:
    """Schedule every row that is not in the database yet; returns how many."""
    draw = random.Random("arrivals")
    with engine().connect() as connection:
        known = set(connection.execute(KNOWN).scalars())
    rows = [row for part in read_rows(file) for row in part]
    new = [row for row in rows if f"{row['source']}:{row['event_id']}" not in known]
    for row in new:
        # Just before journeys move, so that nobody waits for the answer because the demo takes large steps.
        step = simulation.now + STEP * draw.randint(1, within // STEP)
        simulation.schedule(step - timedelta(minutes=2) * draw.random(), partial(store_rows, [row], None, None))
    return len(new)
