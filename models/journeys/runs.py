"""Runs of journeys: the only place that starts them, ends them, resumes them, and stores what a turn made of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.tasks.close import close_tasks
from models.tasks.requests import answer_of_ended_runs

EVENT_NAMES = "(e.name, e.name || ':' || e.topic)"
"""SQL: what a trigger may call an event `e`: its name, or name and topic."""

ALREADY_ANSWERED = "EXISTS (SELECT FROM step s WHERE s.run_id = r.id AND s.fact ->> 'event' = e.id::text)"
"""SQL: whether an event `e` was the answer of an earlier step of a run `r`."""

MAY_END = "(NOT e.is_history OR e.at >= r.started_at)"
"""SQL: whether an event `e` may end a run `r`. What is told late ends the runs that were under way when it happened:
nobody is pitched what they have bought since. What happened before a run began says nothing about it."""

LOCK_OPEN = text("""
SELECT id FROM journey_run WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND ended_at IS NULL
ORDER BY id FOR NO KEY UPDATE
""")


def lock_open_runs(connection: Connection, contacts: Iterable[int]) -> list[int]:
    """Lock the open runs of these contacts until the transaction ends; gives them. It comes before the contacts; see
    `locking_contacts`.
    """
    return list(connection.execute(LOCK_OPEN, {"contacts": id_list(contacts)}).scalars())


def _start_from(select: str) -> str:
    """The INSERT of the runs that a SELECT yields: journey, contact_id, key, exclusive."""
    return f"""
-- A key that was used before, or an open run of an exclusive journey, makes the start a no-op.
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at)
SELECT given.*, :now, :now FROM ({select}) AS given
ON CONFLICT DO NOTHING"""


START = text(
    _start_from("""
SELECT :journey, n.contact_id, n.key, CAST(:exclusive AS bool)
FROM unnest(CAST(:contacts AS bigint[]), CAST(:keys AS text[])) AS n (contact_id, key)
JOIN contact ON contact.id = n.contact_id
""")
)

START_WITH_DATA = text("""
-- A key that was used before, or an open run of an exclusive journey, makes the start a no-op.
INSERT INTO journey_run (journey, contact_id, key, exclusive, start_data, started_at, resume_at)
SELECT :journey, n.contact_id, n.key, CAST(:exclusive AS bool), n.data, :now, :now
FROM jsonb_to_recordset(CAST(:starts AS jsonb)) AS n (contact_id bigint, key text, data jsonb)
JOIN contact ON contact.id = n.contact_id
ON CONFLICT DO NOTHING
RETURNING contact_id, key
""")

START_ON_EVENTS = text(
    _start_from(f"""
SELECT s.journey, e.contact_id, CASE WHEN s.once THEN 'once' ELSE 'event:' || e.id END, s.exclusive
FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:exclusives AS bool[]),
                     CAST(:onces AS bool[])) AS s (pattern, journey, exclusive, once)
WHERE e.id = ANY(CAST(:events AS bigint[])) AND s.pattern IN {EVENT_NAMES}
""")
)
START_ON_HISTORY = text(
    _start_from(f"""
-- Once for each contact, however much of their past is told: whoever has been on the journey does not take it again.
SELECT s.journey, e.contact_id, CASE WHEN s.once THEN 'once' ELSE 'history:' || e.id END, s.exclusive
FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:exclusives AS bool[]),
                     CAST(:onces AS bool[])) AS s (pattern, journey, exclusive, once)
WHERE e.id = ANY(CAST(:events AS bigint[])) AND s.pattern IN {EVENT_NAMES}
  AND NOT EXISTS (SELECT FROM journey_run r WHERE r.contact_id = e.contact_id AND r.journey = s.journey)
""")
)

START_AGAIN = text(
    _start_from("""
SELECT journey, contact_id, 'again:' || id, exclusive FROM journey_run WHERE id = ANY(CAST(:runs AS bigint[]))
""")
)


def start_runs(
    connection: Connection, journey: str, starts: Sequence[tuple[int, str]], *, exclusive: bool, now: datetime
) -> int:
    """Start a journey for contacts, each with the key of what starts it; gives how many runs are new.

    Contacts that are not there (any more) are left out. Runs are due at once; so are those of the other functions.
    """
    contacts, keys = [contact for contact, _ in starts], [key for _, key in starts]
    values = {"journey": journey, "exclusive": exclusive, "contacts": contacts, "keys": keys, "now": now}
    return connection.execute(START, values).rowcount


@dataclass(frozen=True, kw_only=True)
class RunStart:
    """The start of one run, with what its journey is to know."""

    contact_id: int
    key: str
    data: Mapping[str, Any]
    """Stands in the column `start_data` of the run, for the steps that read it."""


def start_runs_with_data(
    connection: Connection, journey: str, starts: Sequence[RunStart], *, exclusive: bool, now: datetime
) -> list[tuple[int, str]]:
    """As start_runs, each run with data of its own; gives contact and key of those that are new."""
    rows = [{"contact_id": start.contact_id, "key": start.key, "data": start.data} for start in starts]
    values = {"journey": journey, "exclusive": exclusive, "starts": to_json(rows), "now": now}
    return [(row.contact_id, row.key) for row in connection.execute(START_WITH_DATA, values)]


def start_runs_on_events(
    connection: Connection, events: Sequence[int], triggers: Mapping[str, Sequence[Any]], now: datetime
) -> None:
    """Start the journeys whose triggers these events are.

    `triggers` are columns of equal length: `patterns`, `journeys`, `exclusives`, and `onces` (once in a lifetime, not
    once per event).
    """
    connection.execute(START_ON_EVENTS, {**triggers, "events": id_list(events), "now": now})


def start_runs_on_history(
    connection: Connection, events: Sequence[int], triggers: Mapping[str, Sequence[Any]], now: datetime
) -> None:
    """Start journeys on events that were told late, for contacts who have never been on them; at most one event per
    contact. `triggers` are those of the journeys that want history.
    """
    connection.execute(START_ON_HISTORY, {**triggers, "events": id_list(events), "now": now})


ENDED = """status = 'ended', ended_at = :now, resume_at = NULL, waiting_events = NULL, resumed_by = NULL,
    stuck_reason = NULL"""
"""What an UPDATE sets beside the ending: nothing is waited for, and nothing resumes it."""

END = text(f"""
UPDATE journey_run SET {ENDED}, ending = :ending
WHERE id = ANY(CAST(:runs AS bigint[])) AND ended_at IS NULL
RETURNING id
""")

END_ON_EVENTS = text(f"""
UPDATE journey_run r SET {ENDED}, ending = g.ending
FROM event e, unnest(CAST(:patterns AS text[]), CAST(:journeys AS text[]), CAST(:endings AS text[]))
     AS g (pattern, journey, ending)
WHERE e.id = ANY(CAST(:events AS bigint[])) AND g.pattern IN {EVENT_NAMES}
  AND r.contact_id = e.contact_id AND r.journey = g.journey AND r.ended_at IS NULL
  AND {MAY_END}
RETURNING r.id
""")


def end_runs(connection: Connection, runs: Sequence[int], ending: str, now: datetime) -> list[int]:
    """End those of these runs that are open, by hand, and close their tasks; gives them.

    What ended by itself meanwhile keeps its ending.
    """
    values = {"runs": id_list(runs), "ending": ending, "now": now}
    return _close_tasks(connection, connection.execute(END, values).scalars().all(), now)


def end_runs_on_events(
    connection: Connection, events: Sequence[int], exits: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """End the open runs whose exit condition one of these events is, and close their tasks.

    `exits` are columns of equal length: `patterns`, `journeys`, `endings`.
    """
    values = {**exits, "events": id_list(events), "now": now}
    _close_tasks(connection, connection.execute(END_ON_EVENTS, values).scalars().all(), now)


LESSER_RUNS = text("""
-- Of the open runs of two contacts who are one person, on one journey: all but the one that has come furthest. Runs
-- that a journey allows side by side stay, unless the same thing started them.
SELECT place, id FROM (
    SELECT n.place, r.id, count(*) FILTER (WHERE r.contact_id = n.kept) OVER same AS of_kept,
           count(*) FILTER (WHERE r.contact_id = n.merged) OVER same AS of_merged,
           row_number() OVER (PARTITION BY n.place, r.journey, CASE WHEN NOT r.exclusive THEN r.key END
                              ORDER BY r.steps DESC, r.status = 'stuck', r.contact_id = n.merged, r.id) AS rank
    FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS n (place int, kept bigint, merged bigint)
    JOIN journey_run r ON r.contact_id IN (n.kept, n.merged) AND r.ended_at IS NULL
    WINDOW same AS (PARTITION BY n.place, r.journey, CASE WHEN NOT r.exclusive THEN r.key END)
) AS open_run WHERE of_kept > 0 AND of_merged > 0 AND rank > 1
""")

MOVE = text("""
-- Each contact's own runs have different keys; of two that were started by the same thing one says whose it was.
UPDATE journey_run r SET contact_id = n.kept, key = CASE
    WHEN EXISTS (SELECT FROM journey_run k WHERE k.contact_id = n.kept AND k.journey = r.journey AND k.key = r.key)
    THEN r.key || ' of contact ' || n.merged ELSE r.key END
FROM jsonb_to_recordset(CAST(:pairs AS jsonb)) AS n (place int, kept bigint, merged bigint)
WHERE r.contact_id = n.merged RETURNING n.place, r.id
""")

MOVE_BACK = text("""
UPDATE journey_run SET contact_id = :merged, key = regexp_replace(key, ' of contact ' || :merged || '$', '')
WHERE id = ANY(CAST(:runs AS bigint[])) AND contact_id = :kept RETURNING id
""")

WAIT_FOR_OTHER_PLACEMENT = text("""
-- The placement that a run waits for was closed, for the contact has another one.
UPDATE journey_run r SET waiting_events = array_replace(array_replace(r.waiting_events,
    'lead_placed:' || n.closed, 'lead_placed:' || n.open), 'offer_exhausted:' || n.closed, 'offer_exhausted:' || n.open)
FROM unnest(CAST(:closed AS bigint[]), CAST(:open AS bigint[])) AS n (closed, open)
WHERE r.ended_at IS NULL AND r.contact_id = ANY(CAST(:contacts AS bigint[]))
  AND r.waiting_events && ARRAY['lead_placed:' || n.closed, 'offer_exhausted:' || n.closed]
""")


def lesser_runs(connection: Connection, pairs: str) -> list[tuple[int, int]]:
    """(place, run) of the runs that end when the contacts of these pairs become one, `pairs` as in models.merging."""
    return [(row.place, row.id) for row in connection.execute(LESSER_RUNS, {"pairs": pairs})]


def move_runs(connection: Connection, pairs: str) -> list[tuple[int, int]]:
    """Give all runs of the merged contacts to the kept ones; (place, run) of each."""
    return [(row.place, row.id) for row in connection.execute(MOVE, {"pairs": pairs})]


def move_runs_back(connection: Connection, runs: Sequence[int], kept: int, merged: int) -> list[int]:
    """Give those of these runs that are the kept contact's back to the one that was merged; gives them."""
    values = {"runs": id_list(runs), "kept": kept, "merged": merged}
    return list(connection.execute(MOVE_BACK, values).scalars())


def wait_for_other_placements(connection: Connection, contacts: Sequence[int], closed: Mapping[int, int]) -> None:
    """Let open runs of these contacts that wait for a closed placement wait for the one that stands in for it."""
    if closed:
        values = {"closed": id_list(closed), "open": id_list(closed.values()), "contacts": id_list(contacts)}
        connection.execute(WAIT_FOR_OTHER_PLACEMENT, values)


def _close_tasks(connection: Connection, ended: Sequence[int], now: datetime) -> list[int]:
    close_tasks(connection, ended, now)
    answer_of_ended_runs(connection, ended, now)
    return list(ended)


RESUME_ON_EVENTS = text(f"""
-- The first event that answers wins, and only within its time; later ones find the run resumed. A report on a task is
-- in time for as long as the task is open. A stuck run keeps its answer for the next try.
UPDATE journey_run r SET resume_at = :now, resumed_by = e.id
FROM event e
WHERE e.id = ANY(CAST(:events AS bigint[])) AND r.contact_id = e.contact_id
  AND r.id = ANY(CAST(:locked_runs AS bigint[])) AND r.ended_at IS NULL AND r.resumed_by IS NULL
  AND r.waiting_events && CAST(ARRAY[e.name, e.name || ':' || e.topic] AS text[]) AND NOT e.is_history
  AND (r.resume_at IS NULL OR e.at <= r.resume_at OR e.name = 'task_done')
  -- A turn may have been faster and have taken this very event for the answer of an earlier step.
  AND NOT {ALREADY_ANSWERED}
""")

GO_ON = text("""
-- Of several runs of a contact the one that would go on soonest. One that somebody else has locked goes on by itself.
WITH waiting AS (
    SELECT r.id, r.contact_id, r.resume_at FROM journey_run r
    JOIN unnest(CAST(:journeys AS text[]), CAST(:steps AS text[])) AS place (journey, step)
      ON place.journey = r.journey AND place.step = r.waiting_for
    WHERE r.contact_id = ANY(CAST(:contacts AS bigint[])) AND r.status = 'waiting' AND r.resumed_by IS NULL
      AND r.asked_at IS NOT NULL AND r.resume_at IS NOT NULL
    ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED),
next AS (SELECT DISTINCT ON (contact_id) id FROM waiting ORDER BY contact_id, resume_at, id)
UPDATE journey_run r SET resume_at = least(r.resume_at, :now) FROM next WHERE r.id = next.id
RETURNING r.contact_id
""")

PAUSE = text("""
UPDATE journey_run r SET resume_at = :until
FROM unnest(CAST(:journeys AS text[]), CAST(:steps AS text[])) AS place (journey, step)
WHERE r.contact_id = ANY(CAST(:contacts AS bigint[])) AND r.journey = place.journey AND r.waiting_for = place.step
  AND r.status = 'waiting' AND r.asked_at IS NOT NULL AND r.resumed_by IS NULL
  AND r.resume_at > :now AND r.resume_at < :until
""")

WAIT_LONGER = text("""
-- What is left after the moment that was put off stays.
UPDATE journey_run SET resume_at = resume_at + (CAST(:until AS timestamptz) - CAST(:instead_of AS timestamptz))
WHERE id = :run AND status = 'waiting' AND resume_at IS NOT NULL AND resumed_by IS NULL AND :until > :instead_of
""")

RETRY = text("""
-- The answer that resumed the run, if it had one, is still there; the journey takes it in again. One that waits goes on
-- waiting for as long as it would have.
UPDATE journey_run
SET status = 'waiting', resume_at = CASE WHEN asked_at IS NULL THEN :now ELSE resume_at END, stuck_reason = NULL
WHERE id = ANY(CAST(:runs AS bigint[])) AND status = 'stuck'
""")


def resume_runs_on_events(
    connection: Connection, events: Sequence[int], locked_runs: Sequence[int], now: datetime
) -> None:
    """Make due those of the runs that the caller has locked which wait for one of these events, one per contact.

    Runs that are not locked began after these events were stored, so they do not wait for them.
    """
    values = {"events": id_list(events), "locked_runs": id_list(locked_runs), "now": now}
    connection.execute(RESUME_ON_EVENTS, values)


def go_on_at_once(
    connection: Connection, contacts: Sequence[int], places: Mapping[str, Sequence[str]], now: datetime
) -> list[int]:
    """Make due one run of each of these contacts that waits for its time at one of these places; gives the contacts
    that have one.

    `places` are columns of equal length: `journeys`, and `steps` by name.
    """
    values = {"contacts": id_list(contacts), "now": now, **places}
    return list(connection.execute(GO_ON, values).scalars())


def pause_runs(
    connection: Connection, contacts: Sequence[int], places: Mapping[str, Sequence[str]], until: datetime, now: datetime
) -> None:
    """Let runs of these contacts that wait for their time at one of these places go on no sooner than `until`.

    Those that are due or resumed stay as they are. `places` are columns as for `go_on_at_once`.
    """
    connection.execute(PAUSE, {"contacts": id_list(contacts), "until": until, "now": now, **places})


def wait_longer(connection: Connection, run: int, until: datetime, instead_of: datetime) -> None:
    """Let a run that waits for a task wait as much longer as the task was put off: `until` one moment instead of
    another.
    """
    connection.execute(WAIT_LONGER, {"run": run, "until": until, "instead_of": instead_of})


def retry_runs(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """Resume stuck runs at their step, after the reason is fixed; returns how many."""
    return connection.execute(RETRY, {"runs": id_list(runs), "now": now}).rowcount


def restart_runs(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """End open runs and start the same journey anew for their contacts; returns how many started."""
    ended = end_runs(connection, runs, "started over", now)
    return connection.execute(START_AGAIN, {"runs": id_list(ended), "now": now}).rowcount


STORE = text("""
UPDATE journey_run r
SET status = n.status, waiting_for = n.waiting_for, asked_at = n.asked_at, steps = n.steps,
    history = coalesce(n.moved, r.history) || n.added, version = n.version,
    -- A run that got stuck before it took its answer in keeps it for the next try, and may still hear one.
    resume_at = CASE WHEN n.keeps THEN r.resume_at ELSE n.resume_at END,
    waiting_events = CASE WHEN n.keeps THEN r.waiting_events ELSE string_to_array(n.events, E'\\x1f') END,
    resumed_by = CASE WHEN n.keeps THEN r.resumed_by END,
    ending = n.ending, stuck_reason = n.reason, ended_at = CASE WHEN n.ending IS NOT NULL THEN :now END
FROM json_to_recordset(CAST(:runs AS json))
     AS n (id bigint, status text, resume_at timestamptz, waiting_for text, asked_at timestamptz, events text,
           steps int, added text, moved text, version text, keeps bool, ending text, reason text)
WHERE r.id = n.id
""")


def store_runs(connection: Connection, runs: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Store what a turn made of the runs that it has locked: how they stand, and what they wait for.

    Each has the columns `id`, `status`, `resume_at`, `waiting_for`, `asked_at`, `steps`, `ending` and `reason`; the
    `events` that it waits for, joined by the character 1F; `added`, which is put at the end of its history, or of
    `moved` where that takes its place; the `version` of the code that it is on; and `keeps` where its answer, and what
    it waits for, stay as they are.
    """
    connection.execute(STORE, {"runs": to_json(runs), "now": now})
