"""The facts of those who changed, before and after: what a night takes out of the counts, and what it puts in."""

from sqlalchemy import Connection, text

from models.kpi.window import CHANGED_CONTACTS, CountingWindow

COLUMNS = """f.contact_id, f.measure, f.ref, f.at, f.day, f.rep_id, f.team_id, f.source, f.product, f.journey, f.amount,
       f.currency"""

CHANGED_FACTS = f"""
-- `is_now`: it is reported by this run; `was`: by the one before. What is both ways has not changed.
CREATE TEMP TABLE changed_fact ON COMMIT DROP AS
SELECT {COLUMNS}, true AS is_now, f.known_from < :known_at AS was
FROM {CHANGED_CONTACTS} c JOIN kpi_fact f ON f.contact_id = c.contact_id WHERE f.known_until IS NULL
UNION ALL
SELECT {COLUMNS}, false, true FROM kpi_fact f WHERE f.known_until = :known_at AND f.known_from < :known_at
"""

NOW = ("kpi_fact f", "f.known_until IS NULL")
"""SQL: (relation, condition) of all facts that are reported."""
CHANGED_NOW = ("changed_fact f", "f.is_now")
"""The same of the changed contacts alone."""
CHANGED_BEFORE = ("changed_fact f", "f.was")
"""What was reported of them by the run before."""


def make_changed_facts(connection: Connection, window: CountingWindow) -> None:
    """Make the temporary table changed_fact: every fact of the contacts in changed_contact as it is, and as it was.

    A full count has none: all facts are in kpi_fact.
    """
    connection.execute(text("DROP TABLE IF EXISTS changed_fact"))
    if not window.is_full:
        connection.execute(text(CHANGED_FACTS), {"known_at": window.known_at})
        connection.execute(text("ANALYZE changed_fact"))
