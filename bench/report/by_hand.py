"""What a day of the report costs without a report: one statement for each KPI table, written by hand for that day.

They read the ordinary tables, keep no versions, look at no late event and no changed setting, and write into tables of
their own. Goals and causes have none: they judge what the other tables say.
"""

import time
from datetime import datetime

from sqlalchemy import text

from models.database import engine

HAPPENED = """
happened AS MATERIALIZED (
    SELECT 'lead' AS measure, id AS contact_id, created_at AS at, owner_id AS rep_id, source, product,
           NULL::numeric AS amount FROM contact WHERE created_at BETWEEN :begin AND :end
    UNION ALL SELECT m.measure, id, m.at, owner_id, source, product, NULL
    FROM contact, LATERAL (VALUES ('mql', mql_at), ('sql', sql_at), ('opportunity', opportunity_at)) AS m (measure, at)
    WHERE m.at BETWEEN :begin AND :end
    UNION ALL SELECT m.measure, f.contact_id, m.at, f.rep_id, c.source, c.product, NULL
    FROM follow_up f JOIN contact c ON c.id = f.contact_id, LATERAL (VALUES
        ('request', f.received_at), ('first_contact', f.first_contact_at), ('first_talk', f.connected_at),
        ('in_sla', CASE WHEN f.first_contact_at <= f.due_at THEN f.first_contact_at END)) AS m (measure, at)
    WHERE m.at BETWEEN :begin AND :end
    UNION ALL SELECT 'touch', e.contact_id, e.at, t.rep_id, c.source, c.product, NULL
    FROM event e JOIN contact c ON c.id = e.contact_id LEFT JOIN task t ON t.id = e.topic::bigint
    WHERE e.name = 'task_done' AND e.at BETWEEN :begin AND :end
    UNION ALL SELECT m.measure, o.contact_id, o.placed_at, c.owner_id, c.source, p.code, o.amount
    FROM "order" o JOIN contact c ON c.id = o.contact_id LEFT JOIN product p ON p.id = o.product_id,
         LATERAL (VALUES ('order'), ('sale'), ('customer'), ('bought'), ('new_customer')) AS m (measure)
    WHERE o.placed_at BETWEEN :begin AND :end
    UNION ALL SELECT 'offer_made', o.contact_id, o.offered_at, o.rep_id, c.source, c.product, NULL
    FROM offer o JOIN contact c ON c.id = o.contact_id WHERE o.offered_at BETWEEN :begin AND :end
    UNION ALL SELECT 'engaged', contact_id, min(e.at), NULL, NULL, NULL, NULL FROM event e
    WHERE name IN ('page_visited', 'link_clicked') AND e.at BETWEEN :begin AND :end GROUP BY contact_id)
"""

TOUCHED = """
       count(*) FILTER (WHERE EXISTS (SELECT FROM follow_up f WHERE f.contact_id = m.contact_id
           AND f.connected_at BETWEEN m.at AND m.at + interval '30 days')),
       count(*) FILTER (WHERE EXISTS (SELECT FROM "order" o WHERE o.contact_id = m.contact_id
           AND o.placed_at BETWEEN m.at AND m.at + interval '30 days'))
"""

BY_HAND = {
    "kpi_fact": f"WITH {HAPPENED} SELECT * FROM happened",
    "kpi_daily": f"""
WITH {HAPPENED}
SELECT CAST(:end AS date), measure, r.team_id, h.rep_id, source, product, count(*), sum(amount)
FROM happened h LEFT JOIN rep r ON r.id = h.rep_id
GROUP BY GROUPING SETS ((measure), (measure, r.team_id), (measure, r.team_id, h.rep_id), (measure, source),
                        (measure, r.team_id, source), (measure, product), (measure, r.team_id, product))
""",
    "kpi_cohort": """
SELECT g.begun::date, g.begin, g.goal, g.reached::date - g.begun::date, r.team_id, owner_id, source, product, count(*)
FROM contact LEFT JOIN rep r ON r.id = owner_id, LATERAL (VALUES
    ('lead', created_at, 'mql', mql_at), ('lead', created_at, 'sql', sql_at), ('mql', mql_at, 'sql', sql_at),
    ('lead', created_at, 'opportunity', opportunity_at), ('lead', created_at, 'customer', customer_at),
    ('mql', mql_at, 'customer', customer_at), ('sql', sql_at, 'customer', customer_at))
    AS g (begin, begun, goal, reached)
WHERE g.reached BETWEEN :begin AND :end
GROUP BY GROUPING SETS ((1, 2, 3, 4), (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 7), (1, 2, 3, 4, 8))
""",
    "kpi_funnel": """
WITH active AS (
    SELECT DISTINCT contact_id FROM event WHERE at BETWEEN CAST(:end AS timestamptz) - interval '14 days' AND :end)
SELECT stage, r.team_id, source, product, count(*), count(*) FILTER (WHERE active.contact_id IS NULL),
       sum(extract(epoch FROM :end - coalesce(customer_at, opportunity_at, sql_at, mql_at, created_at)))
FROM contact LEFT JOIN active ON active.contact_id = contact.id LEFT JOIN rep r ON r.id = owner_id
GROUP BY GROUPING SETS ((stage), (stage, r.team_id), (stage, source), (stage, product))
""",
    "kpi_message": f"""
SELECT m.at::date, template, count(*), count(delivered_at), count(opened_at), count(clicked_at), {TOUCHED}
FROM (SELECT *, sent_at AS at FROM message
      WHERE handed_at BETWEEN CAST(:end AS timestamptz) - interval '31 days' AND :end AND kind = 'marketing') m
GROUP BY 1, 2
""",
    "kpi_journey_step": f"""
SELECT m.at::date, journey, name, verb, count(*), {TOUCHED}
FROM (SELECT s.*, r.journey, r.contact_id FROM step s JOIN journey_run r ON r.id = s.run_id
      WHERE s.at BETWEEN CAST(:end AS timestamptz) - interval '31 days' AND :end) m
GROUP BY 1, 2, 3, 4
""",
    "kpi_source": """
SELECT date_trunc('month', created_at), c.source, e.topic, count(*), count(sql_at), count(opportunity_at),
       count(customer_at), count(o.id), sum(o.amount)
FROM contact c LEFT JOIN event e ON e.contact_id = c.id AND e.name = 'form_submitted'
LEFT JOIN "order" o ON o.contact_id = c.id
WHERE created_at >= date_trunc('month', CAST(:end AS timestamptz)) AND created_at <= :end GROUP BY 1, 2, 3
""",
    "kpi_forecast": """
SELECT stage, s.age, count(*), sum(c.orders::float / nullif(c.all, 0)) FROM (
    SELECT stage, (CAST(:end AS date) - coalesce(opportunity_at, sql_at, mql_at, created_at)::date) / 30 AS age
    FROM contact WHERE customer_at IS NULL AND created_at <= :end) s
JOIN (SELECT (customer_at::date - created_at::date) / 30 AS age, count(customer_at) AS orders, count(*) AS all
      FROM contact WHERE created_at <= :end GROUP BY 1) c ON c.age = s.age
GROUP BY 1, 2
""",
}
"""KPI table -> its statement."""


def by_hand(address: str, begin: datetime, end: datetime) -> dict[str, float]:
    """Seconds that each statement takes, with storing what it gives."""
    taken = {}
    for table, statement in BY_HAND.items():
        with engine(address).begin() as connection:
            started = time.perf_counter()
            connection.execute(text("DROP TABLE IF EXISTS by_hand"))
            stored = text(f"CREATE TABLE by_hand AS SELECT counted::text AS row FROM ({statement}) AS counted")
            connection.execute(stored, {"begin": begin, "end": end})
        taken[table] = time.perf_counter() - started
    return taken
