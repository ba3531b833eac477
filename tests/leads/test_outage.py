"""While Postgres is started again a lead waits for it, and nothing is stored twice by trying again."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from deployments.stack.postgres import Postgres
from models import database
from models.database import engine
from models.leads.intake.outage import PATIENCE_SECONDS, Outage, retry_while_away
from models.leads.intake.receive import Post, Receipt, receive
from models.leads.intake.spool import keep_post, take_in_waiting, waiting_posts
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.servers.own_server import own_installation
from tests.support.web_pages import Browser

ANN = {"email": "ann@example.com", "name": "Ann Lee", "form": "request-info"}
BODY = b'{"email": "ann@example.com", "name": "Ann Lee", "form": "request-info"}'


@pytest.fixture(autouse=True)
def spool_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_SPOOL", str(tmp_path / "spool"))


def a_post() -> Post:
    return Post(source="website", content_type="application/json", raw=BODY, received_at=datetime.now(UTC))


def store(post: Post) -> Receipt:
    with engine().begin() as connection:
        return receive(connection, post, post.received_at)


def the_answer_is_lost() -> OperationalError:
    return OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


def test_an_answer_to_a_commit_that_was_lost_stores_nothing_twice(database_url: str) -> None:
    apply_playbook()
    post, tries = a_post(), []

    def store_and_hear_nothing() -> Receipt:
        receipt = store(post)
        tries.append(receipt)
        if len(tries) == 1:
            raise the_answer_is_lost()
        return receipt

    receipt = retry_while_away(store_and_hear_nothing, Outage())
    assert receipt.captured is not None
    assert not receipt.captured.is_new_event
    assert rows("SELECT count(*) FROM event WHERE name = 'form_submitted'") == [(1,)]


def test_nor_does_what_then_waits_on_disk(database_url: str) -> None:
    apply_playbook()
    post = a_post()
    store(post)
    keep_post(post, the_answer_is_lost())
    assert len(waiting_posts()) == 1
    assert take_in_waiting() == 1
    assert rows("SELECT count(*) FROM event WHERE name = 'form_submitted'") == [(1,)]


def test_a_rejected_post_is_kept_once_too(database_url: str) -> None:
    apply_playbook()
    broken = Post(source="website", content_type="application/json", raw=b"{", received_at=datetime.now(UTC))
    assert store(broken).number == store(broken).number
    assert rows("SELECT count(*) FROM rejected_lead") == [(1,)]


def test_short_outages_are_waited_for_and_long_ones_hold_up_nobody() -> None:
    now = [0.0]
    outage = Outage(lambda: now[0])
    assert outage.is_worth_waiting()
    now[0] = PATIENCE_SECONDS + 1
    assert not outage.is_worth_waiting()
    outage.end()
    assert outage.is_worth_waiting()


def test_before_the_tables_are_migrated_leads_wait_on_disk(database_url: str) -> None:
    apply_playbook()
    write("ALTER TABLE event RENAME TO not_yet")
    assert Browser("http://127.0.0.1:8000").post("/leads/website", json=ANN).status_code == 202
    assert take_in_waiting() == 0
    write("ALTER TABLE not_yet RENAME TO event")
    assert take_in_waiting() == 1
    assert rows("SELECT count(*) FROM rejected_lead") == [(0,)]


def test_while_a_migration_holds_a_table_leads_wait_on_disk_and_no_thread_waits_for_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_playbook()
    monkeypatch.setattr(database, "_lock_wait", [None])
    database.limit_lock_waits(timedelta(milliseconds=20))
    with engine().begin() as migration:
        migration.execute(text("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE"))
        # A process that has begun since.
        monkeypatch.setenv(
            "TEND_DATABASE_URL", f"{database_url}{'&' if '?' in database_url else '?'}application_name=web"
        )
        assert Browser("http://127.0.0.1:8000").post("/leads/website", json=ANN).status_code == 202
        assert Browser("http://127.0.0.1:8000").get("/contacts").status_code == 503
    assert take_in_waiting() == 1
    engine().dispose()


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that a test may kill."""
    with own_installation(durable=True) as server:
        yield server


def test_leads_that_come_while_postgres_is_killed_and_started_again_are_all_stored_once(own_server: Postgres) -> None:
    web, codes, is_over = Browser("http://127.0.0.1:8000"), [], threading.Event()

    def post() -> None:
        while not is_over.is_set():
            lead = ANN | {"email": f"ann{len(codes)}@example.com"}
            codes.append(web.post("/leads/website", json=lead).status_code)

    posting = threading.Thread(target=post)
    posting.start()
    for _ in range(4):
        known = len(codes)
        while len(codes) < known + 3:
            time.sleep(0.01)
        process = own_server.process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        own_server.start()
    is_over.set()
    posting.join()
    while take_in_waiting():
        pass
    assert set(codes) <= {200, 201, 202}
    with engine().connect() as connection:
        events, contacts = connection.execute(text("SELECT count(*), count(DISTINCT contact_id) FROM event")).one()
    assert (events, contacts) == (len(codes), len(codes))
