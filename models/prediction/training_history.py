"""Training data from this business's own leads: what was known in their first days, and whether they bought.

Nothing after the outcome is looked at, and nothing that people of ours added: a model that knew what a salesperson
wrote down after the call would be right for the past and useless for the next lead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection, RowMapping, text

from models.playbook.document import Playbook
from models.prediction.behaviour import ACTIVITY_COLUMNS, behaviour_columns, behaviour_table
from models.prediction.lead_fields import FirstEvent, field_columns, field_table
from models.prediction.training import ReportProgress, TrainingData
from models.tables.sales import STANDS

WINDOW = timedelta(days=7)
SHORTEST_HORIZON = timedelta(days=30)
EXCLUDED_EVENTS = (
    *(
        "order_placed",
        "order_cancelled",
        "order_refunded",
        "task_done",
        "activity_done",
        "note_added",
        "call_connected",
    ),
    *("lead_accepted", "lead_assigned", "lead_placed", "contact_changed", "score_rose", "score_fell"),
    *("suppressed", "suppression_lifted", "auto_replied"),
)
EXCLUDED_SOURCES = ("task", "journey", "react", "routing", "activity", "scoring")

LEFT_OUT = {
    "Orders, refunds and cancellations": "they are the outcome itself",
    "Calls, tasks and their outcomes, notes, acceptance, owner": "our people do these after the lead has come",
    "Score, stage and its moments, MQL level": "made by our own rules and people; they follow what the lead does",
    "Fields learnt later (BANT too)": "only what the first form, call or list said is looked at",
    "Names, addresses and numbers of people": "only whether they are given is looked at",
    "Events after the first days, or after the outcome": "not known when the model is asked, or part of the outcome",
    "Machine opens and clicks": "nobody's doing",
}

# How long buyers took: nine of ten had bought by then.
HORIZON = text(f"""
    SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY bought.at - came.at)
    FROM (SELECT contact_id, min(at) AS at FROM event
          WHERE name IN ('form_submitted', 'lead_imported') GROUP BY contact_id) came
    JOIN (SELECT contact_id, min(placed_at) AS at FROM "order" o WHERE {STANDS} GROUP BY contact_id) bought
         USING (contact_id)
    WHERE bought.at > came.at AND bought.at <= :now
""")

# The first lead event of everyone, with their first order and the moment from which their outcome is known; who had
# bought before is no lead. Asking for no mail while one comes is no outcome.
LEADS = text(f"""
    WITH came AS (
        SELECT DISTINCT ON (contact_id) contact_id, id, source, topic, data, at FROM event
        WHERE name IN ('form_submitted', 'lead_imported') AND at <= :now AND contact_id > :after
          AND contact_id <= :until
        ORDER BY contact_id, at, id),
    bought AS (
        SELECT contact_id, min(placed_at) AS at FROM "order" o
        WHERE {STANDS} AND placed_at <= :now AND contact_id > :after AND contact_id <= :until
        GROUP BY contact_id)
    SELECT came.contact_id, came.id AS event_id, came.source, came.topic, came.data, came.at, bought.at AS bought_at,
           coalesce(bought.at, CASE WHEN contact.suppressed_at > came.at AND contact.suppressed_at <= :now
                                    THEN contact.suppressed_at END) AS over_at
    FROM came JOIN contact ON contact.id = came.contact_id LEFT JOIN bought USING (contact_id)
    WHERE bought.at IS NULL OR bought.at > came.at
    ORDER BY came.at, came.contact_id
""")

# What leads did from when they came until the cut-off, which is never after their outcome.
ACTIVITY = text("""
    SELECT e.contact_id, e.name, e.topic, count(*) AS times,
           extract(epoch FROM min(e.at) - min(lead.at)) / 86400 AS first_day
    FROM unnest(CAST(:contacts AS bigint[]), CAST(:events AS bigint[]), CAST(:came AS timestamptz[]),
                CAST(:cuts AS timestamptz[])) AS lead (contact_id, event_id, at, cut_at)
    JOIN event e ON e.contact_id = lead.contact_id AND e.at >= lead.at AND e.at < lead.cut_at AND e.id <> lead.event_id
    WHERE NOT (e.name = ANY(:not_theirs)) AND NOT (coalesce(e.source, '') = ANY(:our_sources))
      AND e.data ->> 'is_machine' IS DISTINCT FROM 'true'
    GROUP BY e.contact_id, e.name, e.topic
""")
LAST_ID = 2**62


@dataclass(frozen=True)
class TrainingHistory:
    """The decided leads, and how many are not."""

    data: TrainingData
    undecided: int
    horizon: timedelta
    """A lead younger than this is not decided, whatever it did: fast buyers alone would make the newest look better."""


def read_training_history(
    connection: Connection, playbook: Playbook, now: datetime, say: ReportProgress = lambda _: None
) -> TrainingHistory:
    """Everything that can be learned from by now."""
    say("reading the leads")
    horizon = max(SHORTEST_HORIZON, connection.scalar(HORIZON, {"now": now}) or SHORTEST_HORIZON)
    leads = connection.execute(LEADS, {"now": now, "after": 0, "until": LAST_ID}).mappings().all()
    decided = [lead for lead in leads if lead["at"] + horizon <= now]
    say(f"reading what {len(decided):,} leads did in their first {WINDOW.days} days")
    done = read_activity(connection, decided, now)
    behaviour = behaviour_columns(done, len(decided))
    past = TrainingData(
        table=feature_table(decided, done, playbook, list(behaviour)),
        columns=field_columns(playbook) | behaviour,
        won=np.array([lead["bought_at"] is not None for lead in decided], dtype=bool),
        left_out=LEFT_OUT,
    )
    return TrainingHistory(past, len(leads) - len(decided), horizon)


def read_activity(connection: Connection, leads: Sequence[RowMapping], now: datetime) -> pd.DataFrame:
    """Events of each lead until the end of the observation window, its outcome or now, whichever is first."""
    over = ((lead["at"] + WINDOW, lead["over_at"] or now) for lead in leads)
    given = {
        "contacts": [lead["contact_id"] for lead in leads],
        "events": [lead["event_id"] for lead in leads],
        "came": [lead["at"] for lead in leads],
        "cuts": [min(*ends, now) for ends in over],
        "not_theirs": list(EXCLUDED_EVENTS),
        "our_sources": list(EXCLUDED_SOURCES),
    }
    rows = connection.execute(ACTIVITY, given).all()
    done = pd.DataFrame([tuple(row) for row in rows], columns=list(ACTIVITY_COLUMNS))
    return done.astype({"times": int, "first_day": float, "name": "str", "topic": "str"})


def feature_table(
    leads: Sequence[RowMapping], done: pd.DataFrame, playbook: Playbook, behaviour: Sequence[str]
) -> pd.DataFrame:
    """A row per lead: what they said when they came, and what they did then."""
    said = field_table([FirstEvent(lead["source"], lead["topic"], lead["data"]) for lead in leads], playbook)
    did = behaviour_table(done, [lead["contact_id"] for lead in leads], behaviour)
    return pd.concat([said, did], axis=1)
