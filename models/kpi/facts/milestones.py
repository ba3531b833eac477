"""Facts that a contact has once: heard of, qualified, tried, talked with; and every touch by a person. SQL."""

from models.kpi.window import CHANGED_CONTACTS
from models.response.first_contact import NO_LEAD_OUTCOME
from models.tables.event import CONTACT_ACTION

COLUMNS = "contact_id, measure, ref, at, counts_at, rep_id, product, amount, currency, value"
"""What each SELECT of facts yields, in this order: `counts_at` is the moment whose day counts, null for `at`; `rep_id`
null stands for the owner at that moment, 0 for nobody; `product` null for the one that the contact asks about."""

NOTHING_ELSE = "NULL::text, NULL::numeric, NULL::text, NULL::float"
"""SQL: no product, no money, no value."""

MILESTONES = f"""
-- Who skipped a stage has been through it: a customer was qualified. Sales stages are those of people, and are not
-- taken for granted.
-- What a lead came by says the first form that they filled in.
SELECT s.contact_id, m.measure, m.ref, m.at, NULL::timestamptz, NULL::bigint, {NOTHING_ELSE}
FROM first_seen s JOIN contact c ON c.id = s.contact_id, LATERAL (VALUES
    ('lead', coalesce('form:' || s.form, ''), CASE WHEN NOT s.came_by_order THEN s.entered_at END),
    ('mql', '', least(c.mql_at, c.sql_at, c.sal_at, c.opportunity_at, c.customer_at)),
    ('sql', '', least(c.sql_at, c.sal_at)),
    ('sal', '', c.sal_at),
    ('contacted', '', s.attempt_at),
    ('connected', '', s.talk_at)
) AS m (measure, ref, at)
WHERE m.at IS NOT NULL
"""

ENGAGED = f"""
SELECT e.contact_id, 'engaged', '', min(e.at), NULL::timestamptz, NULL::bigint, {NOTHING_ELSE}
FROM event e JOIN first_seen s ON s.contact_id = e.contact_id
WHERE e.at > s.first_at AND {CONTACT_ACTION}
GROUP BY e.contact_id
"""

TOUCHES = f"""
-- A report of a task tells of its call as well, which is not counted twice. Whoever logged or reported it says whose it
-- was, else it is whose task it was; of calls that a phone system tells of nobody says who, so they are the owner's.
SELECT e.contact_id, 'touch', 'event:' || e.id, e.at, NULL::timestamptz,
       coalesce(doer.id, CASE WHEN e.name = 'task_done' THEN coalesce(t.rep_id, 0) END), {NOTHING_ELSE}
FROM event e JOIN {CHANGED_CONTACTS} c ON c.contact_id = e.contact_id
LEFT JOIN rep doer ON e.source IN ('person', 'task') AND doer.id = CASE WHEN e.data ->> 'rep_id' ~ '^[0-9]{{1,18}}$'
                                                                        THEN (e.data ->> 'rep_id')::bigint END
LEFT JOIN task t ON e.name = 'task_done' AND e.topic ~ '^[0-9]{{1,18}}$' AND t.id = e.topic::bigint
WHERE e.name IN ('task_done', 'call_connected') AND NOT (e.name = 'call_connected' AND e.source = 'task')
  AND NOT starts_with(coalesce(e.data ->> 'outcome', ''), '{NO_LEAD_OUTCOME}')
"""
