"""The same form twice within minutes is one lead; other words are a repeated request."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.leads.matching.repeated_form import WINDOW, digest
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import Browser, browser

FORM = {"form": "request-call", "email": "ann@example.com", "message": "Please call me at noon"}


@pytest.fixture
def site(database_url: str) -> Browser:
    apply_playbook()
    return browser()


def post(site: Browser, values: dict[str, str]) -> Any:
    return site.post("/leads/website", data=values, headers={"accept": "application/json"})


def forms() -> int:
    return int(rows("SELECT count(*) FROM event WHERE name = 'form_submitted'")[0][0])


def test_a_double_click_is_one_lead_and_answers_with_the_first_ids(site: Browser) -> None:
    first, second = (post(site, FORM) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"created": False}
    assert (forms(), rows("SELECT count(*) FROM contact")) == (1, [(1,)])


@pytest.mark.parametrize(
    "changed",
    [{"message": "Please call me at one"}, {"form": "request-info"}, {"phone": "+1 415 555 0123"}, {"note": "urgent"}],
)
def test_other_words_are_a_repeated_request(site: Browser, changed: dict[str, str]) -> None:
    post(site, FORM)
    assert post(site, FORM | changed).status_code == 201
    assert (forms(), rows("SELECT count(*) FROM contact")) == (2, [(1,)])


def test_somebody_else_with_the_same_words_is_somebody_else(site: Browser) -> None:
    post(site, FORM)
    assert post(site, FORM | {"email": "bob@example.com"}).status_code == 201
    assert forms() == 2


def test_after_the_window_the_same_words_are_a_repeated_request(site: Browser) -> None:
    post(site, FORM)
    write("UPDATE event SET received_at = :then", then=datetime.now(UTC) - WINDOW - timedelta(seconds=5))
    assert post(site, FORM).status_code == 201


def test_ids_of_submissions_say_themselves_what_is_the_same(site: Browser) -> None:
    answers = [site.post("/leads/website", json=FORM | {"event_id": name}).status_code for name in ("a", "b", "a")]
    assert answers == [201, 201, 200]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("csrf_token", ("a", "b")),
        ("authenticity_token", ("xK9", "yL8")),
        ("_wpnonce", ("b71c9e", "0f22aa")),
        ("g-recaptcha-response", ("03AGdBq25", "03AGdBq26")),
        ("cf-turnstile-response", ("0.x", "0.y")),
        ("timestamp", ("12:00:01", "12:00:02")),
        ("t", ("1772442000", "1772442003")),
        ("ts_ms", (1772442000123, 1772442003456)),
        ("when", ("2026-03-02T09:00:00Z", "2026-03-02 09:00:03")),
        ("uid", ("8f14e45f-ceea-467f-9af6-95f7b5e7d1c2", "45c48cce-2e2d-4fbd-9a1b-1f4b5c2e9d3a")),
        ("message", ("Please call me", " Please   call me ")),
    ],
)
def test_what_pages_and_programs_add_does_not_make_two_of_one(name: str, values: tuple[Any, Any]) -> None:
    one, other = ({"email": "a@x.com", name: value} for value in values)
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("phone", ("2075550123", "2075550124")),
        ("message", ("yes", "no")),
        ("reference", ("A-17", "A-18")),
        ("seats", (5, 50)),
        ("tools", (["a"], ["a", "b"])),
        ("comment", ("NO", "no, thanks")),
        ("website", ("https://alder.example/offers/2026/a", "https://alder.example/offers/2026/b")),
    ],
)
def test_what_people_write_makes_two(name: str, values: tuple[Any, Any]) -> None:
    one, other = ({"email": "a@x.com", name: value} for value in values)
    assert digest(one) != digest(other)
