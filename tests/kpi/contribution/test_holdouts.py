"""Who was drawn onto a journey and who was kept off it, and what they did in the time that the playbook gives."""

from datetime import date
from typing import Any

import pytest

from models.splits import HELD_OUT, ON_THE_JOURNEY
from tests.support.contribution import (
    DAY,
    HOUR,
    a_lead,
    a_talk,
    an_order,
    count_contribution,
    reported,
    without_versions,
)
from tests.support.database import write
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook

COUNTED = "day, share, variant, within_days, contacts, connected, ordered"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()
    a_holdout()


def a_holdout() -> None:
    write(
        "INSERT INTO split_test (name, journey, weights, is_holdout, started_at) "
        "VALUES ('welcome holdout', 'welcome', '{\"held out\": 0.1, \"on the journey\": 0.9}', true, :at)",
        at=NOON,
    )


def a_draw(who: str, variant: str, at: Any = NOON, how: str = "drawn", share: float = 0.1) -> int:
    contact = a_lead(f"{who}@example.com")
    write(
        "INSERT INTO split_draw (test, contact_id, variant, how, weights, at) VALUES ('welcome holdout', :contact, "
        ":variant, :how, jsonb_build_object('held out', CAST(:share AS float), 'on the journey', 1 - :share), :at)",
        **{"contact": contact, "variant": variant, "how": how, "share": share, "at": at},
    )
    return contact


def test_each_day_of_draws_says_what_became_of_both_sides() -> None:
    on, off = a_draw("ann", ON_THE_JOURNEY), a_draw("bob", HELD_OUT)
    a_draw("eve", ON_THE_JOURNEY)
    a_draw("again", ON_THE_JOURNEY, how="redrawn")
    a_talk(on, NOON + DAY)
    an_order(off, NOON + 28 * DAY)
    an_order(on, NOON + 28 * DAY + HOUR)
    count_contribution(NOON + 60 * DAY)
    monday = date(2026, 3, 2)
    assert reported("kpi_holdout", COUNTED) == [
        (monday, "0.1", HELD_OUT, 28, 1, 0, 1),
        (monday, "0.1", ON_THE_JOURNEY, 28, 2, 1, 0),
    ]


def test_draws_by_another_share_stand_apart() -> None:
    a_draw("ann", HELD_OUT)
    a_draw("bob", HELD_OUT, share=0.05)
    count_contribution(NOON + 60 * DAY)
    assert reported("kpi_holdout", "share, contacts") == [("0.05", 1), ("0.1", 1)]


def test_an_ordinary_split_test_is_no_holdout() -> None:
    write("UPDATE split_test SET is_holdout = false")
    a_draw("ann", HELD_OUT)
    count_contribution(NOON + 60 * DAY)
    assert reported("kpi_holdout", COUNTED) == []


def test_the_next_run_counts_new_draws_and_old_ones_whose_contact_ordered() -> None:
    first = NOON + 20 * DAY
    old = a_draw("ann", ON_THE_JOURNEY)
    a_draw("bob", HELD_OUT, NOON + 9 * DAY)
    count_contribution(first)
    an_order(old, first + HOUR)
    new = a_draw("eve", HELD_OUT, first + 2 * HOUR)
    *_, holdouts, _ = count_contribution(first + DAY, before=first, contacts=[old, new])
    assert (holdouts.closed, holdouts.added) == (1, 2)
    nightly = without_versions("kpi_holdout")
    count_contribution(first + 2 * DAY)
    assert without_versions("kpi_holdout") == nightly
