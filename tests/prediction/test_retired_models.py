"""A database from before landmarks: what its model said, having learned from the outcome, is not said any more."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from deployments.stack.postgres import Postgres
from models.database import MIGRATIONS, engine, migrate
from models.prediction import newest_model_card

BEFORE = "0005"

OLD_ROWS = """
INSERT INTO contact (id, email, probability, probability_reasons) VALUES
    (1, 'lead@example.com', 0.7, '["Source is Web"]');
INSERT INTO prediction_model (trained_at, document) VALUES ('2026-11-01', :document)
"""
DOCUMENT = (
    '{"intercept": 0.5, "terms": [], "random": null, "newest": null, "leads": 500, "won": 90, "left_out": [], '
    '"horizon_days": 44.5, "window_days": 7.0, "undecided": 12, "proposed": "", "leave_out": {"Source": "one for all"}}'
)


@pytest.fixture
def old_database(postgres_server: Postgres) -> Iterator[Connection]:
    """Brought up to date after it was filled."""
    postgres_server.create_database("models_of_old")
    address = postgres_server.url("models_of_old")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine(address).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        for statement in OLD_ROWS.split(";"):
            connection.execute(text(statement), {"document": DOCUMENT})
    migrate(address)
    with engine(address).connect() as connection:
        yield connection
    engine(address).dispose()


def test_an_old_model_is_not_used_and_what_was_left_out_by_hand_is_known(old_database: Connection) -> None:
    card = newest_model_card(old_database)
    assert card
    assert card.in_use == ()
    assert not card.beats_guessing
    assert card.leave_out == {"Source": "one for all"}
    told = old_database.execute(text("SELECT probability, probability_reasons FROM contact")).all()
    assert told == [(None, None)]
