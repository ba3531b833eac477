"""What many leads of a source say alike is read once; nobody can tell that from what is stored."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from models.leads.reading import source_rules
from models.leads.reading.lead import Lead
from models.leads.reading.read_lead import read_lead
from models.leads.reading.source_rules import rules_for
from tests.support.playbook import the_shipped_playbook

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLAYBOOK = the_shipped_playbook()
ROW = {
    "email": "ann@example.com",
    "name": "LEE, ANN",
    "state": "calif.",
    "company size": "51-200",
    "revenue": "plenty",
    "biggest challenge": "coffee",
    "no email": "perhaps",
    "interests": "Hiring; Sales",
}


def read(raw: Mapping[str, Any]) -> Lead:
    return read_lead("website", PLAYBOOK, raw, NOW)


def test_a_row_that_says_the_same_again_is_read_as_the_first_with_all_that_cannot_be_read() -> None:
    first, second = read(ROW), read(ROW)
    assert {one.field for one in first.unread} == {"annual_revenue", "challenge", "do_not_email"}
    assert second == first
    assert second.wants_mail is False


def test_the_same_words_mean_what_they_mean_where_each_person_is() -> None:
    american, canadian = read(ROW | {"state": "PE"}), read(ROW | {"state": "P.E.I.", "country": "Canada"})
    assert (american.fields["state"], canadian.fields["state"]) == ("PE", "PE")
    assert read(ROW | {"state": "P.E.I."}).fields["state"] == "P.E.I."
    assert read(ROW | {"name": "Brandt Anna", "country": "Hungary"}).fields.get("first_name") is None
    assert read(ROW | {"name": "Brandt Anna"}).fields["first_name"] == "Brandt"


def test_one_lead_that_is_changed_changes_no_other() -> None:
    first = read(ROW)
    first.custom["interests"].append("Golf")
    assert read(ROW).custom["interests"] == ["Hiring", "Sales"]


def test_a_source_that_was_changed_reads_by_its_new_rules() -> None:
    website = PLAYBOOK.sources["website"].model_copy(update={"empty": ("plenty",)})
    changed = PLAYBOOK.model_copy(update={"sources": {**PLAYBOOK.sources, "website": website}})
    assert "annual_revenue" in {one.field for one in read(ROW).unread}
    lead = read_lead("website", changed, ROW, NOW)
    assert "annual_revenue" not in {one.field for one in lead.unread}


def test_a_stream_of_ever_new_texts_and_sources_keeps_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_rules, "MOST_KEPT", 50)
    rules = rules_for(PLAYBOOK.sources["website"], PLAYBOOK)
    for number in range(200):
        assert read(ROW | {"company": f"Firm {number}"}).fields["company"] == f"Firm {number}"
        read_lead(f"nowhere {number}", PLAYBOOK, ROW, NOW)
    assert len(rules.readings) <= 50
    assert len(source_rules._rules) <= source_rules.MOST_SOURCES
