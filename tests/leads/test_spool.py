"""Nothing that reaches /leads is lost by an error of ours: real faults, and what becomes of the lead."""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from deployments.stack.postgres import Postgres
from models.database import engine
from models.leads.intake import spool
from models.leads.intake.spool import take_in_waiting, waiting_posts
from tests.support.playbook import apply_playbook
from tests.support.servers.own_server import own_installation
from tests.support.web_pages import Browser
from web.leads.waiting_leads import keep_taking_in

ANN = {"email": "ann@example.com", "name": "Ann Lee", "form": "request-info"}
PROGRAM = {"accept": "*/*"}
FAULT = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk hums'; END $$;
    CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON event {} FOR EACH ROW EXECUTE FUNCTION fail()
"""
NOWHERE = "postgresql://postgres@127.0.0.1:1/nowhere"


@pytest.fixture(autouse=True)
def spool_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEND_SPOOL", str(tmp_path / "spool"))
    return tmp_path / "spool"


@pytest.fixture
def web(connection: Connection) -> Browser:
    apply_playbook()
    return Browser("http://127.0.0.1:8000")


@pytest.fixture
def wait_on_disk(web: Browser, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Callable[..., None]:
    """Posts a lead while Postgres is away."""

    def post(**body: Any) -> None:
        monkeypatch.setenv("TEND_DATABASE_URL", NOWHERE)
        assert web.post("/leads/website", **body).status_code == 202
        monkeypatch.setenv("TEND_DATABASE_URL", database_url)

    return post


def rows(connection: Connection, statement: str) -> list[Any]:
    connection.rollback()
    return list(connection.execute(text(statement)).mappings())


@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_what_an_error_of_ours_stops_is_kept_and_can_be_sent_again(
    web: Browser, connection: Connection, when: str
) -> None:
    connection.execute(text(FAULT.format(when)))
    connection.commit()
    answer = web.post("/leads/website?utm_source=x", json=ANN, headers=PROGRAM)
    assert (answer.status_code, "need not be sent again" in answer.json()["kept"]) == (202, True)
    [kept] = rows(connection, "SELECT * FROM rejected_lead")
    assert (kept["source"], kept["query"], kept["content_type"]) == ("website", "utm_source=x", "application/json")
    assert b"ann@example.com" in bytes(kept["raw"])
    assert "the disk hums" in kept["problems"][0]["found"]
    assert waiting_posts() == []
    connection.execute(text("DROP TRIGGER fail ON event"))
    connection.commit()
    page = web.get(f"/rejected/{kept['id']}").text
    assert "ann@example.com" in page
    again = {"source": "website", "name": list(ANN), "value": list(ANN.values())}
    assert web.post(f"/rejected/{kept['id']}", data=again).status_code == 303
    assert [row["email"] for row in rows(connection, "SELECT email FROM contact")] == ["ann@example.com"]


def test_a_person_is_thanked_by_a_page_also_then(web: Browser, connection: Connection) -> None:
    connection.execute(text(FAULT.format("")))
    connection.commit()
    answer = web.post("/leads/website", data=ANN)
    assert (answer.status_code, "need not be sent again" in answer.text, "<html" in answer.text) == (202, True, True)
    onward = web.post("/leads/website", data=ANN | {"redirect": "/site/thanks"})
    assert (onward.status_code, onward.headers["location"]) == (303, "/site/thanks")
    assert len(rows(connection, "SELECT FROM rejected_lead")) == 2


def test_before_there_is_a_playbook_leads_wait_for_it(connection: Connection) -> None:
    assert Browser("http://127.0.0.1:8000").post("/leads/website", json=ANN).status_code == 202
    assert take_in_waiting() == 0
    apply_playbook()
    assert take_in_waiting() == 1
    assert len(rows(connection, "SELECT FROM event")) == 1


def test_with_the_database_away_a_lead_waits_on_disk_and_is_taken_in_once(
    web: Browser, connection: Connection, spool_folder: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", NOWHERE)
    answer = web.post("/leads/website?utm_source=x", data=ANN, headers=PROGRAM)
    assert answer.status_code == 202
    [file] = waiting_posts()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(spool_folder.stat().st_mode) == 0o700
    assert take_in_waiting() == 0
    assert waiting_posts() == [file]
    content = file.read_bytes()
    monkeypatch.setenv("TEND_DATABASE_URL", database_url)
    assert take_in_waiting() == 1
    # The process that died before it had removed the file takes it in again.
    file.write_bytes(content)
    assert take_in_waiting() == 1
    assert waiting_posts() == []
    [event] = rows(connection, "SELECT * FROM event")
    assert (event["topic"], event["data"]) == ("request-info", {"utm_source": "x"} | ANN)
    assert event["at"] < event["received_at"]
    assert rows(connection, "SELECT FROM rejected_lead") == []


def test_what_waits_on_disk_and_names_nobody_is_rejected_once(
    web: Browser, connection: Connection, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", NOWHERE)
    assert web.post("/leads/website", content=b"\xff\0 not a lead").status_code == 202
    [file] = waiting_posts()
    content = file.read_bytes()
    monkeypatch.setenv("TEND_DATABASE_URL", database_url)
    for _ in range(2):
        file.write_bytes(content)
        assert take_in_waiting() == 1
    [kept] = rows(connection, "SELECT raw FROM rejected_lead")
    assert bytes(kept["raw"]) == b"\xff\0 not a lead"


def test_a_lead_that_fails_again_from_disk_is_for_a_person(
    web: Browser, connection: Connection, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", NOWHERE)
    web.post("/leads/website", json=ANN)
    monkeypatch.setenv("TEND_DATABASE_URL", database_url)
    connection.execute(text(FAULT.format("")))
    connection.commit()
    assert take_in_waiting() == 1
    assert waiting_posts() == []
    [kept] = rows(connection, "SELECT problems FROM rejected_lead")
    assert "the disk hums" in kept["problems"][0]["found"]


@pytest.mark.parametrize(
    "broken", [b"", b"\0" * 300, b'{"source": "website", "content_ty', b"[]\n", b'{"poster": {"x": 1}}\n{}']
)
def test_a_damaged_file_is_kept_for_a_person_and_holds_up_nobody(
    wait_on_disk: Callable[..., None], connection: Connection, spool_folder: Path, broken: bytes
) -> None:
    wait_on_disk(json=ANN)
    (spool_folder / "1-damaged.lead").write_bytes(broken)
    assert take_in_waiting() == 2
    assert rows(connection, "SELECT email FROM contact") == [{"email": "ann@example.com"}]
    [kept] = rows(connection, "SELECT raw, problems FROM rejected_lead")
    assert bytes(kept["raw"]) == broken
    assert "cut or damaged" in kept["problems"][0]["found"]
    assert list(spool_folder.iterdir()) == []


def test_what_a_killed_process_was_writing_is_kept_and_its_beginning_is_not_taken_for_all(
    wait_on_disk: Callable[..., None], connection: Connection, spool_folder: Path
) -> None:
    wait_on_disk(data={"email": "ann@example.com"})
    [whole] = waiting_posts()
    cut = whole.rename(whole.with_suffix(".new"))
    cut.write_bytes(cut.read_bytes()[:-2])
    assert take_in_waiting() == 0, "it may be written just now"
    os.utime(cut, (0, 0))
    assert take_in_waiting() == 1
    assert rows(connection, "SELECT * FROM contact") == []
    [kept] = rows(connection, "SELECT raw FROM rejected_lead")
    assert bytes(kept["raw"]).endswith(b"email=ann%40example.c")


def test_a_lead_that_postgres_refuses_for_now_holds_up_no_other(
    wait_on_disk: Callable[..., None], connection: Connection
) -> None:
    only_ann = "BEGIN IF NEW.data ->> 'name' <> 'Ann Lee' THEN RETURN NULL; END IF;"
    refuse = FAULT.format("").replace("'the disk hums'", "'not now' USING ERRCODE = '53400'")
    connection.execute(text(refuse.replace("BEGIN", only_ann)))
    connection.commit()
    wait_on_disk(json=ANN)
    for number in range(5):
        wait_on_disk(json={"email": f"p{number}@example.com", "name": "Bea"})
    assert take_in_waiting() == 5
    assert len(waiting_posts()) == 1


def test_without_a_disk_the_sender_is_asked_to_come_back(web: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", NOWHERE)
    monkeypatch.setenv("TEND_SPOOL", "/dev/null/spool")
    answer = web.post("/leads/website", json=ANN, headers=PROGRAM)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Traceback" not in answer.text


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that a test may stop."""
    with own_installation(durable=False) as server:
        yield server


def test_postgres_may_stop_and_start_and_the_web_process_takes_in_what_came_meanwhile(
    own_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.leads.waiting_leads.PAUSE_SECONDS", 0.02)
    web = Browser("http://127.0.0.1:8000")
    assert web.post("/leads/website", json=ANN | {"event_id": "1"}).status_code == 201
    own_server.stop()
    for number in (1, 2, 3):
        lead = ANN | {"event_id": str(number), "email": f"ann{number}@example.com"}
        assert web.post("/leads/website", json=lead).status_code == 202
    own_server.start()

    async def run_until_taken_in() -> None:
        looking = asyncio.create_task(keep_taking_in())
        async with asyncio.timeout(30):
            while waiting_posts():
                await asyncio.sleep(0.02)
        looking.cancel()

    asyncio.run(run_until_taken_in())
    with engine().connect() as connection:
        keys = connection.execute(text("SELECT key FROM event WHERE name = 'form_submitted' ORDER BY id")).scalars()
        assert list(keys) == ["website:1", "website:2", "website:3"]


def test_a_file_is_whole_or_not_there(
    web: Browser, spool_folder: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("TEND_DATABASE_URL", NOWHERE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool.os, "fsync", full)
    assert web.post("/leads/website", json=ANN, headers=PROGRAM).status_code == 503
    assert waiting_posts() == []
    assert len(os.listdir(spool_folder)) == 0
