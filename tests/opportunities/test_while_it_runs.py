"""The report runs while a file of deals is imported: each run counts whole batches, and the last one counts all."""

import csv
import os
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from flows.operations.leads.import_opportunities import begin_opportunity_import
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.reports import report, reported

DEALS = int(os.environ.get("TEND_TEST_DEALS", "240"))
BATCHES = 4
HEADER = ("opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "value")


@pytest.fixture(autouse=True)
def database(database_url: str) -> None:
    apply_playbook()


def a_file(folder: Path, count: int) -> Path:
    chance, path = Random(7), folder / "deals.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(count):
            opened = date(2025, 1, 1) + timedelta(days=chance.randrange(400))
            stage = chance.choice(("Won", "Lost", "Engaging"))
            closed = "" if stage == "Engaging" else opened + timedelta(days=chance.randrange(60))
            account = f"Account {chance.randrange(count // 10)}"
            value = chance.randrange(10_000) if stage == "Won" else ""
            writer.writerow(
                (number, f"Rep {number % 30}", f"Product {number % 7}", account, stage, opened, closed, value)
            )
    return path


def counted(measure: str) -> int:
    [row] = rows(
        "SELECT coalesce(sum(count), 0)::int AS number FROM kpi_daily WHERE known_until IS NULL AND dimension = 'all' "
        "AND team_id = 0 AND measure = :measure",
        measure=measure,
    )
    return row.number


def test_runs_during_an_import_count_whole_batches_and_the_last_one_all_of_it(tmp_path: Path) -> None:
    start = begin_opportunity_import(a_file(tmp_path, DEALS), "csv")
    deals = [row for part in start.parts() for row in part]
    size = DEALS // BATCHES
    start.store(deals[:size])
    failed: list[BaseException] = []

    def take_the_rest() -> None:
        try:
            for place in range(size, DEALS, size):
                start.store(deals[place : place + size])
        except BaseException as error:  # told by the test
            failed.append(error)

    importing = threading.Thread(target=take_the_rest)
    importing.start()
    seen = []
    while importing.is_alive():
        report(datetime.now(UTC))
        seen.append(counted("opportunity"))
    importing.join()
    assert not failed
    assert seen == sorted(seen)
    report(datetime.now(UTC))
    assert (counted("opportunity"), counted("won") + counted("lost")) == (
        DEALS,
        len(rows("SELECT FROM opportunity WHERE stage <> 'open'")),
    )
    found = reported()
    report(datetime.now(UTC), full=True)
    assert reported() == found
