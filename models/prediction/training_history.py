"""Training data from this business's own leads: what was known of them on landmark days, and whether they bought after.

Every lead is looked at over the same time. On each landmark day those who are still open are asked about: by what was
known before that day, and whether they bought between it and the horizon. A window that ended with the order would tell
the outcome, for whoever buys at once has had no time to do much (van Houwelingen, Dynamic Prediction by Landmarking,
2007). Nothing that people of ours added is looked at: a model that knew what a salesperson wrote down after the call
would be right for the past and useless for the next lead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection, RowMapping, text

from models.playbook.document import Playbook
from models.prediction.behaviour import ACTIVITY_COLUMNS, behaviour_columns, behaviour_table
from models.prediction.lead_fields import FirstEvent, field_columns, field_table
from models.prediction.training import ReportProgress, TrainingData, resolve_columns
from models.tables.sales import STANDS

LANDMARKS = (0, 1, 3, 7, 14, 30, 60, 90)
"""Days after a lead came on which it is asked about, if it is open then and the horizon is later."""
SHORTEST_HORIZON = timedelta(days=30)
BUYERS_IN_HORIZON = 0.9
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
    "Events of which we knew only after the landmark day": "not known when the model is asked",
    "Machine opens and clicks": "nobody's doing",
}

KNOWN_AT = "CASE WHEN {lead}.is_imported AND {event}.is_history THEN {event}.at ELSE {event}.received_at END"
"""When an event was known: when we were told of it. A lead that was imported as history brings along the record of
another system, in which its history was known when it happened."""

# The first lead event of everyone, by when it was known, with their first order, and when they bought or were
# suppressed. Who had bought before is no lead.
LEADS = text(f"""
    WITH asked AS (
        SELECT contact_id, id, source, topic, data, at, received_at, is_history,
               first_value(is_history) OVER (PARTITION BY contact_id ORDER BY received_at, id) AS is_imported
        FROM event
        WHERE name IN ('form_submitted', 'lead_imported') AND at <= :now AND contact_id > :after
          AND contact_id <= :until),
    known AS (SELECT *, {KNOWN_AT.format(lead="asked", event="asked")} AS came_at FROM asked),
    came AS (SELECT DISTINCT ON (contact_id) * FROM known WHERE came_at <= :now ORDER BY contact_id, came_at, id),
    bought AS (
        SELECT contact_id, min(placed_at) AS at FROM "order" o
        WHERE {STANDS} AND placed_at <= :now AND contact_id > :after AND contact_id <= :until
        GROUP BY contact_id)
    SELECT came.contact_id, came.id AS event_id, came.source, came.topic, came.data, came.at, came.came_at,
           came.is_imported, bought.at AS bought_at,
           least(bought.at, CASE WHEN contact.suppressed_at > came.came_at AND contact.suppressed_at <= :now
                                 THEN contact.suppressed_at END) AS over_at
    FROM came JOIN contact ON contact.id = came.contact_id LEFT JOIN bought USING (contact_id)
    WHERE bought.at IS NULL OR bought.at > came.came_at
    ORDER BY came.came_at, came.contact_id
""")

# What was known by the landmark of what leads had done since they came.
ACTIVITY = text(f"""
    SELECT e.contact_id, e.name, e.topic, count(*) AS times,
           extract(epoch FROM min(e.at) - min(lead.at)) / 86400 AS first_day
    FROM unnest(CAST(:contacts AS bigint[]), CAST(:events AS bigint[]), CAST(:came AS timestamptz[]),
                CAST(:cuts AS timestamptz[]), CAST(:imported AS bool[]))
         AS lead (contact_id, event_id, at, cut_at, is_imported)
    JOIN event e ON e.contact_id = lead.contact_id AND e.at >= lead.at AND e.at < lead.cut_at AND e.id <> lead.event_id
    WHERE {KNOWN_AT.format(lead="lead", event="e")} < lead.cut_at
      AND NOT (e.name = ANY(:not_theirs)) AND NOT (coalesce(e.source, '') = ANY(:our_sources))
      AND e.data ->> 'is_machine' IS DISTINCT FROM 'true'
    GROUP BY e.contact_id, e.name, e.topic
""")
LAST_ID = 2**62


@dataclass(frozen=True)
class TrainingHistory:
    """The decided leads as they were on each landmark day, and how many leads are not decided."""

    landmarks: Mapping[int, TrainingData]
    """Landmark day -> the leads that were open on it, the oldest first."""
    undecided: int
    horizon: timedelta
    """Who buys within it after they came has bought, who does not has not. A lead younger than this is not decided,
    whatever it did: fast buyers alone would make the newest look better."""

    def without(self, names: Mapping[str, str]) -> "TrainingHistory":
        """A copy without these columns, on whichever days they are there. Raises UnknownColumn."""
        columns = {name: column for past in self.landmarks.values() for name, column in past.columns.items()}
        resolve_columns(names, columns)
        kept = {day: past.without(names, missing_ok=True) for day, past in self.landmarks.items()}
        return replace(self, landmarks=kept)


def read_training_history(
    connection: Connection, playbook: Playbook, now: datetime, say: ReportProgress = lambda _: None
) -> TrainingHistory:
    """Everything that can be learned from by now."""
    say("reading the leads")
    leads = connection.execute(LEADS, {"now": now, "after": 0, "until": LAST_ID}).mappings().all()
    horizon = _horizon(leads)
    decided = [lead for lead in leads if lead["came_at"] + horizon <= now]
    landmarks = {}
    for day in (day for day in LANDMARKS if timedelta(days=day) < horizon):
        say(f"reading what was known of {len(decided):,} leads on day {day}")
        landmarks[day] = _landmark(connection, playbook, decided, timedelta(days=day), horizon)
    return TrainingHistory(landmarks, len(leads) - len(decided), horizon)


def _horizon(leads: Sequence[RowMapping]) -> timedelta:
    """The time in which nine of ten buyers bought, or the shortest that is long enough to tell."""
    took = [(lead["bought_at"] - lead["came_at"]).total_seconds() for lead in leads if lead["bought_at"]]
    usual = timedelta(seconds=float(np.quantile(took, BUYERS_IN_HORIZON))) if took else SHORTEST_HORIZON
    return max(SHORTEST_HORIZON, usual)


def _landmark(
    connection: Connection, playbook: Playbook, decided: Sequence[RowMapping], day: timedelta, horizon: timedelta
) -> TrainingData:
    is_open = [lead for lead in decided if lead["over_at"] is None or lead["over_at"] > lead["came_at"] + day]
    done = read_activity(connection, is_open, day)
    behaviour = behaviour_columns(done, len(is_open))
    bought = [lead["bought_at"] is not None and lead["bought_at"] <= lead["came_at"] + horizon for lead in is_open]
    return TrainingData(
        table=feature_table(is_open, done, playbook, list(behaviour)),
        columns=field_columns(playbook) | behaviour,
        won=np.array(bought, dtype=bool),
        left_out=LEFT_OUT,
    )


def read_activity(connection: Connection, leads: Sequence[RowMapping], day: timedelta) -> pd.DataFrame:
    """What each lead had done, as far as it was known this long after it came."""
    given = {
        "contacts": [lead["contact_id"] for lead in leads],
        "events": [lead["event_id"] for lead in leads],
        "came": [lead["at"] for lead in leads],
        "cuts": [lead["came_at"] + day for lead in leads],
        "imported": [lead["is_imported"] for lead in leads],
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
