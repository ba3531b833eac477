"""Notes by chat go out once: posted to a real server, tried again where that is safe, never to a private network."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from blocks import chat_webhook
from blocks.chat_webhook import BadWebhook, WebhookTarget, resolve, sign
from flows.operations.mail.deliver_chat import MOST_SILENCES, deliver_notes_now
from models.access.token import signing_key
from models.chat.outbox import MOST_TRIES, next_note
from models.database import engine
from models.mail.queue import NewMessage, queue_messages
from models.playbook import apply
from models.playbook.chat import ChatChannel
from models.tables.message import MessageKind
from models.tasks.reminders import send_reminders
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON, a_contact, a_task
from tests.support.playbook import the_shipped_playbook
from tests.support.reps import SARAH

pytestmark = pytest.mark.usefixtures("database_url")
TRICKLES = 1
"""In place of a status: the answer does not end."""
SECRET = "T0001/B0002/XXXXsecretXXXX"


class Chat:
    """A server that keeps what is posted, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.is_over = threading.Event()
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                chat.posts.append((self.path, dict(self.headers), body))
                status, headers = chat.answers.pop(0) if chat.answers else (200, {})
                if status == 0:
                    return self.connection.close()
                if status == TRICKLES:
                    return self.trickle()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok" if status == 200 else b"no_service")

            def trickle(self) -> None:
                """Answer a byte at a time until the other side has had enough."""
                self.send_response(200)
                self.end_headers()
                with suppress(OSError):
                    while not chat.is_over.wait(0.02):
                        self.wfile.write(b"o")
                        self.wfile.flush()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/services/{SECRET}"

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.posts]


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    """Sarah's channel, and the server behind it."""
    server = Chat()
    monkeypatch.setenv("TEND_CHAT_SARAH", server.address)
    with_channel()
    yield server
    server.is_over.set()
    server.server.shutdown()
    server.server.server_close()
    server.thread.join()


def with_channel(**settings: Any) -> None:
    channel = ChatChannel.model_validate({"format": "slack", "to": [SARAH]} | settings)
    with engine().begin() as connection:
        apply(connection, the_shipped_playbook().model_copy(update={"chat": {"sarah": channel}}))


def a_mail(key: str = "task:1", **data: Any) -> int:
    """The mail about a task of Sarah's, on its way; gives the task."""
    contact = a_contact(f"{key}@example.com".replace(":", ""), first_name="Ana", company="A & B <Co>")
    task = a_task(contact, due_at=NOON)
    message = NewMessage(
        key=key,
        contact_id=contact,
        run_id=None,
        kind=MessageKind.TASK,
        template="lead_qualification/call_lead",
        to_address=SARAH,
        task_id=task,
        data=data,
    )
    with engine().begin() as connection:
        queue_messages(connection, [message], NOON)
    return task


def deliver(now: datetime = NOON) -> dict[str, int]:
    return dict(deliver_notes_now(lambda: now, local))


def local(address: str) -> WebhookTarget:
    return resolve(address, allow_private=True)


def states() -> list[tuple[str, int]]:
    return [tuple(row) for row in rows("SELECT state, tries FROM chat_note ORDER BY id")]


def test_a_task_is_posted_once_with_the_words_of_its_mail_and_a_signature(chat: Chat) -> None:
    a_mail()

    assert deliver() == {"sent": 1}
    assert deliver() == {}
    ((path, headers, body),) = chat.posts
    assert path == f"/services/{SECRET}"
    assert headers["X-Tend-Signature"] == sign(body, signing_key(), NOON)
    (said,) = chat.bodies()
    assert said["text"].startswith("Call Ana at A &amp; B &lt;Co&gt; by")
    assert said["blocks"][1]["text"]["text"].startswith("For Sarah Miller.")
    assert "/tasks/" in said["blocks"][-1]["elements"][0]["url"]


def test_late_tasks_are_one_note_with_a_line_for_each(chat: Chat) -> None:
    for number in range(3):
        a_task(a_contact(f"{number}@example.com", first_name=f"Lead {number}"), due_at=NOON - timedelta(hours=1))
    with engine().begin() as connection:
        send_reminders(connection, NOON)

    assert deliver() == {"sent": 1}
    (said,) = chat.bodies()
    assert said["blocks"][1]["text"]["text"].count("\n• <http") == 3


@pytest.mark.parametrize("answer", [500, 503, 429])
def test_what_the_other_side_does_not_take_now_is_tried_again_later_and_then_sent_once(chat: Chat, answer: int) -> None:
    a_mail()
    chat.answers = [(answer, {})]

    assert deliver() == {"queued": 1}
    assert deliver(NOON + timedelta(seconds=29)) == {}
    assert deliver(NOON + timedelta(seconds=30)) == {"sent": 1}
    assert len(chat.posts) == 2


def test_it_waits_as_long_as_the_other_side_asks(chat: Chat) -> None:
    a_mail()
    chat.answers = [(429, {"Retry-After": "120"})]
    deliver()

    assert deliver(NOON + timedelta(seconds=119)) == {}
    assert deliver(NOON + timedelta(seconds=120)) == {"sent": 1}


@pytest.mark.parametrize("answer", [400, 403, 404, 410, 301])
def test_what_will_never_be_taken_fails_at_once_and_leads_nowhere_else(chat: Chat, answer: int) -> None:
    a_mail()
    chat.answers = [(answer, {"Location": chat.address})]

    assert deliver() == {"failed": 1}
    assert deliver(NOON + timedelta(days=1)) == {}
    assert len(chat.posts) == 1
    assert rows("SELECT reason FROM chat_note") == [(f"{answer} no_service",)]


def test_an_answer_that_does_not_end_holds_up_nothing(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_webhook, "DEADLINE_SECONDS", 0.1)
    for number in range(MOST_SILENCES + 2):
        a_mail(f"task:{number}")
    chat.answers = [(TRICKLES, {})] * (MOST_SILENCES + 2)

    assert deliver() == {"unknown": MOST_SILENCES}
    assert deliver() == {"unknown": 2}


def test_a_long_answer_is_read_no_further_than_needed(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_webhook, "LONGEST_ANSWER", 2)
    a_mail()
    chat.answers = [(404, {})]
    deliver()
    assert rows("SELECT reason FROM chat_note") == [("404 no",)]


def test_in_a_channel_that_a_team_reads_nothing_leads_to_anybodys_page(chat: Chat) -> None:
    with_channel(to=["Inbound"])
    a_mail()
    for number in range(2):
        a_task(a_contact(f"{number}@example.com", first_name=f"Lead {number}"), due_at=NOON - timedelta(hours=1))
    with engine().begin() as connection:
        send_reminders(connection, NOON)

    assert deliver() == {"sent": 2}
    assert not [word for word in ("/work/", "/tasks/", "/offers/", "http") if word in str(chat.bodies())]
    assert "opens it from their own mail" in str(chat.bodies()[0])


def test_a_new_channel_begins_with_what_is_new(chat: Chat) -> None:
    a_mail()
    assert deliver(NOON + timedelta(hours=1)) == {}
    a_mail("task:2")
    assert deliver(NOON + timedelta(minutes=1)) == {"sent": 2}


def test_what_may_have_arrived_is_not_posted_again(chat: Chat) -> None:
    a_mail()
    chat.answers = [(0, {})]

    assert deliver() == {"unknown": 1}
    assert deliver(NOON + timedelta(hours=1)) == {}


def test_a_server_that_is_not_there_is_tried_with_growing_pauses_and_given_up(chat: Chat) -> None:
    a_mail()
    with_closed = WebhookTarget("http://127.0.0.1:1/x", "chat.example.com")
    now, tries = NOON, []
    for _ in range(MOST_TRIES):
        tries.append(dict(deliver_notes_now(lambda now=now: now, lambda _: with_closed)))
        now += timedelta(hours=1)

    assert tries == [{"queued": 1}] * (MOST_TRIES - 1) + [{"failed": 1}]


def test_a_note_whose_sender_died_is_unknown(chat: Chat) -> None:
    a_mail()
    chat.answers = [(500, {})]
    deliver()
    write("UPDATE chat_note SET state = 'sending', handed_at = :now", now=NOON)

    deliver(NOON + timedelta(minutes=4))
    assert states() == [("sending", 1)]
    deliver(NOON + timedelta(minutes=6))
    assert states() == [("unknown", 1)]


def test_two_processes_post_once(chat: Chat) -> None:
    for number in range(6):
        a_mail(f"task:{number}")
    both = [threading.Thread(target=deliver) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(chat.posts) == 6
    assert states() == [("sent", 1)] * 6


def test_what_is_over_is_left_out(chat: Chat) -> None:
    task = a_mail()
    write("UPDATE task SET done_at = :now WHERE id = :task", now=NOON, task=task)

    assert deliver() == {"left out": 1}
    assert chat.posts == []


def test_only_the_kinds_that_a_channel_asks_for_and_only_its_people(chat: Chat) -> None:
    with_channel(to=["Inbound"], notes=["reminder"])
    a_mail("task:1")
    a_mail("task:2", reminder=1)
    write("UPDATE message SET to_address = 'jackie.lund@brightwater.example.com' WHERE key = 'task:1'")

    assert deliver() == {"sent": 1}


def test_nothing_of_the_address_stands_in_logs_or_tables(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    a_mail()
    chat.answers = [(404, {})]
    deliver()

    assert SECRET not in caplog.text
    assert SECRET not in str(rows("SELECT * FROM chat_note"))


def test_without_an_address_the_note_says_what_is_to_be_set(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEND_CHAT_SARAH")
    a_mail()

    assert deliver() == {"failed": 1}
    assert rows("SELECT reason FROM chat_note") == [("TEND_CHAT_SARAH is not set, where its address would stand",)]


def test_the_demo_posts_nothing(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_DEMO", "1")
    a_mail()

    assert deliver() == {"left out": 1}
    assert chat.posts == []


def test_the_clock_knows_whether_there_is_something_to_post(chat: Chat) -> None:
    with engine().connect() as connection:
        assert next_note(connection, NOON) is None
    a_mail()
    chat.answers = [(500, {})]
    with engine().connect() as connection:
        assert next_note(connection, NOON) == NOON
    deliver()
    with engine().connect() as connection:
        assert next_note(connection, NOON) == NOON + timedelta(seconds=30)


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/services/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://10.1.2.3/x",
        "https://192.168.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[fd00::1]/x",
        "https://[fe80::1%25eth0]/x",
        "https://0.0.0.0/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://100.64.0.1/x",
        "https://224.0.0.1/x",
        "https://user:pass@8.8.8.8/x",
        "https:///x",
        "https://[::1/x",
        "https://no-such-host.invalid/x",
        "ftp://8.8.8.8/x",
        "https://8.8.8.8:99999/x",
    ],
)
def test_an_address_that_leads_into_a_private_network_or_nowhere_is_refused(address: str) -> None:
    with pytest.raises(BadWebhook) as refused:
        resolve(address)
    assert address not in str(refused.value)


def test_a_public_address_is_connected_to_as_it_was_looked_up() -> None:
    assert resolve("https://8.8.8.8:8443/hook?x=1") == WebhookTarget("https://8.8.8.8:8443/hook?x=1", "8.8.8.8:8443")
