"""The rate that scores should fade at, from the time that buyers took."""

import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from rich.console import Console
from sqlalchemy import Connection

from deployments.commands.scoring.decay_rate import decay_rate, rate_for
from deployments.stack.command_error import CommandError
from models import Order
from models.orders.time_to_buy import time_to_buy
from models.scoring.decay import factors, worth
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, add, an_event

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def a_buyer(number: int, took: timedelta, **order: object) -> None:
    contact = a_contact(email=f"buyer{number}@example.com", created_at=BEGIN + DAY)
    an_event(contact, "form_submitted", "ebook", at=BEGIN)
    placed = BEGIN + took
    event = an_event(contact, "order_placed", at=placed)
    add(Order, contact_id=contact, event_id=event, amount=190, currency="USD", placed_at=placed, **order)


def told() -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    decay_rate(console)
    return console.export_text()


@pytest.mark.parametrize(("days", "rate"), [(23, "0.030"), (7, "0.094"), (90, "0.008"), (2000, "0.001"), (0, "0.9")])
def test_half_of_a_score_is_gone_after_the_time_to_buy(days: int, rate: str) -> None:
    assert rate_for(timedelta(days=days)) == Decimal(rate)
    if 1 < days < 100:
        assert abs(worth(Decimal(100), days, factors(Decimal(rate))) - 50) < 3


def test_it_is_measured_from_the_first_event_to_the_first_order_that_stands(connection: Connection) -> None:
    for number, days in enumerate((10, 20, 30)):
        a_buyer(number, days * DAY)
    a_buyer(8, 99 * DAY, cancelled_at=BEGIN)
    a_buyer(9, 0 * DAY)

    found = time_to_buy(connection)
    assert (found.buyers, found.unknown_before) == (3, 1)
    assert (found.lower, found.median, found.upper, found.mean) == (15 * DAY, 20 * DAY, 25 * DAY, 20 * DAY)


@pytest.mark.usefixtures("database_url")
def test_the_rate_is_proposed_with_what_it_leaves_and_a_line_to_paste() -> None:
    apply_playbook()
    for number in range(21):
        a_buyer(number, (13 + number) * DAY)

    shown = told()
    assert "21 buyers" in shown
    assert "  decay: 3%" in shown
    assert "1 - 0.5 ** (1 / 23.0 days)" in shown
    assert any(line.split()[1:3] == ["now", "│"] and " 40 " in line for line in shown.splitlines())
    assert "21 leads, those who have not bought yet counted" in shown
    assert "Half of all leads buy within 23.0 days (" in " ".join(shown.split())


@pytest.mark.usefixtures("database_url")
def test_who_has_not_bought_yet_makes_the_rate_lower_and_half_of_all_is_said_not_to_buy() -> None:
    apply_playbook()
    for number in range(24):
        a_buyer(number, (10 + number) * DAY)
    now = datetime.now(UTC)
    for number in range(60):
        known_for = (5 + 2 * number if number < 40 else 80) * DAY
        contact = a_contact(email=f"waiting{number}@example.com", created_at=now - known_for)
        an_event(contact, "form_submitted", "ebook", at=now - known_for)

    shown = " ".join(told().split())

    assert "84 leads, those who have not bought yet counted (Kaplan-Meier, 95% confidence)" in shown
    assert "so there is no time by which half of all buy; of those who do, half buy within" in shown
    assert "24 buyers alone took a median of 21.0 days (" in shown
    assert "is not among them" in shown
    proposed, alone = (float(re.search(rf"{name} │ ([\d.]+)%", shown)[1]) for name in ("proposed", "by buyers alone"))  # type: ignore[index]
    assert proposed < alone == 3.2


@pytest.mark.usefixtures("database_url")
def test_of_too_few_buyers_it_says_the_range_and_proposes_nothing() -> None:
    apply_playbook()
    for number, days in enumerate((7, 14, 21)):
        a_buyer(number, days * DAY)

    shown = told()
    assert "too few to propose a rate" in shown
    assert "between 3.9% and 6.4% a day" in " ".join(shown.split())
    assert "decay:" not in shown


@pytest.mark.usefixtures("database_url")
def test_without_buyers_or_a_playbook_it_is_refused_in_a_sentence() -> None:
    with pytest.raises(CommandError, match="No playbook"):
        told()
    apply_playbook()
    with pytest.raises(CommandError, match="Nobody has bought"):
        told()


def test_without_a_database_it_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(CommandError, match="The database takes no connections"):
        told()
