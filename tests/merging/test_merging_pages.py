"""What people see and press: who may be one person, what would stay, and the way back."""

from datetime import timedelta

import pytest

from models import Identifier, IdentityConflict
from models.access.ops_names import AT_THIS_MACHINE
from models.access.token import sign_token
from models.database import engine
from models.identity.identifiers import record_current
from models.merging.duplicates import find_duplicates
from tests.support.database import rows, write
from tests.support.merging import contact, merge
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, a_run, add, an_event, browser, events


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def two_anns() -> tuple[int, int]:
    ann = a_contact(email="ann.lee@gmail.com", first_name="Ann", last_name="Lee", company="Acme")
    twin = a_contact(email="annlee@gmail.com", first_name="Anna", last_name="Lee", company=None, city="Boston")
    with engine().begin() as connection:
        record_current(connection, [ann, twin], "test", NOW)
    return ann, twin


def a_conflict(contact: int, holder: int, value: str, kind: str = "email") -> int:
    add(Identifier, contact_id=holder, kind=kind, value=value, first_seen_at=NOW, last_seen_at=NOW)
    return add(IdentityConflict, contact_id=contact, held_by_id=holder, kind=kind, value=value, found_at=NOW)


def test_a_person_chooses_the_other_one_sees_what_would_stay_and_merges() -> None:
    ann, twin = two_anns()
    a_run(ann), a_run(twin)
    assert f"/contacts/{ann}/merge" in browser().get(f"/contacts/{ann}").text
    page = browser().get(f"/contacts/{ann}/merge?other=annlee@gmail.com").text
    for said in (
        "Boston",
        "Ann stays",
        "Anna stands on the timeline",
        "Lead qualification: the run that has come further",
    ):
        assert said in page
    assert events() == []
    answer = browser().post(f"/contacts/{ann}/merge", data={"other": twin, "reason": "said so"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/contacts/{ann}")
    told = browser().get(f"/contacts/{ann}").text
    assert f"Merged with Anna Lee, contact {twin}" in told
    assert "First name: Ann stays, Anna was the other one&#39;s." in told
    assert rows("SELECT reason, merged_by FROM contact_merge") == [("said so", AT_THIS_MACHINE)]


def test_pressing_merge_twice_is_once() -> None:
    ann, twin = two_anns()
    answers = [browser().post(f"/contacts/{ann}/merge", data={"other": twin}).status_code for _ in range(2)]
    assert (answers, rows("SELECT count(*) FROM contact_merge")) == ([303, 303], [(1,)])


@pytest.mark.parametrize("typed", ["2", "annlee@gmail.com", " AnnLee@Gmail.com ", "+12075550123", "(207) 555-0123"])
def test_the_other_one_is_named_by_number_email_or_phone(typed: str) -> None:
    ann, twin = two_anns()
    write("UPDATE contact SET phone = '+12075550123' WHERE id = :id", id=twin)
    assert "What would be afterwards" in browser().get(f"/contacts/{ann}/merge", params={"other": typed}).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nobody@example.com", "Nobody has the number, email or phone"),
        ("1", "That is this contact itself"),
        ("99999999999999999999999", "Nobody has the number"),
        ("'; DROP TABLE contact", "Nobody has the number"),
        ("+12075550123", "Several contacts have"),
        ("+1 207-555-0123", "Several contacts have"),
    ],
)
def test_whoever_is_nobody_or_several_is_said_so_in_a_sentence(typed: str, sentence: str) -> None:
    ann, _ = two_anns()
    for number in range(2):
        a_contact(email=f"{number}@example.com", phone="+12075550123")
    page = browser().get(f"/contacts/{ann}/merge", params={"other": typed})
    assert (page.status_code, sentence in page.text) == (422, True)


def test_a_stranger_number_of_a_post_is_a_404() -> None:
    ann, _ = two_anns()
    assert browser().post(f"/contacts/{ann}/merge", data={"other": 4711}).status_code == 404


def test_the_old_number_leads_to_the_kept_contact_everywhere() -> None:
    ann, twin = two_anns()
    merge(ann, twin)
    answer = browser().get(f"/contacts/{twin}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/contacts/{ann}")
    browser().post(f"/contacts/{twin}/qualify", data={"has_budget": "yes"})
    assert contact(ann)["has_budget"] is True
    browser().post(f"/contacts/{twin}/mail", data={"decision": "unsubscribe"})
    browser().post(f"/unsubscribe/{sign_token('unsubscribe', twin)}")
    assert contact(ann)["suppressed"] == "unsubscribed"
    assert "ann.lee@gmail.com" in browser().get(f"/unsubscribe/{sign_token('unsubscribe', twin)}").text


def test_an_event_by_the_old_number_is_the_kept_contacts() -> None:
    ann, twin = two_anns()
    merge(ann, twin)
    key = rows("SELECT value FROM secret WHERE name = 'api key'")[0][0]
    visit = {"name": "page_visited", "topic": "pricing", "contact": {"id": twin}}
    answer = browser().post("/events", json=visit, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 201
    assert rows("SELECT contact_id FROM event WHERE name = 'page_visited'") == [(ann,)]


def test_a_button_separates_them_again() -> None:
    ann, twin = two_anns()
    number = merge(ann, twin)
    page = browser().get(f"/merges/{number}").text
    assert "Anna Lee was merged" in page
    assert "Separate them again" in page
    answer = browser().post(f"/merges/{number}/separate")
    assert answer.headers["location"] == f"/contacts/{twin}"
    assert f"Separated from contact {twin} again" in browser().get(f"/contacts/{ann}").text
    assert browser().post(f"/merges/{number}/separate").status_code == 409
    assert "Separated again" in browser().get(f"/merges/{number}").text


@pytest.mark.parametrize("number", [4711, 10**30])
def test_a_merge_that_is_not_there_is_a_404(number: int) -> None:
    assert browser().get(f"/merges/{number}").status_code == 404


def test_likely_duplicates_are_listed_and_two_people_are_not_shown_again() -> None:
    ann, twin = two_anns()
    find_duplicates(engine(), NOW)
    page = browser().get("/duplicates").text
    assert "same mailbox" in page
    assert f"/contacts/{ann}/merge?other={twin}" in page
    assert "<b>1</b> pair that may be one person" in browser().get("/").text
    ((number,),) = rows("SELECT id FROM likely_duplicate")
    browser().post(f"/duplicates/{number}/two-people")
    find_duplicates(engine(), NOW + timedelta(days=1))
    assert "Nobody looks like anybody else" in browser().get("/duplicates").text
    assert browser().post("/duplicates/4711/two-people").status_code == 303


def test_looking_merges_nobody() -> None:
    ann, twin = two_anns()
    number = merge(ann, twin)
    for path in ("/duplicates", f"/contacts/{ann}/merge", f"/merges/{number}"):
        assert browser().request("HEAD", path).status_code == 200
    assert rows("SELECT separated_at FROM contact_merge") == [(None,)]


class TestConflicts:
    """A lead gave one contact an address that another one holds: a person says whose it is."""

    def test_it_may_stay(self) -> None:
        ann, bob = a_contact(email="ann@example.com"), a_contact(email="bob@example.com")
        number = a_conflict(ann, bob, "bob@example.com")
        assert "Whose is it?" in browser().get("/duplicates").text
        browser().post(f"/conflicts/{number}", data={"decision": "stays with who holds it"})
        assert rows("SELECT decision, decided_by FROM identity_conflict") == [("stays", AT_THIS_MACHINE)]
        assert (contact(ann)["email"], contact(bob)["email"]) == ("ann@example.com", "bob@example.com")
        assert "Whose is it?" not in browser().get("/duplicates").text

    def test_it_may_move_and_the_holder_keeps_another_address_of_theirs(self) -> None:
        ann, bob = a_contact(email="ann@example.com"), a_contact(email="shared@example.com")
        number = a_conflict(ann, bob, "shared@example.com")
        add(Identifier, contact_id=bob, kind="email", value="bob@example.com", first_seen_at=NOW, last_seen_at=NOW)
        for _ in range(2):
            browser().post(f"/conflicts/{number}", data={"decision": "belongs to the other one now"})
        assert (contact(ann)["email"], contact(bob)["email"]) == ("shared@example.com", "bob@example.com")
        assert rows("SELECT contact_id FROM identifier WHERE value = 'shared@example.com'") == [(ann,)]
        changed = rows("SELECT contact_id, data -> 'after' ->> 'email' FROM event WHERE name = 'details_changed'")
        assert changed == [(ann, "shared@example.com"), (bob, "bob@example.com")]

    def test_a_senders_id_may_move(self) -> None:
        ann, bob = a_contact(email="ann@example.com"), a_contact(email="bob@example.com")
        number = a_conflict(ann, bob, "crm:7", kind="source_key")
        browser().post(f"/conflicts/{number}", data={"decision": "belongs to the other one now"})
        assert rows("SELECT contact_id FROM identifier") == [(ann,)]
        assert contact(bob)["email"] == "bob@example.com"

    def test_they_may_be_one_person(self) -> None:
        ann, bob = a_contact(email="ann@example.com"), a_contact(email="bob@example.com")
        a_conflict(ann, bob, "bob@example.com")
        assert f"/contacts/{bob}/merge?other={ann}" in browser().get("/duplicates").text
        browser().post(f"/contacts/{bob}/merge", data={"other": ann})
        assert rows("SELECT decision FROM identity_conflict") == [("merged",)]


def test_what_the_merged_contact_did_stands_on_the_timeline() -> None:
    ann, twin = two_anns()
    an_event(twin, "form_submitted", "ebook")
    merge(ann, twin)
    page = browser().get(f"/contacts/{ann}").text.partition('id="story"')[2]
    assert page.index("Merged with") < page.index("Filled in a form: ebook")
