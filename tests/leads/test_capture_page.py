"""Where leads and events come in: what is stored, what is answered, and that nothing is lost."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text

from models.access.token import read_secret
from models.database import engine
from tests.support.playbook import apply_playbook
from tests.support.web_pages import Browser, browser

ANN = {"email": "ann@example.com", "name": "Ann Lee", "form": "request-info", "event_id": "1"}


class Sender(Browser):
    """A program that posts leads; it asks for JSON unless it says otherwise."""

    def request(self, method: str, path: str, headers: Any = None, **also: Any) -> httpx.Response:
        accept = "text/html" if method == "GET" or path.startswith("/rejected") else "*/*"
        return super().request(method, path, headers={"accept": accept} | (headers or {}), **also)


@pytest.fixture
def web(connection: Connection) -> Sender:
    apply_playbook()
    return Sender("http://127.0.0.1:8000")


@pytest.fixture
def key(web: Sender, connection: Connection) -> dict[str, str]:
    return {"authorization": f"Bearer {read_secret(connection, 'api key')}"}


def rows(connection: Connection, statement: str) -> list[Any]:
    connection.rollback()
    return list(connection.execute(text(statement)).mappings())


def test_a_lead_is_stored_and_the_same_one_again_is_known(web: Sender, connection: Connection) -> None:
    first, again = (web.post("/leads/website", json=ANN) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"created": False} == again.json()
    assert first.json().keys() == {"contact_id", "event_id", "created"}
    [event] = rows(connection, "SELECT * FROM event")
    assert (event["topic"], event["data"]) == ("request-info", ANN)


@pytest.mark.parametrize("way", [{"data": ANN}, {"files": {name: (None, value) for name, value in ANN.items()}}])
def test_forms_of_browsers_say_the_same_as_json(web: Sender, connection: Connection, way: dict[str, Any]) -> None:
    assert web.post("/leads/website", **way).status_code == 201
    [contact] = rows(connection, "SELECT * FROM contact")
    assert (contact["email"], contact["first_name"]) == ("ann@example.com", "Ann")


def test_words_of_all_languages_come_through_each_way(web: Sender, connection: Connection) -> None:
    zoe = {"email": "zoe@example.com", "first_name": "Zoë", "company": "Ĉu & Søn"}
    ways: list[dict[str, Any]] = [{"json": zoe}, {"data": zoe}, {"files": {n: (None, v) for n, v in zoe.items()}}]
    for way in ways:
        assert web.post("/leads/website", **way).status_code == 201
        [contact] = rows(connection, "SELECT first_name, company FROM contact")
        assert dict(contact) == {"first_name": "Zoë", "company": "Ĉu & Søn"}
        connection.execute(text("DELETE FROM contact"))
        connection.commit()


@pytest.mark.parametrize(
    ("content", "content_type", "status", "told"),
    [
        (b'{"email": "ann@example.com",', "application/json", 400, "not JSON"),
        (b'{"email": NaN}', "application/json", 422, "email: nan was found"),
        (b"[" * 100_000, "application/json", 400, "nested too deeply"),
        (b'["ann"]', "application/json", 400, "an object such as"),
        (b'{"email": "\xff"}', "application/json", 422, "email: 'ÿ' was found"),
        (b"", "application/json", 400, "Nothing was sent"),
        (b'{"email": "ann"}', "application/json", 422, "email: 'ann' was found"),
        (b'{"email": ["a", "b"], "name": {"a": 1}}', "application/json", 422, "full_name: {'a': 1} was found"),
        (b'{"name": "Ann"}', "application/json", 422, "email or phone"),
        (b"email=%ff", "application/x-www-form-urlencoded", 422, "email: 'ÿ' was found"),
        (b"name=Ann", "application/x-www-form-urlencoded", 422, "email or phone"),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x", 422, "email or phone"),
        (b"x", "multipart/form-data; boundary=x", 400, "cut off"),
        (b"email: ann", "application/yaml", 415, "application/json"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence_and_kept(
    web: Sender, connection: Connection, content: bytes, content_type: str, status: int, told: str
) -> None:
    answer = web.post("/leads/website", content=content, headers={"content-type": content_type})
    assert answer.status_code == status
    assert told in answer.json()["error"]
    [kept] = rows(connection, "SELECT * FROM rejected_lead")
    assert (kept["id"], bytes(kept["raw"])) == (answer.json()["rejected_lead"], content)
    assert answer.json()["problems"] == kept["problems"]
    assert not rows(connection, "SELECT FROM contact")


def test_a_lead_of_an_unknown_source_is_taken_and_its_source_is_to_repair(web: Sender, connection: Connection) -> None:
    assert web.post("/leads/land%00ing", json=ANN).status_code == 201
    [event] = rows(connection, "SELECT * FROM event")
    assert (event["source"], event["topic"], event["data"]) == ("unknown: land\\x00ing", "request-info", ANN)
    [unread] = rows(connection, "SELECT * FROM unread_value")
    assert (unread["event_id"], unread["contact_id"]) == (event["id"], event["contact_id"])
    assert (unread["field"], unread["found"]) == ("source", "land\\x00ing")
    assert "website" in unread["expected"]


def test_ten_megabytes_are_refused_and_their_beginning_is_kept(web: Sender, connection: Connection) -> None:
    body = b'{"email": "ann@example.com", "remarks": "' + b"x" * 10_000_000 + b'"}'
    answer = web.post("/leads/website", content=body)
    assert answer.status_code == 413
    assert "at most 1,048,576" in answer.json()["error"]
    assert "first 64 KiB are kept" in answer.json()["error"]
    [kept] = rows(connection, "SELECT * FROM rejected_lead")
    assert bytes(kept["raw"]) == body[: 64 * 1024]


def test_a_file_in_a_form_holds_no_lead_back(web: Sender, connection: Connection) -> None:
    assert web.post("/leads/website", data=ANN, files={"photo": ("me.png", b"\x89PNG")}).status_code == 201
    [event] = rows(connection, "SELECT data FROM event")
    assert event["data"]["photo"] == {"file": "me.png", "content_type": "image/png", "bytes": 4}


def test_a_form_goes_on_to_a_page_of_ours_and_nowhere_else(web: Sender) -> None:
    ours = web.post("/leads/website", data=ANN | {"redirect": "/site/thanks"})
    assert (ours.status_code, ours.headers["location"]) == (303, "/site/thanks")
    for elsewhere in ("https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "javascript:alert(1)"):
        answer = web.post("/leads/website", data=ANN | {"redirect": elsewhere})
        assert answer.status_code == 200


def test_a_browser_without_a_page_to_go_to_gets_one(web: Sender) -> None:
    answer = web.post("/leads/website", data=ANN, headers={"accept": "text/html"})
    assert (answer.status_code, "Thank you" in answer.text, "<html" in answer.text) == (201, True, True)


@pytest.mark.parametrize(
    ("path", "source"), [("/leads", "unknown"), ("/leads/website/", "website"), ("/leads/a/b", "unknown: a/b")]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_lead_is_one_wherever_below_leads_it_is_sent(
    web: Sender, connection: Connection, method: str, path: str, source: str
) -> None:
    assert web.request(method, path, json=ANN).status_code == 201
    assert rows(connection, "SELECT source FROM event") == [{"source": source}]


def test_fields_in_the_address_are_fields(web: Sender, connection: Connection) -> None:
    assert web.post("/leads/website?email=ann%40example.com&phone=%2B12075550123").status_code == 201
    assert rows(connection, "SELECT email FROM contact") == [{"email": "ann@example.com"}]
    number = web.post("/leads/website?email=ann&company=Acme").json()["rejected_lead"]
    assert "Acme" in web.get(f"/rejected/{number}").text


def test_a_browser_gets_a_page_about_what_is_wrong(web: Sender) -> None:
    answer = web.post("/leads/website", data={"name": "Ann"}, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "<html" in answer.text
    assert "email or phone" in answer.text


def test_events_need_the_api_key(web: Sender, connection: Connection) -> None:
    event = {"name": "page_visited", "contact": {"email": "ann@example.com"}}
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer é".encode("latin-1")}):
        assert web.post("/events", json=event, headers=headers).status_code == 401  # type: ignore[arg-type]
    assert not rows(connection, "SELECT FROM event")


def test_events_find_or_make_their_contact_and_repeat_nothing(
    web: Sender, connection: Connection, key: dict[str, str]
) -> None:
    ann = web.post("/leads/website", json=ANN).json()["contact_id"]
    events = [
        {"name": "page_visited", "topic": "order", "contact": {"email": "ANN@example.com"}, "key": "v1"},
        {"name": "order_placed", "topic": "strategy-session", "contact": {"id": ann}, "data": {"amount": 190}},
        {"name": "call_connected", "contact": {"phone": "+1 415 555 0123"}, "at": "2020-03-01T10:00:00+01:00"},
    ]
    answer = web.post("/events", json=events, headers=key)
    assert answer.status_code == 201
    assert [one["contact_id"] == ann for one in answer.json()] == [True, True, False]
    again = web.post("/events", json=events[0], headers=key)
    assert (again.status_code, again.json()) == (200, [answer.json()[0] | {"created": False}])
    stored = rows(connection, "SELECT name, topic, key, data FROM event ORDER BY id OFFSET 1")
    assert [one["name"] for one in stored] == ["page_visited", "order_placed", "call_connected"]
    assert stored[0]["key"] == "events:v1"
    assert stored[1]["data"] == {"amount": 190}


def test_what_has_not_happened_yet_happens_now(web: Sender, connection: Connection, key: dict[str, str]) -> None:
    event = {"name": "page_visited", "contact": {"email": "ann@example.com"}}
    [early] = rows(connection, "SELECT now() + interval '1 day' AS at")
    assert web.post("/events", json=event | {"at": early["at"].isoformat()}, headers=key).status_code == 201
    [stored] = rows(connection, "SELECT at = received_at AS now FROM event")
    assert stored["now"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Page Visited"}, "name"),
        ({"name": "task_done"}, "name"),
        ({"name": None}, "name"),
        ({"contact": {}}, "contact"),
        ({"contact": {"email": "ann"}}, "contact.email"),
        ({"contact": {"id": "7"}}, "contact.id"),
        ({"contact": {"id": 999}}, "lead"),
        ({"at": "yesterday"}, "at"),
        ({"at": "1066-10-14T09:00:00Z"}, "at"),
        ({"at": 5}, "at"),
        ({"data": [1]}, "data"),
        ({"data": {"a": "\0"}}, "data.a"),
        ({"key": ""}, "key"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_event_that_cannot_be_read_is_told_and_kept(
    web: Sender, connection: Connection, key: dict[str, str], change: dict[str, Any], field: str
) -> None:
    event = {"name": "page_visited", "contact": {"email": "ann@example.com"}} | change
    answer = web.post("/events", json=event, headers=key)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]
    assert len(rows(connection, "SELECT FROM rejected_lead")) == 1
    assert not rows(connection, "SELECT FROM event")


def test_one_bad_event_holds_back_the_list_and_is_named(web: Sender, key: dict[str, str]) -> None:
    good = {"name": "page_visited", "contact": {"email": "ann@example.com"}}
    answer = web.post("/events", json=[good, good | {"at": "soon"}, 5], headers=key)
    assert [problem["field"] for problem in answer.json()["problems"]] == ["1.at", "2.event"]
    assert "1,001 events was found" in web.post("/events", json=[good] * 1_001, headers=key).json()["error"]


def test_a_rejected_lead_is_repaired_once_and_becomes_what_it_would_have_been(
    web: Sender, connection: Connection
) -> None:
    number = web.post("/leads/website", json=ANN | {"email": "ann at example.com"}).json()["rejected_lead"]
    assert "ann at example.com" in web.get("/rejected").text
    shown = web.get(f"/rejected/{number}").text
    assert "ann at example.com" in shown
    mended = {"source": "website", "name": list(ANN), "value": list(ANN.values())}
    wrong = web.post(f"/rejected/{number}", data=mended | {"value": ["still wrong", *list(ANN.values())[1:]]})
    assert wrong.status_code == 422
    assert "still wrong" in wrong.text
    done = web.post(f"/rejected/{number}", data=mended)
    assert done.status_code == 303
    again = web.post(f"/rejected/{number}", data=mended)
    assert again.status_code == 422
    assert "This lead was repaired" in again.text
    [event] = rows(connection, "SELECT * FROM event")
    [kept] = rows(connection, "SELECT * FROM rejected_lead")
    assert (kept["event_id"], event["at"]) == (event["id"], kept["received_at"])
    assert done.headers["location"] == f"/contacts/{event['contact_id']}"
    assert "repaired" in web.get(f"/rejected/{number}").text


def test_broken_json_is_repaired_as_text(web: Sender, connection: Connection) -> None:
    number = web.post("/leads/nowhere", content=b'{"email": "ann@example.com"\0').json()["rejected_lead"]
    assert web.get(f"/rejected/{number}").status_code == 200
    mended = {"source": "api", "document": '{"email": "ann@example.com"}'}
    assert web.post(f"/rejected/{number}", data=mended).status_code == 303
    assert rows(connection, "SELECT source FROM event") == [{"source": "api"}]


def test_a_rejected_event_is_repaired_as_an_event(web: Sender, connection: Connection, key: dict[str, str]) -> None:
    event = {"name": "page_visited", "contact": {"email": "ann"}}
    number = web.post("/events", json=event, headers=key).json()["rejected_lead"]
    assert "page_visited" in web.get(f"/rejected/{number}").text
    mended = {"source": "events", "document": json.dumps(event | {"contact": {"email": "ann@example.com"}})}
    assert web.post(f"/rejected/{number}", data=mended).status_code == 303
    assert rows(connection, "SELECT name FROM event") == [{"name": "page_visited"}]


def test_repairs_come_from_our_own_pages_only(web: Sender, connection: Connection) -> None:
    number = web.post("/leads/website", json={"email": "x"}).json()["rejected_lead"]
    elsewhere = {"origin": "https://evil.example.com"}
    assert web.post(f"/rejected/{number}", data={"source": "website"}, headers=elsewhere).status_code == 403
    assert web.get("/rejected/999").status_code == 404


def test_raw_leads_are_shown_as_text_and_never_run(web: Sender) -> None:
    number = web.post("/leads/website", json={"email": "<script>alert(1)</script>"}).json()["rejected_lead"]
    assert "<script>" not in web.get(f"/rejected/{number}").text


def test_nothing_is_kept_twice_by_a_lead_that_is_fine(web: Sender, database_url: str) -> None:
    web.post("/leads/website", json=ANN)
    with engine(database_url).connect() as connection:
        assert rows(connection, "SELECT FROM rejected_lead") == []


def test_the_list_of_rejected_leads_shows_what_they_wrote(web: Sender) -> None:
    lead = {"form": "request-call", "name": "Jo Hill", "phone": "12", "message": "Call me <b>today</b> " + "x" * 300}
    assert web.post("/leads/website", json=lead).status_code == 422
    page = browser().get("/rejected").text
    assert "Jo Hill, 12, Call me &lt;b&gt;today&lt;/b&gt;" in page
    assert "x" * 150 not in page
