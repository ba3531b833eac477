"""Numbers on pages for ops open the people behind them: of journeys, of feedback, of a day's follow-up."""

import re
from datetime import timedelta
from html import unescape

import pytest

from models import FollowUp
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_run, a_task, add, browser

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def sarah(database_url: str) -> int:
    apply_playbook()
    return int(rows("SELECT id FROM rep WHERE name LIKE 'Sarah%'")[0].id)


def lead(name: str, rep: int | None) -> int:
    return a_contact(email=f"{name.lower()}@example.com", first_name=name, last_name=None, owner_id=rep)


def names(path: str) -> list[str]:
    page = browser().get(path)
    assert page.status_code == 200
    return [unescape(name) for name in re.findall(r'<a href="/contacts/\d+">([^<]+)</a>', page.text)]


def test_the_numbers_of_a_journey_open_who_is_on_it_and_who_came_to_which_ending(sarah: int) -> None:
    a_run(lead("Ana", sarah))
    a_run(lead("Ben", sarah))
    write("UPDATE journey_run SET status = 'ended', ended_at = :now, ending = 'bought & paid' WHERE id = 2", now=NOW)

    page = browser().get("/runs").text
    waiting, ended, ending = re.findall(r'href="(/runs/lead_qualification\?[^"]+)"', page)
    assert names(waiting) == ["Ana"]
    assert names(unescape(ended)) == ["Ben"]
    assert names(unescape(ending)) == ["Ben"]
    assert names("/runs/lead_qualification?status=ended&ending=another") == []
    assert set(names("/runs/lead_qualification")) == {"Ana", "Ben"}
    assert browser().get("/runs/no_such_journey").status_code == 404


def test_feedback_opens_the_leads_behind_a_person_s_numbers(sarah: int) -> None:
    known, unknown, asked = (lead(name, sarah) for name in ("Known", "Unknown", "Asked"))
    write(
        "INSERT INTO assignment (contact_id, rep_id, how, reason, at) "
        "SELECT id, :rep, 'reassigned', '', :at FROM contact",
        rep=sarah,
        at=NOW - DAY,
    )
    a_task(known, a_run(known), rep_id=sarah, done_at=NOW - HOUR, outcome="Talked")
    write(
        "INSERT INTO feedback_request (run_id, number, contact_id, rep_id, since, wanted_level, due_at, asked_at) "
        "VALUES (:run, 1, :lead, :rep, :at, 3, :at, :at)",
        run=a_run(asked),
        lead=asked,
        rep=sarah,
        at=NOW - HOUR,
    )

    page = browser().get("/feedback").text
    assert f'<a href="/feedback/person/{sarah}">3</a>' in page
    assert set(names(f"/feedback/person/{sarah}")) == {"Known", "Unknown", "Asked"}
    assert names(f"/feedback/person/{sarah}?show=not_asked") == ["Unknown"]
    assert names(f"/feedback/person/{sarah}?show=unanswered") == ["Asked"]
    assert browser().get("/feedback/person/9999").status_code == 404
    assert unknown


def test_leads_of_a_day_can_be_given_away_and_their_owners_are_links(sarah: int) -> None:
    late = lead("Late", sarah)
    asked = {"contact_id": late, "event_id": late, "rep_id": sarah, "received_at": NOW - HOUR, "due_at": NOW - HOUR / 2}
    add(FollowUp, **asked)

    page = browser().get("/follow-up").text
    assert f'<a href="/team/person/{sarah}">' in page
    assert f'name="number" value="{late}"' in page
    [back] = re.findall(r'name="back" value="([^"]+)"', page)
    john = rows("SELECT id FROM rep WHERE name LIKE 'John%'")[0].id
    form = {"action": "leads", "number": late, "to": john, "back": unescape(back), "go": "yes"}

    answer = browser().post("/team/leads", data=form)

    assert "1 lead went to others" in browser().get(answer.headers["location"]).text
    assert rows("SELECT owner_id FROM contact") == [(john,)]
