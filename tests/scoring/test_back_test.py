"""The back-test: made-up pasts with known answers, the same scores as the definition gives, and nothing changed."""

import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from deployments.commands.scoring.back_test import run_back_test
from deployments.commands.scoring.back_test_report import band_edges, closing_by_band
from deployments.stack.command_error import CommandError
from models import Order
from models.database import engine
from models.playbook import apply, load
from models.playbook.scoring import ScoreRule, Scoring, Threshold
from models.scoring.back_test import BackTestData, back_test, score_history
from models.scoring.decay import factors, worth
from tests.support.database import rows
from tests.support.playbook import SHIPPED
from tests.support.web_pages import a_contact, add, an_event

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = (
    ScoreRule(name="form", points=Decimal(10), on=("form_submitted",)),
    ScoreRule(name="click", points=Decimal(4), on=("link_clicked",), at_most=Decimal(10)),
    ScoreRule(name="left", points=Decimal(-20), on=("unsubscribed",)),
)


def scoring(hot: int = 20, decay: str = "0.03") -> Scoring:
    return Scoring.model_construct(
        decay=Decimal(decay), rules=RULES, thresholds=(Threshold(name="hot", score=Decimal(hot)),)
    )


def day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def history(
    entries: list[tuple[int, int, int]], bought: dict[int, int] | None = None, contacts: int = 1
) -> BackTestData:
    """Entries (contact, place of the rule, day since BEGIN), and when contacts bought, in days since BEGIN."""
    bought = bought or {}
    points = {place: rule.points for place, rule in enumerate(RULES)}
    told = [
        {
            "contact": contact,
            "rule": rule,
            "cents": int(points[rule] * 100),
            "at": BEGIN + day * DAY,
            "day": day_number((BEGIN + day * DAY).date()),
            "decays": True,
        }
        for contact, rule, day in entries
    ]
    orders = [BEGIN + bought[each] * DAY if each in bought else None for each in range(1, contacts + 1)]
    leads = pd.DataFrame({"contact": range(1, contacts + 1), "seen_at": BEGIN, "bought_at": orders})
    leads["seen_at"] = pd.to_datetime(leads["seen_at"], utc=True)
    leads["bought_at"] = pd.to_datetime(leads["bought_at"], utc=True)
    midnights = pd.date_range(BEGIN.date(), periods=71, tz="UTC")
    nights = pd.DataFrame({"at": midnights, "day": [day_number(each.date()) for each in midnights]})
    columns = ["contact", "rule", "cents", "at", "day", "decays"]
    kinds = {"at": "datetime64[us, UTC]", "contact": "int64", "rule": "int64", "cents": "int64", "day": "int64"}
    asked = pd.DataFrame(told, columns=columns).astype(kinds | {"decays": "bool"})
    return BackTestData(leads, asked, nights, pd.Timestamp(BEGIN + 70 * DAY))


def test_a_lead_is_hot_at_the_event_that_lifts_it_over_the_threshold() -> None:
    test = back_test(history([(1, 0, 0), (1, 0, 1), (1, 0, 2)]), scoring())

    assert dict(test.hot_at["hot"]) == {1: pd.Timestamp(BEGIN + 2 * DAY)}  # 10 + 9.70 are not 20
    assert test.leads.loc[1, "peak"] == 29.11


def test_what_happens_at_or_after_the_order_is_no_reason_for_having_called() -> None:
    late = history([(1, 0, 0), (1, 0, 1), (1, 0, 1)], bought={1: 1})
    early = history([(1, 0, 0), (1, 0, 0), (1, 0, 9)], bought={1: 7})

    assert len(back_test(late, scoring()).hot_at["hot"]) == 0
    [result] = back_test(early, scoring()).results
    assert (result.hot, result.hot_bought, result.median_lead_time) == (1, 1, 7 * DAY)


def test_a_rule_makes_up_no_more_than_its_cap() -> None:
    assert back_test(history([(1, 1, 0)] * 9), scoring(hot=11)).leads.loc[1, "peak"] == 10


def test_a_score_that_bad_points_hold_down_rises_overnight() -> None:
    # Points that stay, less 20 that fade: 10 on the first day, 15 once a quarter of the 20 is gone.
    past = history([(1, 0, 0), (1, 0, 0), (1, 0, 0), (1, 2, 0)])
    past.entries["decays"] = past.entries["cents"] < 0

    assert dict(back_test(past, scoring(hot=31)).hot_at["hot"]) == {}
    assert dict(back_test(past, scoring(hot=15)).hot_at["hot"]) == {1: pd.Timestamp("2026-03-12", tz="UTC")}


def test_a_past_too_large_for_the_memory_is_scored_in_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    past = history([(contact, rule, contact) for contact in range(1, 10) for rule in (0, 0, 0, 2)], {5: 40}, 10)
    past.entries["decays"] = past.entries["cents"] < 0
    whole = back_test(past, scoring(hot=15))
    monkeypatch.setattr("models.scoring.back_test.MOMENTS_PER_BATCH", 150)
    shares = back_test(past, scoring(hot=15))
    assert shares.results == whole.results
    assert shares.results[0].hot == 9
    pd.testing.assert_frame_equal(shares.leads, whole.leads)


def test_closing_rates_above_and_below_and_the_calls_that_they_cost() -> None:
    # 1 and 2 are hot and 1 buys; 3 and 4 are not and 4 buys; 5 does nothing.
    past = history([(1, 0, 0), (1, 0, 0), (2, 0, 0), (2, 0, 0), (3, 0, 0), (4, 1, 0)], {1: 5, 4: 9}, contacts=5)
    [result] = back_test(past, scoring()).results

    assert (result.leads, result.hot, result.bought) == (5, 2, 2)
    assert (result.hot_close_rate, result.other_close_rate, result.buyer_recall) == (1 / 2, 1 / 3, 1 / 2)
    assert result.calls_a_week == 2 / 10


def test_without_leads_over_the_threshold_there_is_no_closing_rate() -> None:
    [result] = back_test(history([]), scoring()).results
    assert (result.hot_close_rate, result.other_close_rate, result.buyer_recall) == (None, 0, None)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 60)), max_size=30),
    st.sampled_from(["0", "0.001", "0.03", "0.5", "0.9"]),
)
def test_the_scores_are_those_of_the_definition_to_the_cent(entries: list[tuple[int, int, int]], rate: str) -> None:
    asked = scoring(decay=rate)
    left = factors(asked.decay)

    def by_definition(contact: int, at: datetime) -> Decimal:
        total = Decimal(0)
        for place, rule in enumerate(RULES):
            mine = [day for who, which, day in entries if (who, which) == (contact, place) and BEGIN + day * DAY <= at]
            ages = [(at.date() - (BEGIN + day * DAY).date()).days for day in mine]
            summed = sum((worth(rule.points, age, left) for age in ages), Decimal(0))
            total += min(summed, rule.at_most) if rule.at_most else summed
        return total

    for row in score_history(history(entries, contacts=3), asked).itertuples():
        assert Decimal(row.cents) / 100 == by_definition(row.contact, row.at.to_pydatetime())


def test_bands_are_round_and_their_closing_rates_add_up() -> None:
    leads = pd.DataFrame({"peak": [0.0, 5.0, 35.0, 35.0, 72.0], "bought_at": [pd.NaT, pd.NaT, pd.NaT, BEGIN, BEGIN]})
    edges = band_edges([leads["peak"]])

    assert [float(each) for each in edges[:-1]] == [0, 10, 20, 30, 40, 50, 60, 70]
    assert closing_by_band(leads, edges) == ([0, 0, 0, 0.5, 0, 0, 0, 1], [2, 0, 0, 2, 0, 0, 0, 1])


def a_playbook(path: Path, **parts: Any) -> Path:
    """The shipped playbook with other scores, as a file."""
    document = load(SHIPPED).model_dump(mode="json")
    path.write_text(json.dumps(document | {"scoring": parts}, indent=1), encoding="utf-8")
    return path


@pytest.fixture
def business(database_url: str, tmp_path: Path) -> None:
    """In force: 5 points for a form, hot at 8. Ann fills in two forms and buys, Bob one; Eve buys at once."""
    form = [{"name": "form", "points": 5, "on": ["form_submitted"]}]
    hot = [{"name": "hot", "score": 8}]
    with engine().begin() as connection:
        apply(connection, load(a_playbook(tmp_path / "in_force.yaml", rules=form, thresholds=hot)))
    ann, bob, eve = (a_contact(email=f"{name}@example.com", created_at=BEGIN) for name in ("ann", "bob", "eve"))
    for contact, days in ((ann, (0, 1)), (bob, (0,))):
        for day in days:
            an_event(contact, "form_submitted", "ebook", at=BEGIN + day * DAY)
    for contact, day in ((ann, 10), (eve, 0)):
        order = an_event(contact, "order_placed", at=BEGIN + day * DAY)
        add(Order, contact_id=contact, event_id=order, amount=190, currency="USD", placed_at=BEGIN + day * DAY)


def told(path: Path, html: Path, since: datetime | None = None) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    run_back_test(path, since, html, console)
    return console.export_text()


@pytest.mark.usefixtures("business")
def test_both_playbooks_stand_beside_each_other_and_nothing_is_changed(tmp_path: Path) -> None:
    rules = [
        {"name": "form", "points": 10, "on": ["form_submitted"], "counts": "once"},
        {"name": "customers", "points": 50, "when": 'stage == "customer"'},
        {"name": "without a future", "points": 50, "when": "probability is None"},
    ]
    tried = a_playbook(tmp_path / "tried.yaml", rules=rules, thresholds=[{"name": "hot", "score": 8}])
    before = rows("SELECT * FROM contact, score_entry"), rows("SELECT * FROM playbook")
    html = tmp_path / "report.html"

    shown = told(tried, html)

    assert "2 leads in" in shown  # who bought at once was no lead
    lines = [line.split() for line in shown.splitlines() if re.match(" *(in force|tried) +hot ", line)]
    assert lines[0][:5] == ["in", "force", "hot", "8", "1"]
    assert lines[0][6:] == ["100.0%", "(21-100)", "0.0%", "(0-79)", "100.0%", "(21-100)", "9.0", "d"]
    assert lines[1][:4] == ["tried", "hot", "8", "2"]
    assert "rule “customers”. It looks at stage" in " ".join(shown.split())
    assert "rule “without a future”. It looks at probability" in " ".join(shown.split())
    assert (rows("SELECT * FROM contact, score_entry"), rows("SELECT * FROM playbook")) == before
    page = html.read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    assert "Ana Ribeiro" in page


@pytest.mark.usefixtures("business")
def test_a_bad_playbook_is_refused_with_its_lines(tmp_path: Path) -> None:
    rules = [{"name": "form", "points": 0, "on": ["form_submitted"]}]
    bad = a_playbook(tmp_path / "bad.yaml", rules=rules)

    with pytest.raises(CommandError, match=r"bad\.yaml, line \d+: scoring\.rules\[0\]\.points"):
        told(bad, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.usefixtures("business")
def test_only_leads_since_a_day_count(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There are no leads since 2026-03-20 to score"):
        told(SHIPPED, tmp_path / "report.html", since=datetime(2026, 3, 20, tzinfo=UTC))
