"""The rows of a contact that is merged change hands: the SQL, over any number of pairs at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.journeys.runs import end_runs, lesser_runs, move_runs, wait_for_other_placements
from models.merging.combine import combined_columns
from models.merging.pair import Merge
from models.merging.references import DROPPED_DUPLICATES, PAIRS, ContactReference, contact_references

MOVED_ELSEWHERE = {"journey_run.contact_id": "models/journeys/runs.py"}
"""References that another writer moves."""

STORE_CONTACTS = text(f"""
UPDATE contact SET updated_at = :now, {", ".join(f"{name} = n.{name}" for name in sorted(combined_columns()))}
FROM jsonb_populate_recordset(CAST(NULL AS contact), CAST(:rows AS jsonb)) AS n WHERE contact.id = n.id
""")

DELETE_MERGED = text(f"WITH {PAIRS} DELETE FROM contact USING pair WHERE contact.id = pair.merged")

REQUESTS = text("""
-- What the open tasks of runs are about: the event that started the run, and what was asked since.
SELECT DISTINCT r.id AS run, e.id AS event FROM journey_run r
JOIN task ON task.run_id = r.id AND task.done_at IS NULL AND task.closed_at IS NULL AND task.rep_id IS NOT NULL
JOIN event e ON e.contact_id = r.contact_id
 AND (r.key = 'event:' || e.id OR EXISTS (
     SELECT FROM repeated_request q WHERE q.event_id = e.id AND q.answered_at IS NULL))
WHERE r.id = ANY(CAST(:runs AS bigint[])) ORDER BY e.id
""")

CLOSE_PLACEMENTS = text(f"""
-- A person is looked after by one: of two placements the kept contact's stays.
WITH {PAIRS}, over AS (
    UPDATE placement t SET closed_at = :now, try_at = NULL, escalate_at = NULL
    FROM pair JOIN placement k ON k.contact_id = pair.kept AND k.closed_at IS NULL
    WHERE t.contact_id = pair.merged AND t.closed_at IS NULL
    RETURNING pair.place, t.id, k.id AS open
), withdrawn AS (
    UPDATE offer SET answer = 'withdrawn', answered_at = :now
    FROM over WHERE offer.placement_id = over.id AND offer.answer IS NULL
)
SELECT place, id, open FROM over
""")

WITHDRAW_POINTS = text(f"""
-- What both have earned by a rule that gives its points once, or once a day: the earlier one counts.
WITH {PAIRS}, twice AS (
    SELECT pair.place, CASE WHEN (t.at, t.event_id) < (k.at, k.event_id) THEN k.id ELSE t.id END AS id
    FROM pair JOIN score_entry t ON t.contact_id = pair.merged AND t.rule IS NOT NULL AND t.withdrawn_at IS NULL
    JOIN score_entry k ON k.contact_id = pair.kept AND k.rule = t.rule AND k.slot = t.slot AND k.withdrawn_at IS NULL
)
UPDATE score_entry e SET withdrawn_at = :now FROM twice WHERE e.id = twice.id RETURNING twice.place, e.id
""")

CLOSE_CONFLICTS = text(f"""
-- Whose an identifier is needs no decision between two who are one, nor twice.
WITH {PAIRS}, about AS (
    SELECT pair.*, c.* FROM pair JOIN identity_conflict c ON c.contact_id = pair.merged AND c.decided_at IS NULL
    UNION SELECT pair.*, c.* FROM pair JOIN identity_conflict c ON c.held_by_id = pair.merged AND c.decided_at IS NULL
)
UPDATE identity_conflict c SET decided_at = :now, decided_by = :by, decision = 'merged'
FROM about WHERE c.id = about.id AND (
    about.kept IN (c.contact_id, c.held_by_id)
    OR EXISTS (
        SELECT FROM identity_conflict k WHERE k.decided_at IS NULL AND k.kind = c.kind AND k.value = c.value
          AND (c.contact_id = about.merged AND k.contact_id = about.kept AND k.held_by_id = c.held_by_id
               OR c.held_by_id = about.merged AND k.held_by_id = about.kept AND k.contact_id = c.contact_id)))
RETURNING about.place, c.id
""")

SILENCE_ALERTS = text(f"""
-- One person who waits is one alert: of the oldest open request.
WITH {PAIRS}, waiting AS (
    SELECT pair.place, f.id, row_number() OVER (PARTITION BY pair.place ORDER BY f.received_at, f.id) AS rank
    FROM pair JOIN follow_up f ON f.contact_id IN (pair.kept, pair.merged) AND f.alert_at IS NOT NULL
)
UPDATE follow_up f SET alert_at = NULL FROM waiting w WHERE f.id = w.id AND w.rank > 1 RETURNING w.place, f.id
""")

PASS_ON_LIKELY_DUPLICATES = text(f"""
-- Who looked like the merged contact looks like the kept one; who is somebody else, as a person has said, stays so.
WITH {PAIRS}, about AS (
    SELECT pair.*, d.id FROM pair JOIN likely_duplicate d ON d.contact_id = pair.merged
    UNION ALL SELECT pair.*, d.id FROM pair JOIN likely_duplicate d ON d.other_id = pair.merged
), gone AS (
    DELETE FROM likely_duplicate d USING about WHERE d.id = about.id
    RETURNING about.place, about.kept, d.contact_id + d.other_id - about.merged AS other, d.reasons, d.likelihood,
              d.found_at, d.decided_at, d.decided_by, to_jsonb(d) AS row
), passed_on AS (
    INSERT INTO likely_duplicate (contact_id, other_id, reasons, likelihood, found_at, decided_at, decided_by)
    SELECT DISTINCT ON (one, two) least(kept, now_called) AS one, greatest(kept, now_called) AS two,
           reasons, likelihood, found_at, decided_at, decided_by
    FROM (SELECT gone.*, coalesce(pair.kept, gone.other) AS now_called
          FROM gone LEFT JOIN pair ON pair.merged = gone.other) AS seen
    WHERE kept <> now_called ORDER BY one, two, decided_at NULLS LAST
    ON CONFLICT (contact_id, other_id) DO UPDATE
    SET decided_at = coalesce(likely_duplicate.decided_at, excluded.decided_at),
        decided_by = coalesce(likely_duplicate.decided_by, excluded.decided_by)
)
SELECT place, row FROM gone
""")


def move_rows(connection: Connection, merges: Sequence[Merge], pairs: str, by: str, now: Any) -> None:
    """Give all rows of the merged contacts to the kept ones, and note each in the trace; the contacts are locked."""
    about = {"pairs": pairs, "by": by, "now": now}
    _close(connection, merges, about)
    for table, duplicates in DROPPED_DUPLICATES.items():
        for place, row in connection.execute(_drop_statement(table, duplicates), about):
            merges[place].trace.dropped[table].append(row)
    for place, row in connection.execute(PASS_ON_LIKELY_DUPLICATES, about):
        merges[place].trace.dropped["likely_duplicate"].append(row)
    for place, run in move_runs(connection, pairs):
        merges[place].trace.moved["journey_run.contact_id"].append(run)
    for reference in contact_references():
        if reference.name not in MOVED_ELSEWHERE:
            for place, key in connection.execute(_move_statement(reference), about):
                merges[place].trace.moved[reference.name].append(key)


def _close(connection: Connection, merges: Sequence[Merge], about: dict[str, Any]) -> None:
    """End what would be there twice for one person."""
    lesser = lesser_runs(connection, about["pairs"])
    place_of = {run: place for place, run in lesser}
    for run, event in connection.execute(REQUESTS, {"runs": id_list(place_of)}):
        merges[place_of[run]].requests.append(event)
    end_runs(connection, list(place_of), "merged", about["now"])
    placements = connection.execute(CLOSE_PLACEMENTS, about).all()
    contacts = [one for merge in merges for one in (merge.pair.kept, merge.pair.merged)]
    wait_for_other_placements(connection, contacts, {row.id: row.open for row in placements})
    over = {
        "journey_run": lesser,
        "placement": [(row.place, row.id) for row in placements],
        "identity_conflict": connection.execute(CLOSE_CONFLICTS, about).tuples().all(),
        "follow_up": connection.execute(SILENCE_ALERTS, about).tuples().all(),
    }
    for table, rows in over.items():
        for place, number in rows:
            merges[place].trace.closed[table].append(number)
    for place, entry in connection.execute(WITHDRAW_POINTS, about).tuples():
        merges[place].trace.withdrawn_points.append(entry)


def _drop_statement(table: str, duplicates: str) -> Any:
    key = "ctid" if ".ctid" in duplicates else "id"
    return text(f"""
        WITH {PAIRS}, double (place, row) AS ({duplicates})
        DELETE FROM {table} t USING double WHERE t.{key} = double.row RETURNING double.place, to_jsonb(t)
    """)


def _move_statement(reference: ContactReference) -> Any:
    table, column = f'"{reference.table}"', reference.column
    return text(f"""
        WITH {PAIRS}
        UPDATE {table} t SET {column} = pair.kept FROM pair WHERE t.{column} = pair.merged
        RETURNING pair.place, t.{reference.key}
    """)


def store_contacts(connection: Connection, merges: Sequence[Merge], pairs: str, now: Any) -> None:
    """Delete the merged contacts, who have no rows left, and write what the kept ones have become."""
    connection.execute(DELETE_MERGED, {"pairs": pairs})
    rows = [one.trace.kept | one.combined.columns for one in merges]
    connection.execute(STORE_CONTACTS, {"rows": to_json(rows), "now": now})
