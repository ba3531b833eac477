"""The demo of version 0.1.0, which played in the installation's own database: finds it there and takes it away.

Its people are known by the numbers that the sample file gave them. Who has also come in another way since, or has been
made one with somebody who has, is no longer the demo's alone and stays.
"""

import os

import psycopg
from sqlalchemy import Connection, text

from deployments.demo.simulation import pause_clocks
from deployments.stack.paths import HOME
from deployments.stack.postgres import Postgres
from models.database import engine, id_list, lock_contacts

SAMPLE = "^(website|campaign|api|call-center|telemarketing|tradeshow):sample-[0-9]{4}$"

FIND = text("""
SELECT contact_id FROM event GROUP BY contact_id
HAVING bool_or(key ~ :sample)
   AND NOT bool_or(name IN ('form_submitted', 'lead_imported') AND source <> 'demo'
                   AND coalesce(key !~ :sample, true))
""")

OF_CONTACTS = """
CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
SELECT id, key FROM message WHERE contact_id = ANY(CAST(:contacts AS bigint[]))
    OR contact_id IS NULL AND queued_at < (
        SELECT coalesce(min(received_at), 'infinity') FROM event WHERE contact_id <> ALL(CAST(:contacts AS bigint[])))
"""
"""Their mails, and those to colleagues from before anybody else came, which were about them."""

DELETIONS = (
    "DELETE FROM letter USING gone WHERE letter.message_key = gone.key",
    "DELETE FROM mail_event USING gone WHERE mail_event.message_id = gone.id",
    "DELETE FROM inbound_mail WHERE contact_id = ANY(CAST(:contacts AS bigint[]))",
    "DELETE FROM message USING gone WHERE message.id = gone.id",
    # All other rows about them go with their contact.
    "DELETE FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))",
    # Of people who never were nothing is to be counted.
    *(
        f"DELETE FROM {table} WHERE contact_id = ANY(CAST(:contacts AS bigint[]))"
        for table in ("erased_message", "erased_run", "erased_draw", "deleted_contact")
    ),
    """DELETE FROM rejected_lead WHERE position(convert_to('"event_id": "sample-', 'UTF8') IN raw) > 0""",
    # Nobody is to make up for leads that never were.
    "UPDATE router_member SET credit = 0 WHERE NOT EXISTS (SELECT FROM contact)",
    "DELETE FROM candidate_set WHERE NOT EXISTS (SELECT FROM contact)",
    "DELETE FROM prediction_model WHERE NOT EXISTS (SELECT FROM contact)",
)


def use_own_database() -> bool:
    """Let this process work on the database that is not the demo's; False when it takes no connections now."""
    address = os.environ.get("TEND_DATABASE_URL") or Postgres(HOME / "postgres").url()
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    os.environ["TEND_DATABASE_URL"] = address
    return True


def find_earlier_demo(connection: Connection) -> list[int]:
    """The contacts that only the demo has brought."""
    return list(connection.execute(FIND, {"sample": SAMPLE}).scalars())


def delete_earlier_demo() -> int:
    """Delete them with all that is about them, in one transaction, while the clocks pause; returns how many."""
    with pause_clocks(), engine().begin() as connection:
        contacts = lock_contacts(connection, find_earlier_demo(connection))
        given = {"contacts": id_list(contacts)}
        for statement in (OF_CONTACTS, *DELETIONS):
            connection.execute(text(statement), given if ":contacts" in statement else {})
    return len(contacts)
