"""Saved views of the list: a condition, an order and columns under a name, one's own or everybody's."""

import pytest

from models import Role
from tests.contacts.test_list import names, somebody
from tests.support.database import rows, write
from tests.support.logins import logged_in_as
from tests.support.playbook import apply_playbook
from tests.support.web_pages import Browser, browser

VIEW = {"name": "Hot in California", "where": 'state == "CA"', "sort": "-score", "columns": "city,score"}


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()
    somebody("Ana", state="CA", score=5)
    somebody("Bob", state="CA", score=9)
    somebody("Cid", state="NY", score=7)


def save(who: Browser, **other: str) -> str:
    answer = who.post("/contacts/views", data=VIEW | other)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_saved_view_shows_the_same_list_again() -> None:
    nora = logged_in_as(Role.WORK)
    assert names(nora.get(save(nora))) == ["Bob", "Ana"]
    number = rows("SELECT id FROM saved_view")[0][0]
    page = nora.get(f"/contacts?view={number}")
    assert names(page) == ["Bob", "Ana"]
    assert 'data-label="City"' in page.text
    assert f'<a href="/contacts?view={number}" aria-current="page">Hot in California</a>' in page.text


def test_a_view_is_ones_own_unless_it_is_shared() -> None:
    nora, omar = logged_in_as(Role.WORK), logged_in_as(Role.LOOK, "Omar Haddad")
    save(nora)
    save(nora, name="Everybody's", shared="yes")
    assert "Hot in California" not in omar.get("/contacts").text
    assert "Everybody&#39;s" in omar.get("/contacts").text
    own = rows("SELECT id FROM saved_view WHERE NOT is_shared")[0][0]
    assert omar.get(f"/contacts?view={own}").status_code == 404


def test_saving_under_the_same_name_changes_the_view() -> None:
    save(browser())
    save(browser(), name="hot in california", where='state == "NY"')
    assert rows("SELECT name, condition FROM saved_view") == [("hot in california", 'state == "NY"')]


def test_two_people_may_use_the_same_name() -> None:
    save(browser())
    save(logged_in_as(Role.WORK))
    assert rows("SELECT count(*) FROM saved_view") == [(2,)]


def test_only_whose_it_is_or_who_sets_up_deletes_a_shared_view() -> None:
    nora, omar = logged_in_as(Role.WORK), logged_in_as(Role.WORK, "Omar Haddad")
    save(nora, shared="yes")
    save(nora, name="Mine")
    numbers = [row[0] for row in rows("SELECT id FROM saved_view ORDER BY id")]
    for number in numbers:
        omar.post(f"/contacts/views/{number}/delete")
    assert rows("SELECT count(*) FROM saved_view") == [(2,)]
    boss = logged_in_as(Role.SET_UP, "Bea Lund")
    for number in numbers:
        boss.post(f"/contacts/views/{number}/delete")
    assert rows("SELECT name FROM saved_view") == [("Mine",)]
    nora.post(f"/contacts/views/{numbers[1]}/delete")
    nora.post(f"/contacts/views/{numbers[1]}/delete")
    assert rows("SELECT count(*) FROM saved_view") == [(0,)]
    assert rows("SELECT count(*) FROM audit WHERE action = 'deleted a view of contacts'") == [(2,)]


@pytest.mark.parametrize(
    "other", [{"name": " "}, {"name": "x" * 101}, {"name": "a\0"}, {"where": "sco ="}, {"where": 'stage == "x"'}]
)
def test_what_cannot_be_saved_is_told_and_saves_nothing(other: dict[str, str]) -> None:
    assert browser().post("/contacts/views", data=VIEW | other).status_code in (400, 422)
    assert rows("SELECT count(*) FROM saved_view") == [(0,)]


def test_who_may_only_look_saves_nothing() -> None:
    assert logged_in_as(Role.LOOK).post("/contacts/views", data=VIEW).status_code == 403


def test_a_view_whose_field_is_gone_says_so_and_can_be_mended() -> None:
    save(browser())
    view = rows("SELECT id FROM saved_view")[0][0]
    write("UPDATE saved_view SET condition = 'gone == 1'")
    page = browser().get(f"/contacts?view={view}")
    assert page.status_code == 422
    assert "gone" in page.text


@pytest.mark.parametrize("view", ["0", "99999999999999999999", "x", "-1"])
def test_a_view_that_is_not_there_is_told_or_everybody(view: str) -> None:
    answer = browser().get(f"/contacts?view={view}")
    assert answer.status_code == (404 if view == "0" else 200)


def test_a_form_that_was_filled_in_becomes_a_condition_in_the_address() -> None:
    asked = "build=1&stage=&owner=&score_from=6&field=state&comparison=%3D%3D&value=CA&field=&comparison=%3D%3D&value="
    answer = browser().get(f"/contacts?{asked}&sort=-score")
    assert answer.status_code == 303
    assert names(browser().get(answer.headers["location"])) == ["Bob"]
    shown = browser().get(answer.headers["location"]).text
    assert '<option value="state" selected>' in shown
    assert 'name="score_from" type="number" value="6"' in shown
    wrong = browser().get("/contacts?build=1&score_from=lots")
    assert (wrong.status_code, "is no number" in wrong.text) == (422, True)
