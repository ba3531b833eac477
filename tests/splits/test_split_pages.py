"""The pages of split tests: what a sales manager reads there, and how a person chooses the winner."""

import csv
import re
from html import unescape
from io import StringIO
from pathlib import Path

import pytest

from models.splits.evaluation import lift_of
from models.wording import full_date
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.split_tests import DAY, NOW, a_contact, a_draw, a_test, apply_split_tests, decide, draw_many
from tests.support.web_pages import browser
from web.splits.interpretation import CONFIDENCE

BY_A_PERSON = "  invitation: {goal: call_connected, within: 4w, lift: 20%}"
HOLDOUT = '{"held out": 0.5, "on the journey": 0.5}'
CHOICE = {"variant": "b", "who": "Sarah", "reason": "customers like it", "sure": "true"}


@pytest.fixture
def clear(database_url: str, tmp_path: Path) -> None:
    """“b” is better than “a”, and a person decides."""
    apply_split_tests(tmp_path, BY_A_PERSON)
    a_test()
    draw_many("a", 400, 80, event="call_connected")
    draw_many("b", 400, 160, event="call_connected")


def words(page: str, after: str, before: str) -> str:
    """What a person reads between two headings."""
    part = page.partition(f"<h2>{after}</h2>")[2].partition(f"<h2>{before}</h2>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split())


def test_the_list_tells_of_each_test_where_it_stands(clear: None) -> None:
    a_test("new one")
    a_draw(a_contact(), "a", NOW - DAY, "new one")

    page = browser().get("/splits").text

    assert "Split tests" in page
    assert "<b>40.0%</b> <small>160 of 400, 35.3% to 44.9%" in page
    assert ">decided</span>" in page
    assert "no results yet, 1 on their way" in page


def test_the_page_says_in_words_what_the_figures_mean(clear: None) -> None:
    page = browser().get("/splits/invitation").text

    assert "“b” is better: “b” 40.0%, “a” 20.0%." in page
    assert "more get to the goal than with “a”." in page
    assert "The playbook leaves it to a person: choose the winner below." in page
    assert CONFIDENCE in page
    assert "160 of 400" in page
    assert page.count('role="img"') == 2
    assert "contacts per variant for somebody who looks once" in page
    assert "too few to say" not in page


def test_the_days_as_csv_end_with_what_the_page_shows(clear: None) -> None:
    answer = browser().get("/splits/invitation/daily.csv")

    lines = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert (lines[-1]["Variant"], lines[-1]["Contacts"], lines[-1]["Successes"]) == ("b", "400", "160")
    assert float(lines[-1]["Low"]) < float(lines[-1]["Rate"]) == 0.4 < float(lines[-1]["High"])
    assert 'filename="split-invitation.csv"' in answer.headers["content-disposition"]


def test_a_person_chooses_the_winner_and_the_page_says_who_and_why(clear: None) -> None:
    unsure = browser().post("/splits/invitation/winner", data=CHOICE | {"sure": ""})
    chosen = browser().post("/splits/invitation/winner", data=CHOICE)
    again = browser().post("/splits/invitation/winner", data=CHOICE | {"variant": "a"})

    assert (unsure.status_code, chosen.status_code, again.status_code) == (422, 303, 409)
    assert rows("SELECT winner, winner_by, winner_reason FROM split_test") == [("b", "Sarah", "customers like it")]
    page = browser().get(chosen.headers["location"]).text
    assert "All new contacts get “b” from now on; contacts on their way stay with theirs." in page
    assert "chosen by Sarah: customers like it." in page

    browser().post("/splits/invitation/reopen")
    assert rows("SELECT winner FROM split_test") == [(None,)]


def test_nobody_chooses_from_another_site_or_in_the_name_of_the_rule_or_what_is_not_there(clear: None) -> None:
    evil = browser().post("/splits/invitation/winner", data=CHOICE, headers={"sec-fetch-site": "cross-site"})
    nowhere = browser().post("/splits/nowhere/winner", data=CHOICE)
    nothing = browser().post("/splits/invitation/winner", data=CHOICE | {"variant": "c"})
    browser().get("/splits/invitation/winner")

    assert (evil.status_code, nowhere.status_code, nothing.status_code) == (403, 422, 422)
    assert rows("SELECT winner FROM split_test") == [(None,)]
    browser().post("/splits/invitation/winner", data=CHOICE | {"who": "Rule"})
    assert rows("SELECT winner_by FROM split_test") == [("a person",)]


def test_a_broken_split_is_said_first_and_no_difference_is_shown(database_url: str) -> None:
    apply_playbook()
    a_test("bad/split & more")
    draw_many("a", 500, 50, test="bad/split & more")
    draw_many("b", 640, 128, test="bad/split & more")

    page = browser().get("/splits/bad/split%20%26%20more").text

    assert "“a” has 500 contacts where 570 were due; “b” has 640 contacts where 570 were due" in page
    assert "No figure of this test can be trusted" in page
    assert "Difference" not in page


def test_a_holdout_says_what_the_journey_brings_and_has_no_winner(database_url: str) -> None:
    apply_playbook()
    a_test("lead_nurture holdout", HOLDOUT, is_holdout=True)
    draw_many("held out", 400, 16, test="lead_nurture holdout")
    draw_many("on the journey", 400, 64, test="lead_nurture holdout")
    write(
        'INSERT INTO "order" (contact_id, event_id, amount, currency, placed_at) '
        "SELECT contact_id, id, 50, 'USD', at FROM event WHERE name = 'order_placed'"
    )

    page = browser().get("/splits/lead_nurture%20holdout").text
    chosen = browser().post("/splits/lead_nurture%20holdout/winner", data=CHOICE | {"variant": "held out"})

    assert "The journey works: “on the journey” 16.0%, “held out” 4.0%." in page
    assert "its rate is +300%" in page
    assert "between +0% and" not in page
    assert words(page, "Paid, in USD", "Guardrails").startswith(
        "Variant Per contact Buyers In all held out 2.00 16 of 400 800.00 on the journey 8.00 64 of 400 3,200.00 "
        "“on the journey” brought 6.00 USD more per contact than “held out”, in truth between +"
    )
    assert "Choose the winner" not in page
    assert chosen.status_code == 422


def test_a_handful_has_no_p_and_no_range_and_says_how_few_there_are(database_url: str) -> None:
    apply_playbook()
    a_test()
    draw_many("a", 20, 0)
    draw_many("b", 20, 6)

    differences = words(browser().get("/splits/invitation").text, "Difference", "Plan")

    assert "too few to say: 6 of 40 got there" in differences
    assert "before 5 successes and as many failures are to be expected in the smaller of two variants" in differences
    assert "0.008" not in differences


def test_of_three_variants_ranges_and_p_values_are_corrected_alike(database_url: str) -> None:
    apply_playbook()
    a_test(weights='{"a": 1, "b": 1, "c": 1}')
    for variant, successes in (("a", 80), ("b", 104), ("c", 84)):
        draw_many(variant, 400, successes)

    page = browser().get("/splits/invitation").text
    found = next(one for one in decide().evaluation.comparisons if (one.first, one.second) == ("a", "b"))

    # By itself 20 % against 26 % has p = 0.044 for one look; as one of three comparisons it proves nothing.
    assert found.one_look is not None
    assert (round(found.one_look.p, 3), found.one_look.interval.excludes_zero) == (0.131, False)
    assert "All figures are corrected for 3 comparisons (Bonferroni)." in page
    assert "0.044" not in page


def test_a_lead_that_is_gone_is_said_to_be_gone(database_url: str, tmp_path: Path) -> None:
    apply_split_tests(tmp_path, BY_A_PERSON)
    a_test()
    draw_many("a", 500, 100, event="call_connected")
    draw_many("b", 500, 200, event="call_connected")
    for table in ("split_draw", "event"):
        write(f"UPDATE {table} SET at = at - interval '50 days'")
    draw_many("a", 1000, 480, event="call_connected")
    draw_many("b", 1000, 380, event="call_connected")

    page = browser().get("/splits/invitation").text

    assert "were apart by more than chance explains, and are not today" in page
    assert "of an earlier day; not so today" in page
    assert decide().evaluation.leader is None


def test_a_lift_that_is_larger_than_the_usual_rate_is_called_absurd(database_url: str, tmp_path: Path) -> None:
    apply_split_tests(tmp_path, "  invitation: {goal: replied, lift: 5%}\n  other: {goal: replied}")
    for name in ("invitation", "other"):
        a_test(name)
        draw_many("a", 500, 10, event="replied", test=name)
        draw_many("b", 500, 10, event="replied", test=name)

    absurd, relative = (browser().get(f"/splits/{name}").text for name in ("invitation", "other"))

    assert "5 points, is more than the whole of the usual rate: name a smaller one" in absurd
    assert "points where 2.0% are usual (assumed: a quarter of the usual rate" in relative
    assert 0.004 < lift_of(decide("other").results) < 0.006


def test_a_new_test_says_when_the_first_results_come(database_url: str) -> None:
    apply_playbook()
    a_test()
    a_draw(a_contact(), "a", NOW - DAY)

    page = browser().get("/splits/invitation").text

    first = NOW - DAY + 28 * DAY
    assert f"the first of them count on {full_date(first)}" in page
    assert "not known yet" in page


def test_harm_is_told_and_keeps_the_rule_from_choosing(clear: None) -> None:
    draw_many("a", 400, 2, event="unsubscribed")
    draw_many("b", 400, 80, event="unsubscribed")

    page = browser().get("/splits/invitation").text

    assert "After “b” more contacts unsubscribed than after “a”: 80 of 800 (10.0%)" in page
    assert decide().evaluation.winner is None


def test_changed_weights_are_told(clear: None) -> None:
    for variant in "ab":
        a_draw(a_contact(), variant, NOW - DAY, weights='{"a": 1, "b": 9}')

    assert "The variants or their weights were changed" in browser().get("/splits/invitation").text


def test_pages_of_split_tests_are_for_ops_and_say_when_there_is_none(database_url: str) -> None:
    apply_playbook()

    assert "There are no split tests yet" in browser().get("/splits").text
    for path in ("/splits/nowhere", "/splits/nowhere/daily.csv"):
        assert browser().get(path).status_code == 404
    assert browser().get("/splits/a%00b").status_code == 400
    for path in ("/splits", "/splits/invitation", "/splits/invitation/daily.csv"):
        assert browser("http://tend.example.com").get(path).status_code in (303, 401, 403)
