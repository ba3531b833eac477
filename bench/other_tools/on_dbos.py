"""The yardstick DBOS: lead_nurture as its documents advise. Runs in the environment of requirements.txt beside it.

    python bench/other_tools/on_dbos.py ADDRESS CONTACTS WORKERS

Each mail is a datasource transaction, so that outbox row and checkpoint are one commit. A week is a durable sleep of a
millisecond: its row is written, but the workflow stays in memory, so that waking and replaying cost it nothing.
"""

import json
import sys
import threading
import time

from dbos import DBOS, SetWorkflowID, SQLAlchemyDatasource
from sqlalchemy import text

ADDRESS, CONTACTS, WORKERS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ARTICLES = ("article_1", "article_2", "article_3", "article_4", "article_5")
WEEK = 0.001

MAIL = text("""
INSERT INTO message (key, contact_id, run_id, kind, template, data, queued_at)
VALUES (:key, :contact, :contact, 'marketing', :template, '{}', now())
""")
POINTS = text("SELECT score >= 30, score >= 10 FROM contact WHERE id = :contact")

DBOS(
    config={
        "name": "lead-nurture",
        "system_database_url": ADDRESS,
        "sys_db_pool_size": WORKERS,
        "max_executor_threads": WORKERS,
        "log_level": "ERROR",
    }
)
outbox = SQLAlchemyDatasource.create(ADDRESS, engine_kwargs={"pool_size": WORKERS, "max_overflow": 0})
started = threading.Event()


@outbox.transaction(isolation_level="READ COMMITTED")
def send(contact: int, article: str) -> str:
    """Write the row of the outbox."""
    row = {"key": f"{contact}:{article}", "contact": contact, "template": f"lead_nurture/{article}"}
    outbox.sql_session().execute(MAIL, row)
    return "queued"


@outbox.transaction(isolation_level="READ COMMITTED")
def read_three_or_one(contact: int) -> list[bool]:
    """What the split asks, in one step."""
    return [bool(found) for found in outbox.sql_session().execute(POINTS, {"contact": contact}).one()]


@DBOS.workflow()
def lead_nurture(contact: int) -> str:
    """Five articles, a week apart, then the split; nobody clicks."""
    started.wait()
    for article in ARTICLES:
        if send(contact, article) != "queued":
            return "cannot be mailed"
        DBOS.sleep(WEEK)
    three, one = read_three_or_one(contact)
    return "handed over to offer_sequence" if three or one else "handed over to re_engagement"


def main() -> None:
    """Put everyone on the workflow, then let them go and take the time."""
    DBOS.launch()
    handles = []
    for contact in range(1, CONTACTS + 1):
        with SetWorkflowID(f"contact-{contact}"):
            handles.append(DBOS.start_workflow(lead_nurture, contact))
    began = time.perf_counter()
    started.set()
    endings = {handle.get_result() for handle in handles}
    seconds = time.perf_counter() - began
    assert endings == {"handed over to re_engagement"}, endings
    print(json.dumps({"turns": CONTACTS * (len(ARTICLES) + 1), "seconds": seconds}))
    DBOS.destroy()


if __name__ == "__main__":
    main()
