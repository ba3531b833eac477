"""kpi_holdout: what became of those who were drawn into the holdout of a journey, and of those drawn onto it."""

from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.contribution.recount import GOALS, Recount, days_to_recount, reached_goals
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.playbook import Playbook
from models.playbook.mail import SplitTestEntry
from models.splits import HELD_OUT, ON_THE_JOURNEY
from models.tables.kpi import KpiHoldout

HOLDOUTS = text("SELECT name, journey FROM split_test WHERE is_holdout ORDER BY name")

TESTS = """test AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:tests AS jsonb)) AS t (name text, journey text, days int)
)"""

ALL_DRAWS = """(SELECT test, contact_id, variant, how, weights, at FROM split_draw
               UNION ALL SELECT test, contact_id, variant, how, weights, at FROM erased_draw)"""
"""SQL: the draws of everybody, and of those who were erased since."""

OLDER_DAYS = f"""
WITH {TESTS}
SELECT DISTINCT (d.at AT TIME ZONE :zone)::date FROM changed_goal g
JOIN split_draw d ON d.contact_id = g.contact_id JOIN test ON test.name = d.test
WHERE d.at < g.at AND d.at >= g.at - make_interval(days => test.days)
UNION
SELECT DISTINCT (d.at AT TIME ZONE :zone)::date FROM moved_contact
JOIN split_draw d USING (contact_id) JOIN test ON test.name = d.test
UNION
SELECT DISTINCT (at AT TIME ZONE :zone)::date FROM erased_draw WHERE erased_at > :since
"""


def count_holdouts(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the draws of all days that can have changed since the run before; of a full count all.

    Who counts is drawn by chance and does so whatever became of them. A talk or an order counts for as long after the
    draw as the playbook says for the test.
    """
    values = {
        "tests": to_json(_tests(connection, window.playbook)),
        "variants": [HELD_OUT, ON_THE_JOURNEY],
        "held_out": HELD_OUT,
    }
    recount = days_to_recount(connection, window, OLDER_DAYS, values)
    return store_versions(
        connection,
        KpiHoldout,
        _select(recount),
        values | recount.values,
        scope=recount.scope,
        known_at=window.known_at,
    )


def _tests(connection: Connection, playbook: Playbook) -> list[dict[str, Any]]:
    """Every holdout there is, and for how many days after the draw something counts."""
    return [
        {
            "name": row.name,
            "journey": row.journey,
            "days": max(1, round(playbook.split_tests.get(row.name, SplitTestEntry()).within.total_seconds() / 86_400)),
        }
        for row in connection.execute(HOLDOUTS)
    ]


def _select(recount: Recount) -> str:
    within = "make_interval(days => drawn.days)"
    return f"""
WITH {TESTS}, drawn AS MATERIALIZED (
    SELECT {recount.day_of("d.at")} AS day, test.journey, coalesce(d.weights ->> :held_out, '') AS share, d.variant,
           test.days, d.contact_id, d.at
    FROM test JOIN {ALL_DRAWS} d ON d.test = test.name
    WHERE d.how = 'drawn' AND d.variant = ANY(CAST(:variants AS text[])) AND {recount.holds_for("d.at")}
), {GOALS}, judged AS (
    SELECT drawn.*, {reached_goals("drawn", within)}
    FROM drawn LEFT JOIN talk ON talk.contact_id = drawn.contact_id LEFT JOIN sale ON sale.contact_id = drawn.contact_id
)
SELECT day, journey, share, variant, days AS within_days, count(*)::int AS contacts,
       (count(*) FILTER (WHERE connected))::int AS connected, (count(*) FILTER (WHERE ordered))::int AS ordered
FROM judged GROUP BY day, journey, share, variant, days
"""
