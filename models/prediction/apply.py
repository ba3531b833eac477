"""Gives every open lead its probability by the stored models, chunk by chunk, each in a transaction of its own."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, RowMapping, text

from models.database import locking_contacts, to_json
from models.playbook import Playbook, current_playbook
from models.prediction.model_card import LandmarkModel, ModelCard
from models.prediction.reasons import reasons
from models.prediction.training_history import LEADS, feature_table, read_activity

BATCH_SIZE = 20_000

BATCH_ENDS = text("""
    -- Where chunks of contacts end, in the order of their numbers.
    SELECT max(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / :size AS chunk FROM contact) numbered
    GROUP BY chunk ORDER BY chunk
""")

CHANGED = """
        SELECT contact.id, given.probability, given.reason, given.day
        FROM contact LEFT JOIN given ON given.id = contact.id
        WHERE contact.id > :after AND contact.id <= :until
          AND (contact.probability, contact.probability_reasons, contact.probability_day)
              IS DISTINCT FROM (given.probability, given.reason, given.day)
"""

WRITE = text(f"""
    -- What stays the same is not written again.
    WITH given AS MATERIALIZED (
        SELECT id, probability, reason, day FROM json_to_recordset(CAST(:rows AS json))
               AS given (id bigint, probability numeric(5, 4), reason jsonb, day int)),
    locked AS MATERIALIZED (
        {locking_contacts(CHANGED)})
    UPDATE contact SET probability = locked.probability, probability_reasons = locked.reason,
                       probability_day = locked.day
    FROM locked WHERE contact.id = locked.id
""")


def apply_model(engine: Engine, card: ModelCard | None, now: datetime) -> Iterator[tuple[float, int]]:
    """Store probability and reasons; after each chunk yields the share that is done and how many leads got one.

    A lead has one that came within the horizon, has neither bought nor been suppressed since, and is of an age at which
    a model is in use. Nobody else has a probability, and without a card nobody at all.
    """
    with engine.connect() as connection:
        ends = list(connection.scalars(BATCH_ENDS, {"size": BATCH_SIZE}))
        playbook = current_playbook(connection)
    after = 0
    for number, until in enumerate(ends, start=1):
        span = {"after": after, "until": until}
        yield number / len(ends), _apply(engine, card, playbook, span, now)
        after = until


def _apply(engine: Engine, card: ModelCard | None, playbook: Playbook, span: dict[str, int], now: datetime) -> int:
    with engine.begin() as connection:
        rows: list[dict[str, Any]] = []
        if card and card.in_use:
            leads = connection.execute(LEADS, span | {"now": now}).mappings().all()
            for landmark, of_its_age in _by_landmark(leads, card, now):
                rows += _predict(connection, landmark, of_its_age, playbook)
        connection.execute(WRITE, span | {"rows": to_json(rows)})
    return len(rows)


def _by_landmark(
    leads: Sequence[RowMapping], card: ModelCard, now: datetime
) -> list[tuple[LandmarkModel, list[RowMapping]]]:
    """The open leads, by the model that is for their age."""
    is_open = [lead for lead in leads if lead["over_at"] is None and lead["came_at"] + card.horizon > now]
    groups: dict[int, list[RowMapping]] = {one.day: [] for one in card.in_use}
    for lead in is_open:
        if landmark := card.model_at(now - lead["came_at"]):
            groups[landmark.day].append(lead)
    return [(one, groups[one.day]) for one in card.in_use if groups[one.day]]


def _predict(
    connection: Connection, landmark: LandmarkModel, leads: Sequence[RowMapping], playbook: Playbook
) -> list[dict[str, Any]]:
    """By what was known on the landmark day, as in training: what came after it was never learned from."""
    model = landmark.trained.model
    done = read_activity(connection, leads, timedelta(days=landmark.day))
    table = feature_table(leads, done, playbook, [term.feature.name for term in model.terms])
    rounded = np.round(model.probabilities(table), 4)
    return [
        {"id": lead["contact_id"], "probability": Decimal(f"{chance:.4f}"), "reason": why, "day": landmark.day}
        for lead, chance, why in zip(leads, rounded, reasons(model, table), strict=True)
    ]
