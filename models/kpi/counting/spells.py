"""Stage spells: how each contact stood from when until when, by the moments of what happened to them.

A contact stands in the highest stage that they have come to. A spell ends where the stage changes, the owner
or the team of the owner changes, or they become stalled or are so no longer. Each contact's spells are a pure function
of their facts, what they did, and who owned them: that they will be stalled on some day unless something happens is a
spell that begins on that day.
"""

from sqlalchemy import Connection, text

from models.kpi.team_history import make_team_spans
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.tables.contact import Stage
from models.tables.event import CONTACT_ACTION
from models.tables.kpi import KpiStageSpell

REACHED_BY = {
    Stage.MGL: "lead",
    Stage.MQL: "mql",
    Stage.SQL: "sql",
    Stage.SAL: "sal",
    Stage.OPPORTUNITY: "opportunity",
    Stage.CUSTOMER: "new_customer",
}
"""Stage -> the measure by whose first fact a contact comes to it, in rising order. An order that is cancelled weeks
later does not change who was a customer before: `lost_customer` says when they were no longer one."""

CUSTOMER = list(REACHED_BY).index(Stage.CUSTOMER)

TOUCHES = ("touch", "contacted", "connected")

STAGES = ", ".join(f"('{measure}', '{stage}', {place})" for place, (stage, measure) in enumerate(REACHED_BY.items()))

PASSAGES = f"""
-- When each stage was come to, and left for a higher one. One that was reached after a higher one was never stood in.
CREATE TEMP TABLE stage_passage ON COMMIT DROP AS
WITH reached AS (
    SELECT DISTINCT ON (f.contact_id, s.place) f.contact_id, s.stage, s.place, f.at, f.source, f.product, f.journey
    FROM {CHANGED_CONTACTS} c JOIN kpi_fact f ON f.contact_id = c.contact_id AND f.known_until IS NULL
    JOIN (VALUES {STAGES}) AS s (measure, stage, place) ON s.measure = f.measure
    ORDER BY f.contact_id, s.place, f.at, f.ref
), gone_on AS (
    SELECT *, min(at) OVER (PARTITION BY contact_id ORDER BY place DESC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS left_at FROM reached
)
SELECT * FROM gone_on WHERE left_at IS NULL OR at <= left_at
"""

OWNERS = f"""
-- Whoever got them first owned them from the beginning. Where an owner goes to another team, their contacts do.
CREATE TEMP TABLE stage_owner ON COMMIT DROP AS
WITH owner AS (
SELECT contact_id, rep_id, CASE WHEN row_number() OVER by_time = 1 THEN '-infinity' ELSE at END AS at
FROM (SELECT DISTINCT ON (a.contact_id, a.at) a.* FROM assignment a JOIN {CHANGED_CONTACTS} c USING (contact_id)
      ORDER BY a.contact_id, a.at, a.id DESC) AS last_of_moment
WINDOW by_time AS (PARTITION BY contact_id ORDER BY at)
UNION ALL
SELECT c.contact_id, coalesce(contact.owner_id, 0), '-infinity'
FROM {CHANGED_CONTACTS} c JOIN contact ON contact.id = c.contact_id
WHERE NOT EXISTS (SELECT FROM assignment a WHERE a.contact_id = c.contact_id)
), owner_span AS (
    SELECT *, coalesce(lead(at) OVER (PARTITION BY contact_id ORDER BY at), 'infinity') AS until FROM owner
)
SELECT contact_id, rep_id, at FROM owner
UNION ALL
SELECT o.contact_id, o.rep_id, t.begins FROM owner_span o JOIN team_span t USING (rep_id)
WHERE t.begins > o.at AND t.begins < o.until
"""

SILENCES = f"""
-- What they did, what a person of ours did about them, and each new stage. Mail that we send is nothing.
CREATE TEMP TABLE silence ON COMMIT DROP AS
WITH happening AS (
    SELECT event.contact_id, event.at FROM {CHANGED_CONTACTS} c JOIN event ON event.contact_id = c.contact_id
    WHERE {CONTACT_ACTION}
    UNION SELECT contact_id, at FROM stage_passage
    UNION SELECT f.contact_id, f.at FROM {CHANGED_CONTACTS} c
    JOIN kpi_fact f ON f.contact_id = c.contact_id AND f.known_until IS NULL AND f.measure = ANY(:touches)
), gap AS (
    SELECT contact_id, at + :stalled_after AS begins, lead(at) OVER (PARTITION BY contact_id ORDER BY at) AS ends
    FROM happening
)
SELECT * FROM gap WHERE ends IS NULL OR ends > begins
"""

ERASED = f"""
-- Who is there no more without having been merged stays in what was counted, and stands nowhere from now on.
CREATE TEMP TABLE erased_contact ON COMMIT DROP AS
SELECT contact_id FROM deleted_contact d
WHERE NOT EXISTS (SELECT FROM contact WHERE contact.id = d.contact_id)
  AND NOT EXISTS (SELECT FROM {CHANGED_CONTACTS} c WHERE c.contact_id = d.contact_id)
"""

ANALYZE = "ANALYZE stage_passage, stage_owner, silence, erased_contact"

SEEN = "DELETE FROM deleted_contact"
"""Of this transaction's state of the database: whoever goes meanwhile stays for the next run."""

SPELLS = f"""
WITH change AS (
    -- Of what happens at one moment the stage comes last: whoever comes to it has its owner then.
    SELECT contact_id, at, 0 AS turn, rep_id, NULL::bool AS is_stalled, NULL::int AS place, false AS is_entry
    FROM stage_owner
    UNION ALL SELECT contact_id, ends, 1, NULL, false, NULL, false FROM silence WHERE ends IS NOT NULL
    UNION ALL SELECT contact_id, begins, 2, NULL, true, NULL, false FROM silence
    UNION ALL SELECT contact_id, at, 10 + place, NULL, NULL, place, true FROM stage_passage
    UNION ALL SELECT f.contact_id, f.at, 100, NULL, NULL, 100, false
    FROM {CHANGED_CONTACTS} c JOIN kpi_fact f ON f.contact_id = c.contact_id
    WHERE f.known_until IS NULL AND f.measure = 'lost_customer'
), numbered AS (
    SELECT *, count(rep_id) OVER by_time AS owners, count(is_stalled) OVER by_time AS silences,
           count(place) OVER by_time AS places, lead(at) OVER by_time AS until_at
    FROM change WINDOW by_time AS (PARTITION BY contact_id ORDER BY at, turn)
), carried AS (
    SELECT contact_id, at, until_at, is_entry,
           max(rep_id) OVER (PARTITION BY contact_id, owners) AS rep_id,
           bool_or(is_stalled) OVER (PARTITION BY contact_id, silences) AS is_stalled,
           max(place) OVER (PARTITION BY contact_id, places) AS place
    FROM numbered
)
SELECT c.contact_id, p.stage, c.at AS from_at, c.until_at, p.at AS entered_at, p.left_at,
       coalesce(c.is_stalled, false) AND p.place <> {CUSTOMER} AS is_stalled,
       coalesce(c.rep_id, 0) AS rep_id, coalesce(t.team_id, rep.team_id, 0) AS team_id, p.source, p.product, p.journey
FROM carried c JOIN stage_passage p ON p.contact_id = c.contact_id AND p.place = c.place
LEFT JOIN rep ON rep.id = c.rep_id
LEFT JOIN team_span t ON t.rep_id = c.rep_id AND c.at >= t.begins AND c.at < t.ends
WHERE c.is_entry OR c.until_at IS NULL OR c.until_at > c.at
UNION ALL
SELECT s.contact_id, s.stage, s.from_at, least(s.until_at, CAST(:known_at AS timestamptz)), s.entered_at,
       CASE WHEN s.left_at <= :known_at THEN s.left_at END, s.is_stalled, s.rep_id, s.team_id,
       s.source, s.product, s.journey
FROM kpi_stage_spell s JOIN erased_contact e USING (contact_id)
WHERE s.known_until IS NULL AND s.from_at < :known_at
"""

RECOUNTED = f"SELECT contact_id FROM {CHANGED_CONTACTS} UNION ALL SELECT contact_id FROM erased_contact"
"""SQL: whose spells this run counts anew; while its transaction lasts."""

SCOPE = f"old.contact_id IN ({RECOUNTED})"


def update_spells(connection: Connection, window: CountingWindow) -> VersionCount:
    """Bring the spells of all contacts in the temporary table changed_contact to what their facts say now, and end
    those of contacts who are gone; the caller commits. Doing it again changes nothing.
    """
    values = {
        "known_at": window.known_at,
        "stalled_after": window.playbook.reports.stalled_after,
        "touches": list(TOUCHES),
    }
    make_team_spans(connection, window.playbook)
    for table in ("stage_passage", "stage_owner", "silence", "erased_contact"):
        connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    for statement in (PASSAGES, OWNERS, SILENCES, ERASED, SEEN, ANALYZE):
        connection.execute(text(statement), values)
    return store_versions(connection, KpiStageSpell, SPELLS, values, scope=SCOPE, known_at=window.known_at)
