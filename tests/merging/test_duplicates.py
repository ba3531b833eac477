"""Contacts that look like one person are listed with the reasons, and families, firms and switchboards are not."""

from typing import Any

import pytest

from models import DuplicateReason, Identifier
from models.database import engine
from models.identity.identifiers import record_current
from models.merging.duplicates import (
    CERTAIN,
    find_duplicates,
    in_order_to_keep,
    likelihood,
    pairs_to_merge,
    say_two_people,
)
from tests.support.database import rows
from tests.support.merging import merge, separate
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW, a_contact, add

PHONE = "+12075550123"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def person(first: str | None = None, last: str | None = None, **columns: Any) -> int:
    named = {"first_name": first, "last_name": last, "email": None, "company": None} | columns
    contact = a_contact(**named)
    with engine().begin() as connection:
        record_current(connection, [contact], "test", NOW)
    return contact


def found() -> list[tuple[int, int, list[str]]]:
    find_duplicates(engine(), NOW)
    return [
        tuple(row)
        for row in rows(
            "SELECT contact_id, other_id, reasons FROM likely_duplicate WHERE decided_at IS NULL ORDER BY id"
        )
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann.lee@gmail.com", "annlee@gmail.com"),
        ("a.n.n.l.e.e@gmail.com", "ann.lee@googlemail.com"),
        ("annlee@gmail.com", "ann.lee+news@gmail.com"),
        ("ann@outlook.com", "ann+shop@outlook.com"),
        ("ann+a@icloud.com", "ann+b@icloud.com"),
    ],
)
def test_what_a_provider_delivers_to_one_mailbox_is_one_mailbox(one: str, other: str) -> None:
    ann, twin = person(email=one), person(email=other)
    assert found() == [(ann, twin, ["same mailbox"])]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann.lee@outlook.com", "annlee@outlook.com"),
        ("ann.lee@acme.example", "annlee@acme.example"),
        ("ann@acme.example", "ann+news@acme.example"),
        ("ann@outlook.com", "ann@hotmail.com"),
    ],
)
def test_a_dot_or_a_plus_elsewhere_may_be_another_mailbox(one: str, other: str) -> None:
    person(email=one), person(email=other)
    assert found() == []


def test_a_mailbox_under_two_names_is_no_proof() -> None:
    ann, bob = person("Ann", "Lee", email="lee.family@gmail.com"), person("Bob", "Lee", email="leefamily@gmail.com")
    assert found() == [(ann, bob, ["same mailbox, another name"])]
    with engine().connect() as connection:
        assert pairs_to_merge(connection, CERTAIN, 10) == []


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (("Ann", "Lee"), ("ANN", "LEE"), "same number and name"),
        (("Robert", "Smith"), ("Bob", "Smith"), "same number and name"),
        (("Ann", "Lee"), (None, None), "same number, names that fit"),
        (("Ann", None), ("Ann", "Lee"), "same number, names that fit"),
        (("Ann", "Lee"), ("Bob", "Lee"), None),
        (("Ann", "Lee"), ("Carla", "Diaz"), None),
    ],
)
def test_a_shared_number_is_one_person_if_the_names_fit(one: Any, other: Any, reason: str | None) -> None:
    ann = person(*one, phone=PHONE, email="one@example.com")
    twin = person(*other, phone=PHONE, email="two@example.com")
    assert found() == ([(ann, twin, [reason])] if reason else [])


def test_the_number_may_be_the_mobile_one_of_the_other() -> None:
    ann, twin = person("Ann", "Lee", phone=PHONE, email="a@example.com"), person("Ann", "Lee", mobile_phone=PHONE)
    assert found() == [(ann, twin, ["same number and name"])]


def test_other_extensions_are_other_people() -> None:
    for extension in ("11", "12"):
        person(phone=PHONE, phone_extension=extension, email=f"{extension}@example.com")
    assert found() == []


def test_a_switchboard_makes_nobody_look_like_anybody() -> None:
    for number in range(11):
        person(phone=PHONE, email=f"{number}@example.com")
    assert found() == []


def test_a_name_counts_with_the_company_or_the_postal_address() -> None:
    ann = person("Ann", "Lee", company="Acme", street="5 Main St", postal_code="02101")
    by_company = person("ann", "lee", company="ACME ")
    by_address = person("Ann", "Lee ", street="5 main st", postal_code="02101")
    person("Ann", "Lee", company="Beta")
    person("Bob", "Lee", company="Acme", street="5 Main St", postal_code="02101")
    person(None, "Lee", company="Acme")
    assert found() == [
        (ann, by_company, ["same name and company"]),
        (ann, by_address, ["same name and postal address"]),
    ]


def test_a_name_counts_with_the_mailbox_name_at_another_provider_and_with_a_senders_id() -> None:
    ann, twin = (person("Ann", "Lee", email=f"ann.lee@{domain}.example") for domain in ("acme", "home"))
    bob, his = (person("Bob", "Ray", email=f"{domain}@{domain}.example") for domain in ("acme", "home"))
    for contact, value in ((bob, "crm:4711"), (his, "shop:4711")):
        seen = {"first_seen_at": NOW, "last_seen_at": NOW}
        add(Identifier, contact_id=contact, kind="source_key", value=value, **seen)
    assert found() == [
        (ann, twin, ["same name, same mailbox name at two providers"]),
        (bob, his, ["same name, same id at two senders"]),
    ]


def test_several_reasons_are_likelier_than_one_and_no_duplicate_is_certain() -> None:
    assert likelihood([DuplicateReason.NUMBER]) < likelihood([DuplicateReason.NUMBER, DuplicateReason.COMPANY])
    assert likelihood(DuplicateReason) == 99


def test_two_people_are_never_shown_again() -> None:
    ann, twin = person("Ann", "Lee", company="Acme"), person("Ann", "Lee", company="Acme")
    assert len(found()) == 1
    with engine().begin() as connection:
        say_two_people(connection, twin, ann, "nora", NOW)
    assert found() == []


def test_what_looks_alike_no_longer_is_forgotten() -> None:
    person("Ann", "Lee", company="Acme"), person("Ann", "Lee", company="Acme")
    assert len(found()) == 1
    with engine().begin() as connection:
        connection.exec_driver_sql("UPDATE contact SET company = NULL")
    later = NOW.replace(year=NOW.year + 1)
    find_duplicates(engine(), later)
    assert rows("SELECT count(*) FROM likely_duplicate") == [(0,)]


def test_what_was_said_of_the_merged_contact_holds_for_the_kept_one() -> None:
    ann, bea, cora = (person("Ann", "Lee", company="Acme") for _ in range(3))
    assert len(found()) == 3
    with engine().begin() as connection:
        say_two_people(connection, bea, cora, "nora", NOW)
    merged = merge(ann, bea)
    assert rows("SELECT contact_id, other_id, decided_by FROM likely_duplicate") == [(ann, cora, "nora")]
    separate(merged)
    decided = rows("SELECT contact_id, other_id FROM likely_duplicate WHERE decided_at IS NOT NULL ORDER BY 1, 2")
    assert decided == [(ann, bea), (ann, cora), (bea, cora)]


def test_the_further_contact_is_kept_then_the_one_with_an_email_then_the_older() -> None:
    assert in_order_to_keep((1, "mgl", True), (2, "customer", False)) == (2, 1)
    assert in_order_to_keep((1, "mgl", False), (2, "mgl", True)) == (2, 1)
    assert in_order_to_keep((2, "mgl", True), (1, "mgl", True)) == (1, 2)
