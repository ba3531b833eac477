"""Who owned a contact and on which journey they were, from when until when; and when they were first heard of.

What happened before the first span belongs to it: a lead is there a moment before it has an owner.
"""

from sqlalchemy import Connection, text

from models.kpi.window import CHANGED_CONTACTS
from models.response.first_contact import CONTACT_EVENTS, CONVERSATION_OUTCOMES, NO_LEAD_OUTCOME
from models.tables.feedback import IS_FOR_CONTACT

OWNER_SPANS = text(f"""
CREATE TEMP TABLE owner_span ON COMMIT DROP AS
SELECT contact_id, rep_id,
       CASE WHEN row_number() OVER by_time = 1 THEN '-infinity' ELSE at END AS begins,
       coalesce(lead(at) OVER by_time, 'infinity') AS ends
FROM assignment JOIN {CHANGED_CONTACTS} USING (contact_id)
WINDOW by_time AS (PARTITION BY contact_id ORDER BY at, id)
""")

JOURNEY_SPANS = text(f"""
-- Whoever is on several has come to the newest last.
CREATE TEMP TABLE journey_span ON COMMIT DROP AS
SELECT contact_id, journey,
       CASE WHEN row_number() OVER by_time = 1 THEN '-infinity' ELSE started_at END AS begins,
       coalesce(lead(started_at) OVER by_time, 'infinity') AS ends
FROM journey_run r JOIN {CHANGED_CONTACTS} USING (contact_id) WHERE {IS_FOR_CONTACT}
WINDOW by_time AS (PARTITION BY contact_id ORDER BY started_at, id)
""")

FIRST_SEEN = text(f"""
-- One reading of the stream for all that is a first time. A contact may be created a moment before its first event.
CREATE TEMP TABLE first_seen ON COMMIT DROP AS
SELECT contact.id AS contact_id, least(contact.created_at, e.first_at) AS entered_at,
       e.first_at, e.attempt_at, e.talk_at, e.form,
       -- A row of a file may tell of somebody and that they bought, as of one moment.
       coalesce(e.order_at = e.first_at AND e.told_at IS DISTINCT FROM e.first_at, false) AS came_by_order
FROM {CHANGED_CONTACTS} JOIN contact ON contact.id = {CHANGED_CONTACTS}.contact_id
LEFT JOIN (
    SELECT contact_id, min(at) AS first_at, min(at) FILTER (WHERE name = 'order_placed') AS order_at,
           min(at) FILTER (WHERE name IN ('lead_imported', 'form_submitted')) AS told_at,
           min(at) FILTER (WHERE name = ANY(:attempts)
                                 AND NOT starts_with(coalesce(data ->> 'outcome', ''), :no_lead)) AS attempt_at,
           min(at) FILTER (WHERE name = 'call_connected'
                                 OR name = 'task_done' AND data ->> 'outcome' LIKE ANY(:talked)) AS talk_at,
           (array_agg(topic ORDER BY at, id) FILTER (WHERE name = 'form_submitted' AND topic <> ''))[1] AS form
    FROM event JOIN {CHANGED_CONTACTS} USING (contact_id) GROUP BY contact_id
) e ON e.contact_id = contact.id
""")

ANALYZE = text("ANALYZE owner_span, journey_span, first_seen")


def make_spans(connection: Connection) -> None:
    """Make the temporary tables owner_span, journey_span and first_seen of the changed contacts."""
    connection.execute(text("DROP TABLE IF EXISTS owner_span, journey_span, first_seen"))
    connection.execute(OWNER_SPANS)
    connection.execute(JOURNEY_SPANS)
    talked = [f"{beginning}%" for beginning in CONVERSATION_OUTCOMES]
    connection.execute(FIRST_SEEN, {"attempts": sorted(CONTACT_EVENTS), "no_lead": NO_LEAD_OUTCOME, "talked": talked})
    connection.execute(ANALYZE)
