"""What is known of leads without asking: by tasks, orders, opportunities, and what was said before."""

from models.response.first_contact import NO_LEAD_OUTCOME
from models.tables.feedback import FeedbackLevel
from models.tables.sales import STANDS, DealStage

ORDERED = f"""EXISTS (SELECT FROM "order" o
                WHERE o.contact_id = lead.contact_id AND o.placed_at >= lead.since AND {STANDS})"""
"""SQL over `lead` (contact_id, rep_id, since): they bought since their owner got them."""

DEALS_CLOSED = f"""(EXISTS (SELECT FROM opportunity p
                WHERE p.contact_id = lead.contact_id AND p.closed_at >= lead.since)
        AND NOT EXISTS (SELECT FROM opportunity p
                        WHERE p.contact_id = lead.contact_id AND p.stage = '{DealStage.OPEN}'))"""

REFUSED = f"""EXISTS (SELECT FROM event e WHERE e.contact_id = lead.contact_id AND e.at >= lead.since
                AND (e.name = 'turned_us_down'
                     OR e.name = 'task_done' AND starts_with(e.data ->> 'outcome', '{NO_LEAD_OUTCOME}')))"""

IN_PURSUIT = f"""EXISTS (SELECT FROM opportunity p
                WHERE p.contact_id = lead.contact_id AND p.stage = '{DealStage.OPEN}')"""

ACTED = """(EXISTS (SELECT FROM task t WHERE t.contact_id = lead.contact_id AND t.rep_id = lead.rep_id
                 AND t.done_at >= lead.since)
        OR EXISTS (SELECT FROM event e WHERE e.contact_id = lead.contact_id AND e.at >= lead.since
                   AND e.name = 'call_connected'))"""

TOLD_LEVEL = f"""(CASE WHEN {ORDERED} OR {DEALS_CLOSED} OR {REFUSED} THEN {FeedbackLevel.RESULT:d}
     WHEN {IN_PURSUIT} THEN {FeedbackLevel.STATUS:d}
     WHEN {ACTED} THEN {FeedbackLevel.ACTION:d}
     ELSE {FeedbackLevel.NOTHING:d} END)"""
"""SQL over `lead` (contact_id, rep_id, since): the level that tasks, orders and opportunities tell. A report on a task
is an action, a deal that is open a status, and one that is closed a result, unless another one is open still. Old
deals and orders say nothing of it: they were closed before."""

NEWEST_FEEDBACK = """(SELECT f.* FROM feedback f
     WHERE f.contact_id = lead.contact_id AND f.rep_id = lead.rep_id
       AND f.said_at >= coalesce((SELECT max(a.at) FROM assignment a WHERE a.contact_id = lead.contact_id), '-infinity')
     ORDER BY f.id DESC LIMIT 1)"""
"""SQL over `lead`: what its owner said last of it since they got it; what was said before it went to others and came
back says nothing any more."""

IS_ASKED = """(q.settled_at IS NULL AND q.asked_at IS NOT NULL
     AND EXISTS (SELECT FROM journey_run r WHERE r.id = q.run_id AND r.ended_at IS NULL))"""
"""SQL over a request `q`: its owner is asked at this moment. An order that ended the run is an answer as well."""
