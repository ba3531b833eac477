"""Facts of deals: opened, won, lost. SQL.

Deals are the rows of `opportunity`, as other systems tell of them. Of a contact without any, the stage is the deal: it
is won by the first order that stands from then on, and lost by a refusal that no order followed.
"""

from models.kpi.window import CHANGED_CONTACTS

DEALS = f"""
CREATE TEMP TABLE deal ON COMMIT DROP AS
-- Some systems know deals without a day, which count from when we heard of them.
SELECT o.contact_id, 'opportunity:' || o.id AS ref, coalesce(o.opened_at, o.closed_at, e.at) AS opened_at,
       CASE WHEN o.stage = 'won' THEN o.closed_at END AS won_at,
       CASE WHEN o.stage = 'lost' THEN o.closed_at END AS lost_at,
       o.rep_id, coalesce(p.code, '') AS product, o.amount, o.currency
FROM opportunity o JOIN {CHANGED_CONTACTS} c ON c.contact_id = o.contact_id
JOIN event e ON e.id = o.event_id
LEFT JOIN product p ON p.id = o.product_id
UNION ALL
SELECT c.id, '', c.opportunity_at, won.placed_at, CASE WHEN won.id IS NULL THEN refused.at END,
       NULL, won.product, won.net, won.currency
FROM contact c JOIN {CHANGED_CONTACTS} changed ON changed.contact_id = c.id
LEFT JOIN LATERAL (
    SELECT * FROM placed_order o WHERE o.contact_id = c.id AND o.stands AND o.placed_at >= c.opportunity_at
    ORDER BY o.placed_at, o.id LIMIT 1
) won ON true
LEFT JOIN LATERAL (
    SELECT max(e.at) AS at FROM event e
    WHERE e.contact_id = c.id AND e.name = 'turned_us_down' AND e.at >= c.opportunity_at
) refused ON true
WHERE c.opportunity_at IS NOT NULL AND NOT EXISTS (SELECT FROM opportunity o WHERE o.contact_id = c.id)
"""

DEAL_FACTS = """
SELECT contact_id, 'opportunity', ref, opened_at, NULL::timestamptz, rep_id, product,
       CASE WHEN ref <> '' THEN amount END, CASE WHEN ref <> '' THEN currency END, NULL::float
FROM deal
UNION ALL
SELECT contact_id, m.measure, ref, m.at, NULL::timestamptz, rep_id, product,
       CASE m.measure WHEN 'won' THEN amount END, CASE m.measure WHEN 'won' THEN currency END,
       ((m.at AT TIME ZONE :zone)::date - (opened_at AT TIME ZONE :zone)::date)::float
FROM deal, LATERAL (VALUES ('won', won_at), ('lost', lost_at)) AS m (measure, at)
WHERE m.at IS NOT NULL
UNION ALL
-- A talk may come before what the playbook calls an opportunity: then it counts when there is one.
SELECT contact_id, 'opportunity_connected', ref, greatest(opened_at, s.talk_at), NULL::timestamptz, rep_id, product,
       NULL, NULL, NULL
FROM deal JOIN first_seen s USING (contact_id) WHERE s.talk_at IS NOT NULL
"""
