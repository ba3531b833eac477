"""The shipped playbook with scoring rules of a test's own, and what a contact's score is made of."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.database import engine
from models.playbook import Playbook, apply, current_playbook
from models.playbook.scoring import Qualification, Scoring
from models.scoring.explanation import Explanation, explain
from models.scoring.nightly import decay_all_scores
from models.values.custom_field import CustomField
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

ROME = "Europe/Rome"


def apply_scoring(
    *rules: Mapping[str, Any],
    thresholds: Mapping[str, int] | None = None,
    decay: str = "3%",
    levels: Mapping[int, str] | None = None,
    falling: Mapping[str, int] | None = None,
    fields: Mapping[str, CustomField] | None = None,
    **more: Any,
) -> Playbook:
    """Put these rules in force, and nothing of the shipped ones."""
    crossed = [{"name": name, "score": score} for name, score in (thresholds or {}).items()]
    crossed += [{"name": name, "score": score, "direction": "falling"} for name, score in (falling or {}).items()]
    scoring = Scoring.model_validate({"decay": decay, "rules": list(rules), "thresholds": crossed})
    qualification = Qualification.model_validate({"levels": levels or {}, **more})
    shipped = the_shipped_playbook()
    company = shipped.company.model_copy(update={"time_zone": ROME})
    parts = {"scoring": scoring, "qualification": qualification, "company": company}
    playbook = shipped.model_copy(update=parts | {"fields": {**shipped.fields, **(fields or {})}})
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook


def score(story: Story, contact: int) -> Decimal:
    """What the contact's score is, after making sure that it is what its explanation adds up to."""
    held = story.column(contact, "score")
    assert explanation(contact, story.now).total == held
    return Decimal(held)


def explanation(contact: int, now: datetime) -> Explanation:
    """Of the contact's score."""
    with engine().connect() as connection:
        return explain(connection, current_playbook(connection), contact, now)


def run_nightly_decay(now: datetime) -> None:
    """The nightly flow's work, whatever the hour."""
    for _ in decay_all_scores(engine(), now):
        pass


def crossings(story: Story, contact: int) -> list[tuple[str, str, datetime]]:
    """(score_rose or score_fell, threshold, moment) in the order in which they were told."""
    rows = story.rows(
        "SELECT name, topic, at FROM event WHERE contact_id = :contact AND name IN ('score_rose', 'score_fell') "
        "ORDER BY id",
        contact=contact,
    )
    return [tuple(row) for row in rows]
