"""Two contacts who are one person become one: nothing about either is lost, and nothing is there twice."""

import pytest

from models.database import engine
from models.merging import merge_contacts
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact


def merge(kept: int, merged: int, reason: str = "the same number") -> int:
    with engine().begin() as connection:
        return merge_contacts(connection, kept, merged, reason, "ann@ops.example", NOW)


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    apply_playbook()


def test_gaps_are_filled_and_what_was_known_stays() -> None:
    kept = a_contact(email="ann@example.com", first_name="Ann", last_name="Lee", company=None, phone=None)
    merged = a_contact(
        email="ann.lee@acme.example", first_name="Ann", last_name="Li", company="Acme", phone="+12075550123"
    )
    merge(kept, merged)
    (row,) = rows("SELECT id, email, first_name, last_name, company, phone FROM contact")
    assert row == (kept, "ann@example.com", "Ann", "Lee", "Acme", "+12075550123")
