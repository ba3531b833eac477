"""A database from before proofs were kept: who had left has left, and who had agreed has agreed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from deployments.stack.postgres import Postgres
from models.database import MIGRATIONS, engine, migrate
from models.mail.consent import ConsentStatement
from models.mail.suppression import apply_choices
from tests.support.mail.outbox import NOON

BEFORE = "0004"
DAY = timedelta(days=1)

OLD_ROWS = """
INSERT INTO contact (id, email, suppressed, suppressed_at, consent_at) VALUES
    (1, 'left@example.com', 'unsubscribed', :left, :agreed),
    (2, 'back@example.com', NULL, NULL, NULL),
    (3, 'bounced@example.com', 'bounced', :left, NULL),
    (4, 'agreed@example.com', NULL, NULL, :agreed);
INSERT INTO event (name, contact_id, source, at, received_at, reacted_at) VALUES
    ('unsubscribed', 2, 'unsubscribe', :left, :left, :left), ('resubscribed', 2, 'unsubscribe', :back, :back, :back),
    ('unsubscribed', 3, 'unsubscribe', :left, :left, :left), ('form_submitted', 4, 'api', :long_ago, :back, NULL)
"""


@pytest.fixture
def old_database(postgres_server: Postgres) -> Iterator[Connection]:
    """Brought up to date after it was filled."""
    postgres_server.create_database("consents_of_old")
    address = postgres_server.url("consents_of_old")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    moments = {"left": NOON - 3 * DAY, "agreed": NOON - DAY, "back": NOON - 2 * DAY, "long_ago": NOON - 99 * DAY}
    with engine(address).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        for statement in OLD_ROWS.split(";"):
            connection.execute(text(statement), moments)
    migrate(address)
    with engine(address).connect() as connection:
        yield connection
    engine(address).dispose()


def test_an_upgraded_database_knows_who_has_left(old_database: Connection) -> None:
    everybody = [1, 2, 3, 4]
    undated = [ConsentStatement(contact_id=one, is_given=True, at=NOON, is_dated=False) for one in everybody]
    apply_choices(old_database, undated, NOON, "import")
    standing = text("SELECT suppressed FROM contact ORDER BY id")
    assert old_database.execute(standing).scalars().all() == ["unsubscribed", None, "bounced", None]
    agree = [ConsentStatement(contact_id=one, is_given=True, at=NOON) for one in everybody]
    apply_choices(old_database, agree, NOON, "form")
    assert old_database.execute(standing).scalars().all() == [None, None, "bounced", None]
    late = "SELECT is_history FROM event WHERE name = 'form_submitted'"
    assert old_database.execute(text(late)).scalar_one()
