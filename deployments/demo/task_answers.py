"""What the salespeople of the demo fill in after a talk: what was said, what happens next, when they talk again."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.playbook import current_playbook
from models.response.first_contact import CONVERSATION_OUTCOMES
from models.tasks.form import form_fields
from models.values.custom_field import CustomField, FieldType

SAID = (
    "You want to be out of the day's business by the end of the year, and every estimate still lands on your desk.",
    "You lost two good people this spring, and finding new ones takes your evenings.",
    "Your order book is full until autumn. What comes after it worries you more than you like to show.",
)
STEPS = (
    "I send you what I would do in your place.\nYou show it to your partner.",
    "You write down who decides what today.\nI bring two examples from firms of your size.",
)
AGREED = 0.7
"""Chance that they fixed a day for the next talk."""
DAYS = (3, 30)


def fill_in(connection: Connection, task: int, form: Sequence[str], outcome: str, at: datetime) -> dict[str, Any]:
    """The answers by field; empty when the outcome says that nobody was reached."""
    if not outcome.startswith(CONVERSATION_OUTCOMES):
        return {}
    draw = random.Random(f"answers {task}")
    answers = {
        name: _answer(name, field, draw, at) for name, field in form_fields(form, current_playbook(connection)).items()
    }
    return {name: answer for name, answer in answers.items() if answer is not None}


def _answer(name: str, field: CustomField, draw: random.Random, at: datetime) -> str | None:
    if field.type is FieldType.DROPDOWN:
        return draw.choice(field.options)
    if field.type is FieldType.DATE:
        day = at.date() + timedelta(days=draw.randint(*DAYS))
        return day.isoformat() if draw.random() < AGREED else None
    return draw.choice(STEPS if name == "next_steps" else SAID) if field.long else None
