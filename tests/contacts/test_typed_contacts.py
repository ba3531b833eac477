"""Contacts that ops type into a form are found by any address of theirs and by any number that leads to them."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from models.contacts.set_fields import set_fields
from models.contacts.typed_contacts import typed_contacts
from models.leads.capture import capture
from models.leads.reading.lead import Lead
from models.merging import merge_contacts
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_by_address_old_address_and_number_each_once(connection: Connection) -> None:
    bob = a_contact(email="bob@example.com")
    [captured] = capture(connection, [Lead(source="website", at=NOW, email="ann@example.com")], NOW)
    ann = captured.contact_id
    set_fields(connection, [ann], {"email": "ann@new.example"}, NOW)
    typed = ["BOB@example.com ", "ann@example.com", "", f" {ann}", "ann@new.example", str(bob)]
    assert typed_contacts(connection, typed) == ([bob, ann], [])


def test_the_number_of_a_merged_contact_is_that_of_the_one_it_became(connection: Connection) -> None:
    apply_playbook()
    ann, again = a_contact(email="ann@example.com"), a_contact(email=None)
    merge_contacts(connection, ann, again, "same name and company", "ops", NOW)
    assert typed_contacts(connection, [str(again)]) == ([ann], [])


def test_what_nobody_is_found_by_is_given_back_as_it_was_typed(connection: Connection) -> None:
    unknown = ["nobody@example.com", "17", "9" * 19, "9" * 5_000, "ann", "-1", "١٢"]
    assert typed_contacts(connection, unknown) == ([], unknown)
    assert typed_contacts(connection, []) == ([], [])
