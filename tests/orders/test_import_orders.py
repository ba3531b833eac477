"""A shop's past, imported from its own export: it counts on its days, and nobody hears of it."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.runtime.prefect_flow import discover
from models.database import engine
from models.leads.imports.lead_import import ImportResult, import_file
from models.leads.rejected_lead import repair_lead
from models.playbook.reading.check import faults
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.scoring import run_nightly_decay
from tests.support.story import Story

WEEK = timedelta(weeks=1)
SHOPIFY = (
    *("Name", "Email", "Financial Status", "Currency", "Subtotal", "Total", "Created at", "Lineitem quantity"),
    *("Lineitem name", "Lineitem sku", "Billing Name", "Billing City", "Phone", "Refunded Amount"),
)
WOOCOMMERCE = ("Order Number", "Order Date", "Email (Billing)", "Order Total Amount", "Item Name", "City (Billing)")


@pytest.fixture
def story(database_url: str) -> Story:
    apply_playbook()
    now = datetime.now(UTC)
    return Story(discover(), now=now, begin=now)


def import_rows(path: Path, columns: Sequence[str], *rows: Sequence[Any]) -> ImportResult:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return sum(import_file(path, "shop"), ImportResult())


def shopify(number: int, email: str, at: datetime, total: Any = "190.00", sku: str = "strategy-session") -> list[Any]:
    moment = f"{at:%Y-%m-%d %H:%M:%S %z}"
    return [f"#{number}", email, "paid", "USD", total, total, moment, 1, "A name", sku, "Ann Lee", "Portland", "", ""]


def stored(story: Story) -> list[tuple[Any, ...]]:
    found = story.rows('SELECT reference, amount, refunded, currency, amount_from FROM "order" ORDER BY reference')
    return [tuple(row) for row in found]


def test_two_years_of_orders_send_not_one_mail(story: Story, tmp_path: Path) -> None:
    days = range(3, 730, 7)
    past = [
        shopify(1000 + day, f"customer{day % 40}@example.com", story.now - timedelta(days=day), "4,800.00")
        for day in days
    ]
    found = import_rows(tmp_path / "orders.csv", SHOPIFY, *past)
    assert (found.read, found.history, found.rejected) == (len(days), len(days), 0)
    story.happens("page_visited", contact=story.contact("somebody@example.com"))
    for _ in range(12):
        story.pass_time(WEEK)
        run_nightly_decay(story.now)
    for table in ("message", "task", "journey_run", "follow_up", "placement", "assignment"):
        assert story.one(f"SELECT count(*) FROM {table}") == 0, table
    assert story.one('SELECT count(*) FROM "order"') == len(days)
    assert story.one("SELECT count(*) FROM contact WHERE stage = 'customer'") == 40
    assert story.one('SELECT min(placed_at)::date FROM "order"') == (story.begin - timedelta(days=max(days))).date()
    names = "('order_placed', 'score_rose', 'score_fell')"
    assert story.one(f"SELECT bool_and(is_history) FROM event WHERE name IN {names}")


def test_an_order_of_yesterday_is_looked_after(story: Story, tmp_path: Path) -> None:
    yesterday = story.now - timedelta(days=1)
    assert import_rows(tmp_path / "orders.csv", SHOPIFY, shopify(1, "ann@example.com", yesterday)).history == 0
    story.happens("page_visited", contact=story.contact("somebody@example.com"))
    journeys = [journey for journey, _ in story.runs(story.one('SELECT contact_id FROM "order"'))]
    assert journeys == ["customer_care", "thank_you_note"]


def test_the_export_is_read_with_its_lines_refunds_and_customers(story: Story, tmp_path: Path) -> None:
    at = story.now - timedelta(days=30)
    order = shopify(1001, "ann@example.com", at, "$1,200.00", "GROWTH-PROGRAMME")
    second_line = [*order[:4], "", "", order[6], *order[7:10], "", "", "", ""]
    refunded = [*shopify(1002, "bob@example.com", at)[:-1], "90.00"]
    unpriced = shopify(1003, "bob@example.com", at, "")
    path = tmp_path / "orders.csv"
    found = import_rows(path, SHOPIFY, order, second_line, refunded, unpriced)
    assert (found.created, found.enriched, found.seen_before) == (2, 1, 1)
    assert sum(import_file(path, "shop"), ImportResult()).seen_before == 4
    story.happens("page_visited", contact=story.contact("somebody@example.com"))
    assert stored(story) == [
        ("#1001", 1200, 0, "USD", "the order"),
        ("#1002", 190, 90, "USD", "the order"),
        ("#1003", 190, 0, "USD", "list price"),
    ]
    assert story.rows("SELECT first_name, city FROM contact WHERE email = 'ann@example.com'") == [("Ann", "Portland")]
    assert story.one("SELECT topic FROM event WHERE data ->> 'reference' = '#1001'") == "growth-programme"


def test_another_shop_calls_it_otherwise(story: Story, tmp_path: Path) -> None:
    row = ["77", "2025-02-28 14:30", "ann@example.com", "4800", "12-Week Growth Programme", "Boston"]
    assert import_rows(tmp_path / "orders.csv", WOOCOMMERCE, row).history == 1
    story.happens("page_visited", contact=story.contact("somebody@example.com"))
    assert stored(story) == [("77", 4800, 0, "USD", "the order")]


def test_a_row_with_an_amount_or_a_day_that_cannot_be_read_waits_for_a_person(story: Story, tmp_path: Path) -> None:
    good = shopify(1, "ann@example.com", story.now - WEEK)
    bad_amount, bad_day = list(good), list(good)
    bad_amount[0], bad_amount[5], bad_day[0], bad_day[6] = "#2", "a lot", "#3", "last spring"
    found = import_rows(tmp_path / "orders.csv", SHOPIFY, good, bad_amount, bad_day)
    assert (found.created, found.rejected) == (1, 2)
    [number, received] = story.rows("SELECT id, received_at FROM rejected_lead ORDER BY id")[0]
    with engine().begin() as connection:
        repair_lead(connection, number, "shop", dict(zip(SHOPIFY, good, strict=True)) | {"Name": "#2"}, received)
    story.happens("page_visited", contact=story.contact("somebody@example.com"))
    assert [reference for reference, *_ in stored(story)] == ["#1", "#2"]


def test_a_row_below_zero_is_a_refund_and_orders_without_days_are_of_the_past(story: Story, tmp_path: Path) -> None:
    columns = ("email", "order id", "amount")
    rows = (("ann@example.com", "1", "190"), ("ann@example.com", "1", "-40"), ("ann@example.com", "1", "-50"))
    assert import_rows(tmp_path / "orders.csv", columns, *rows).history == 3
    story.happens("page_visited", contact=story.contact("somebody@example.com"))
    assert stored(story) == [("1", 190, 90, "USD", "the order")]


def test_nobody_but_the_shop_may_post_orders() -> None:
    playbook = the_shipped_playbook()
    shop = playbook.sources["shop"].model_copy(update={"public": True})
    opened = playbook.model_copy(update={"sources": {**playbook.sources, "shop": shop}})
    assert "anybody could post orders" in str(list(faults(opened, set())))
