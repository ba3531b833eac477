"""The messages page shows which wait, which were skipped, and which need a person."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, PROGRAM, a_contact, a_message, browser

DAY = timedelta(days=1)
CAPPED = "the contact has had 1 marketing mail in 20h, which is the cap"


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    apply_playbook()


def test_mail_that_waits_says_for_what_and_until_when() -> None:
    ana = a_contact()
    a_message(ana, key="waits", reason=CAPPED, due_at=NOW + DAY)
    a_message(ana, key="at once")

    for page in (browser().get("/messages?state=queued").text, browser().get(f"/contacts/{ana}").text):
        assert page.count(CAPPED) == 1
        assert page.count("not before") == 1
        assert (NOW + DAY).astimezone(ZoneInfo("America/New_York")).isoformat() in page


@pytest.mark.parametrize(("state", "reason"), [("skipped", CAPPED), ("expired", "more than 2d after it was due")])
def test_mail_that_was_left_out_is_a_state_of_its_own(state: str, reason: str) -> None:
    ana = a_contact()
    a_message(ana, state=state, reason=reason)

    assert reason in browser().get(f"/messages?state={state}").text
    assert reason not in browser().get("/messages?state=failed").text
    assert reason in browser().get(f"/contacts/{ana}").text


def test_unknown_mail_asks_for_a_person_only_after_its_time() -> None:
    ana = a_contact()
    a_message(ana, key="new", state="unknown")
    assert "a person has to decide" not in browser().get("/messages?state=unknown").text

    a_message(ana, key="old", state="unknown", notified_at=NOW)
    page = browser().get("/messages").text
    assert "1 message has been" in page
    assert "then decide beside it" in page
    assert page.count("a person has to decide") == 1


def test_health_does_not_count_mail_that_waits_for_its_hours_as_old() -> None:
    a_message(a_contact(), queued_at=NOW - 3 * DAY, due_at=NOW + DAY)
    assert browser().get("/health", headers=PROGRAM).json()["mail"]["oldest_queued_seconds"] is None
