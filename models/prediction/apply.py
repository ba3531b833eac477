"""Gives every open lead its probability by the stored model, chunk by chunk, each in a transaction of its own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import Engine, RowMapping, text

from models.database import locking_contacts, to_json
from models.playbook import Playbook, current_playbook
from models.prediction.model import Model
from models.prediction.reasons import reasons
from models.prediction.training_history import LEADS, feature_table, read_activity

BATCH_SIZE = 20_000

BATCH_ENDS = text("""
    -- Where chunks of contacts end, in the order of their numbers.
    SELECT max(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / :size AS chunk FROM contact) numbered
    GROUP BY chunk ORDER BY chunk
""")

CHANGED = """
        SELECT contact.id, given.probability, given.reason FROM contact LEFT JOIN given ON given.id = contact.id
        WHERE contact.id > :after AND contact.id <= :until
          AND (contact.probability, contact.probability_reasons) IS DISTINCT FROM (given.probability, given.reason)
"""

WRITE = text(f"""
    -- What stays the same is not written again.
    WITH given AS MATERIALIZED (
        SELECT id, probability, reason FROM json_to_recordset(CAST(:rows AS json))
               AS given (id bigint, probability numeric(5, 4), reason jsonb)),
    locked AS MATERIALIZED (
        {locking_contacts(CHANGED)})
    UPDATE contact SET probability = locked.probability, probability_reasons = locked.reason
    FROM locked WHERE contact.id = locked.id
""")


def apply_model(engine: Engine, model: Model, horizon: timedelta, now: datetime) -> Iterator[tuple[float, int]]:
    """Store probability and reasons; after each chunk yields the share that is done and its number of open leads.

    Open is who came as a lead within the horizon and has neither bought nor been suppressed since. Nobody else has a
    probability: the model knows nothing of them.
    """
    with engine.connect() as connection:
        ends = list(connection.scalars(BATCH_ENDS, {"size": BATCH_SIZE}))
        playbook = current_playbook(connection)
    after = 0
    for number, until in enumerate(ends, start=1):
        span = {"after": after, "until": until}
        yield number / len(ends), _apply(engine, model, playbook, span, horizon, now)
        after = until


def _apply(
    engine: Engine, model: Model, playbook: Playbook, span: dict[str, int], horizon: timedelta, now: datetime
) -> int:
    with engine.begin() as connection:
        leads = connection.execute(LEADS, span | {"now": now}).mappings().all()
        is_open = [lead for lead in leads if lead["over_at"] is None and lead["at"] + horizon > now]
        patterns = [term.feature.name for term in model.terms]
        table = feature_table(is_open, read_activity(connection, is_open, now), playbook, patterns)
        rows = _rows(is_open, model.probabilities(table), reasons(model, table))
        connection.execute(WRITE, span | {"rows": to_json(rows)})
    return len(is_open)


def _rows(leads: list[RowMapping], probabilities: Any, reason: list[list[str]]) -> list[dict[str, Any]]:
    rounded = np.round(probabilities, 4)
    return [
        {"id": lead["contact_id"], "probability": Decimal(f"{chance:.4f}"), "reason": why}
        for lead, chance, why in zip(leads, rounded, reason, strict=True)
    ]
