"""Split tests that have run for a while: who was drawn, and what they did, as rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from models.database import engine
from models.playbook import apply, load
from models.splits.evaluation import EvaluatedSplit, evaluate_by_name
from tests.support.database import write
from tests.support.playbook import SHIPPED

DAY = timedelta(days=1)
# Pages show what is so now; it is noon, so that hours do not make days.
NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - DAY
SHIPPED_TESTS = "split_tests:" + SHIPPED.read_text().partition("\nsplit_tests:")[2].partition("\n\n")[0]


def a_playbook(folder: Path, tests: str) -> Path:
    """The shipped one with other split tests, as a file."""
    path = folder / "playbook.yaml"
    path.write_text(SHIPPED.read_text().replace(SHIPPED_TESTS, f"split_tests:\n{tests}\n"))
    return path


def apply_split_tests(folder: Path, tests: str) -> None:
    """Put a playbook with these split tests in force."""
    with engine().begin() as connection:
        apply(connection, load(a_playbook(folder, tests)))


def a_test(name: str = "invitation", weights: str = '{"a": 1, "b": 1}', **columns: object) -> None:
    about = {"journey": "lead_nurture", "is_holdout": False} | columns
    write(
        "INSERT INTO split_test (name, journey, weights, is_holdout, started_at) "
        "VALUES (:name, :journey, CAST(:weights AS jsonb), :is_holdout, :at) ON CONFLICT DO NOTHING",
        **about | {"name": name, "weights": weights, "at": NOW - 90 * DAY},
    )


def a_contact() -> int:
    with engine().begin() as connection:
        statement = text("INSERT INTO contact (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id")
        return int(connection.execute(statement).scalar_one())


def a_draw(contact: int, variant: str, at: datetime, test: str = "invitation", **columns: str) -> int:
    """A contact in a variant since a moment; gives the contact."""
    about = {"how": "drawn", "weights": '{"a": 1, "b": 1}'} | columns
    write(
        "INSERT INTO split_draw (test, contact_id, variant, how, weights, at) "
        "VALUES (:test, :contact, :variant, :how, CAST(:weights AS jsonb), :at)",
        **about | {"test": test, "contact": contact, "variant": variant, "at": at},
    )
    return contact


def emit_event(contact: int, name: str, at: datetime, topic: str | None = None, data: str = "{}") -> None:
    write(
        "INSERT INTO event (contact_id, name, topic, source, data, at) "
        "VALUES (:contact, :name, :topic, 'test', CAST(:data AS jsonb), :at)",
        **{"contact": contact, "name": name, "topic": topic, "data": data, "at": at},
    )


def draw_many(
    variant: str, contacts: int, successes: int, *, event: str = "order_placed", test: str = "invitation"
) -> None:
    """Contacts drawn one after the other from 80 days to 40 days ago; the successes are spread evenly over them."""
    write(
        """
        WITH made AS (INSERT INTO contact (email)
                      SELECT gen_random_uuid() || '@example.com' FROM generate_series(1, :contacts) RETURNING id),
        numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS number FROM made),
        draws AS (INSERT INTO split_draw (test, contact_id, variant, how, weights, at)
                  SELECT t.name, id, :variant, 'drawn', t.weights,
                         CAST(:now AS timestamptz) - interval '80 days' + number * interval '40 days' / :contacts
                  FROM numbered JOIN split_test t ON t.name = :test)
        INSERT INTO event (contact_id, name, source, at)
        SELECT id, :event, 'test',
               CAST(:now AS timestamptz) - interval '79 days' + number * interval '40 days' / :contacts
        FROM numbered WHERE number * :successes / :contacts > (number - 1) * :successes / :contacts
        """,
        **{"variant": variant, "contacts": contacts, "successes": successes, "event": event, "test": test, "now": NOW},
    )


def decide(test: str = "invitation", now: datetime = NOW) -> EvaluatedSplit:
    with engine().connect() as connection:
        found = evaluate_by_name(connection, test, now)
    assert found is not None
    return found
