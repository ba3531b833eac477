"""The yardstick Absurd: lead_nurture as its documents advise. Runs in the environment of requirements.txt beside it.

    python bench/other_tools/on_absurd.py ADDRESS CONTACTS PROCESSES WORKERS

Each mail is a step whose outbox row and checkpoint are one commit. A week is a sleep of a millisecond, which does
suspend the task: it is scheduled, claimed and replayed again. Workers have a connection each and claim in batches.
"""

import json
import multiprocessing
import sys
import threading
import time
from typing import Any

import psycopg
from absurd_sdk import Absurd, TaskContext
from absurdctl import BUNDLED_SCHEMA_SQL

ARTICLES = ("article_1", "article_2", "article_3", "article_4", "article_5")
WEEK = 0.001
BATCH = 10

MAIL = """
INSERT INTO message (key, contact_id, run_id, kind, template, data, queued_at)
VALUES (%s, %s, %s, 'marketing', %s, '{}', now())
"""
POINTS = "SELECT score >= 30, score >= 10 FROM contact WHERE id = %s"
LEFT = "SELECT count(*) FROM absurd.t_default WHERE state <> 'completed'"


def client(address: str) -> Absurd:
    """A client with a connection of its own that knows the task."""
    connection = psycopg.connect(address, autocommit=True)
    app = Absurd(connection)

    @app.register_task("lead_nurture")
    def lead_nurture(params: Any, context: TaskContext) -> str:
        """Five articles, a week apart, then the split; nobody clicks."""
        for article in ARTICLES:
            send(connection, context, params["contact"], article)
            context.sleep_for(f"a week after {article}", WEEK)
        three, one = context.step("split", lambda: read_three_or_one(connection, params["contact"]))
        return "handed over to offer_sequence" if three or one else "handed over to re_engagement"

    return app


def send(connection: psycopg.Connection, context: TaskContext, contact: int, article: str) -> None:
    """The outbox row and the checkpoint in one commit, unless they are there."""
    step = context.begin_step(article)
    if not step.done:
        with connection.transaction():
            connection.execute(MAIL, (f"{contact}:{article}", contact, contact, f"lead_nurture/{article}"))
            context.complete_step(step, "queued")


def read_three_or_one(connection: psycopg.Connection, contact: int) -> list[bool]:
    """What the split asks, in one step."""
    found = connection.execute(POINTS, (contact,)).fetchone()
    assert found is not None
    return list(found)


def work(address: str, workers: int, ready: Any) -> None:
    """One process: its workers claim until they are ended from outside."""
    clients = [client(address) for _ in range(workers)]
    ready.wait()
    for app in clients:
        options = {"batch_size": BATCH, "poll_interval": 0.01}
        threading.Thread(target=app.start_worker, kwargs=options, daemon=True).start()
    threading.Event().wait()


def put_on_queue(connection: psycopg.Connection, address: str, contacts: int) -> None:
    """The tables of Absurd, and a task per contact."""
    connection.execute(BUNDLED_SCHEMA_SQL.encode())
    app = Absurd(psycopg.connect(address, autocommit=True))
    app.create_queue("default")
    for contact in range(1, contacts + 1):
        app.spawn("lead_nurture", {"contact": contact}, queue="default")


def main(address: str, contacts: int, processes: int, workers: int) -> None:
    """Put everyone on the queue, then let the workers go and take the time."""
    connection = psycopg.connect(address, autocommit=True)
    put_on_queue(connection, address, contacts)
    ready = multiprocessing.Barrier(processes + 1)
    members = [multiprocessing.Process(target=work, args=(address, workers, ready)) for _ in range(processes)]
    for member in members:
        member.start()
    ready.wait()
    began = time.perf_counter()
    while connection.execute(LEFT).fetchone() != (0,):
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    for member in members:
        member.terminate()
    print(json.dumps({"turns": contacts * (len(ARTICLES) + 1), "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], *(int(argument) for argument in sys.argv[2:5]))
