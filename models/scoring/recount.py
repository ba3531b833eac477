"""Recounts scores from their entries and emits score_rose and score_fell for thresholds that are crossed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.database import id_list, lock_contacts, locking_contacts
from models.events.emit import COLUMNS_WITH_HISTORY, emit_from
from models.playbook import Playbook
from models.playbook.scoring import Direction, Scoring
from models.scoring.decay import DECIMALS, factors
from models.wording import day_of

NIGHTS_TO_CATCH_UP = 7
"""Nights that are made up one by one after an outage; older scores are recounted to the first of these at once."""

LOCK_SCORED = text(locking_contacts("SELECT id, scored_on FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))"))


def lock_and_catch_up(connection: Connection, playbook: Playbook, contacts: Collection[int], now: datetime) -> None:
    """Lock the contacts until the commit, so that no two transactions change their entries at once.

    A score of an earlier day is recounted up to today first, and thresholds that it crosses overnight are emitted as of
    that midnight, even if what happens now lifts it back before the nightly flow has run.
    """
    found = connection.execute(LOCK_SCORED, {"contacts": id_list(contacts)}).all()
    catch_up(connection, playbook, {row.id: row.scored_on for row in found if row.scored_on}, now)


def catch_up(connection: Connection, playbook: Playbook, scored_on: Mapping[int, date], now: datetime) -> None:
    """For each missed night, the oldest first: recount those of these locked contacts whose score is of an earlier
    day.
    """
    zone, today = playbook.company.time_zone, day_of(now, playbook.company.time_zone)
    missed = min((today - min(scored_on.values(), default=today)).days, NIGHTS_TO_CATCH_UP)
    for back in reversed(range(missed)):
        day = today - timedelta(days=back)
        behind = [contact for contact, on in scored_on.items() if on < day]
        recount_locked(connection, playbook.scoring, behind, day, now, at=min(_midnight(day, zone), now))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


WORTH = """
SELECT e.*, round(e.points * CASE WHEN e.decays THEN left_of_it[place] * 0.000000000001 ELSE 1 END, 2) AS worth,
       e.decays AND place <= :oldest AS fades
FROM scored JOIN score_entry e ON e.contact_id = scored.id AND e.withdrawn_at IS NULL
CROSS JOIN LATERAL (
    VALUES (CAST(:factors AS bigint[]), 1 + least(greatest(scored.day - e.day, 0), CAST(:oldest AS int)))
) AS decay (left_of_it, place)
"""
"""Every entry that counts, beside what it is worth on the day of `scored (id, day)`.

The factors are whole trillionths, of which Postgres finds the one for an age in one step; it would walk over numerics.
"""

CAPPED = """
SELECT id, rule, worth, greatest(low, least(high, worth)) AS counted, fades
FROM (SELECT contact_id AS id, rule, sum(worth) AS worth, bool_or(fades) AS fades FROM entry GROUP BY 1, 2) AS summed
LEFT JOIN unnest(CAST(:capped AS text[]), CAST(:lows AS numeric[]), CAST(:highs AS numeric[])) AS cap (rule, low, high)
  USING (rule)
"""
"""What each rule makes up of a score: the sum of its entries, within its cap."""

FADES_FROM_HISTORY = """coalesce((
    SELECT bool_and(coalesce(e.is_history, false)) FROM score_entry s LEFT JOIN event e ON e.id = s.event_id
    WHERE s.contact_id = moved.id AND s.withdrawn_at IS NULL AND s.decays), false)"""
"""SQL: whether all points that fade come from events that were told late."""

CROSSINGS = f"""
SELECT CASE WHEN t.rises THEN 'score_rose' ELSE 'score_fell' END, t.name, moved.id, 'scoring', NULL,
       jsonb_strip_nulls(jsonb_build_object('score', moved.score, 'threshold', t.score, 'event', cause.id,
                                            'happened_at', CASE WHEN cause.at < cause.received_at THEN cause.at END)),
       coalesce(CAST(:at AS timestamptz), CAST(:now AS timestamptz)),
       coalesce(cause.is_history, NOT t.rises AND CAST(:at AS timestamptz) IS NOT NULL AND {FADES_FROM_HISTORY})
FROM moved JOIN unnest(CAST(:names AS text[]), CAST(:scores AS numeric[]), CAST(:rising AS bool[]))
     AS t (name, score, rises)
  ON CASE WHEN t.rises THEN moved.before < t.score AND t.score <= moved.score
          ELSE moved.before >= t.score AND t.score > moved.score END
LEFT JOIN LATERAL (
    SELECT e.id, e.at, e.received_at, bool_and(e.is_history) OVER () AS is_history
    FROM event e WHERE e.id = ANY(CAST(:events AS bigint[])) AND e.contact_id = moved.id
    ORDER BY e.id DESC LIMIT 1) AS cause ON true
ORDER BY moved.id, t.score
"""
"""The thresholds that scores have crossed, from `before` to `score`, as events; those of history are history.

`at` is when the score got there: when it was counted, or the midnight that the count is for. What made it so may have
happened long before and been told late, or before other points that the score needed too. `event` names it, and
`happened_at` says when, where that is earlier than it was received.
"""

COUNT = text(f"""
-- Machines whose clocks differ a little may disagree at midnight: a score does not go back to the day before. After a
-- clock that was wrong by more it does. A sum that no column holds stays at the end of what it can.
WITH scored AS MATERIALIZED (
    SELECT id, score, CASE WHEN scored_on = CAST(:today AS date) + 1 THEN scored_on ELSE CAST(:today AS date) END AS day
    FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))
), entry AS ({WORTH}), by_rule AS ({CAPPED}), total AS (
    SELECT id, sum(counted) AS score, bool_or(fades) AS fades FROM by_rule GROUP BY id
), counted AS (
    SELECT scored.id, scored.score AS before, CASE WHEN fades THEN scored.day END AS scored_on,
           least(greatest(coalesce(total.score, 0), -9999999999.99), 9999999999.99) AS score
    FROM scored LEFT JOIN total USING (id)
), moved AS (
    UPDATE contact SET score = counted.score, scored_on = counted.scored_on
    FROM counted
    WHERE contact.id = counted.id
      AND (contact.score <> counted.score OR contact.scored_on IS DISTINCT FROM counted.scored_on)
    RETURNING contact.id, counted.before, counted.score
)
{emit_from(CROSSINGS, COLUMNS_WITH_HISTORY)}
""")


def recount(
    connection: Connection, playbook: Playbook, contacts: Sequence[int], now: datetime, *, events: Sequence[int] = ()
) -> None:
    """Count the scores of these contacts from their entries; the caller commits.

    A threshold that is crossed is an event, at `now`, which names the one of `events` that made it so. The contacts
    stay locked until the commit, so each crossing is emitted once.
    """
    if contacts:
        lock_contacts(connection, contacts)
        today = day_of(now, playbook.company.time_zone)
        recount_locked(connection, playbook.scoring, contacts, today, now, events=events)


def recount_locked(
    connection: Connection,
    scoring: Scoring,
    contacts: Sequence[int],
    today: date,
    now: datetime,
    *,
    at: datetime | None = None,
    events: Sequence[int] = (),
) -> None:
    """Recount the scores, as of `today`, of contacts that the caller has locked.

    Thresholds are crossed at `at`, the midnight that the count is for, else now.
    """
    values = {"contacts": id_list(contacts), "events": id_list(events), "today": today, "at": at, "now": now}
    connection.execute(COUNT, values | _thresholds(scoring) | decay_parameters(scoring))


@lru_cache(maxsize=16)
def decay_parameters(scoring: Scoring) -> dict[str, Any]:
    """What WORTH and CAPPED are given: factors by age, and the caps; a negative rule's cap is below zero."""
    left = factors(scoring.decay)
    capped = {rule.name: rule.at_most if rule.points > 0 else -rule.at_most for rule in scoring.rules if rule.at_most}
    return {
        "factors": id_list(int(factor / DECIMALS) for factor in left),
        "oldest": len(left) - 1,
        "capped": list(capped),
        "lows": [_bound(cap, below=True) for cap in capped.values()],
        "highs": [_bound(cap, below=False) for cap in capped.values()],
    }


def _bound(cap: Decimal, *, below: bool) -> Decimal | None:
    return cap if (cap < 0) is below else None


@lru_cache(maxsize=16)
def _thresholds(scoring: Scoring) -> dict[str, list[Any]]:
    return {
        "names": [threshold.name for threshold in scoring.thresholds],
        "scores": [threshold.score for threshold in scoring.thresholds],
        "rising": [threshold.direction is Direction.RISING for threshold in scoring.thresholds],
    }
