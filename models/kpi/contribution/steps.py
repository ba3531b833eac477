"""kpi_journey_step: who took which step of a journey on a day, and whether they talked with us or ordered after it."""

from typing import Any

from sqlalchemy import Connection

from models.kpi.contribution.recount import GOALS, Recount, days_to_recount, goals_of, reached_goals
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.playbook import Playbook
from models.splits import HELD_OUT
from models.tables.feedback import IS_FOR_CONTACT
from models.tables.kpi import KpiJourneyStep

ONTO_THE_JOURNEY = "start"
"""The verb under which the journey itself is counted."""

UNNAMED_VERBS = ("check", "set", "note", "add_points", ONTO_THE_JOURNEY)
"""Steps that nobody looks for: they do nothing to a contact. A run that starts another one is in that journey."""

IS_SHOWN = f"""{IS_FOR_CONTACT} AND s.verb <> ALL(CAST(:unnamed AS text[])) AND r.ending IS DISTINCT FROM :held_out
  AND NOT (s.verb = 'split' AND s.name IN (SELECT name FROM split_test WHERE is_holdout))"""
"""SQL over step `s` and its run `r`."""

ALL_RUNS = """(SELECT id, contact_id, journey, started_at, ending FROM journey_run
          UNION ALL SELECT id, contact_id, journey, started_at, ending FROM erased_run)"""
"""SQL: the runs of everybody, and of those who were erased since."""

OLDER_DAYS = """
WITH run AS (
    SELECT r.id, r.started_at, g.at - :within AS since, g.at AS until
    FROM changed_goal g JOIN journey_run r ON r.contact_id = g.contact_id WHERE r.started_at < g.at
    UNION ALL
    SELECT r.id, r.started_at, '-infinity', 'infinity' FROM moved_contact JOIN journey_run r USING (contact_id)
)
SELECT DISTINCT (at AT TIME ZONE :zone)::date FROM (
    SELECT started_at AS at FROM run WHERE started_at >= since
    UNION ALL
    SELECT s.at FROM run JOIN step s ON s.run_id = run.id
    LEFT JOIN task t ON s.verb = 'task' AND t.run_id = s.run_id AND t.number = s.number
    -- A talk that a task reports was after the task, and before its answer.
    WHERE s.at >= run.since AND coalesce(t.created_at, s.at) < run.until
    UNION ALL
    SELECT started_at FROM erased_run WHERE erased_at > :since
    UNION ALL
    SELECT s.at FROM erased_run r JOIN erased_step s ON s.run_id = r.id WHERE r.erased_at > :since
) AS taken
"""


def count_journey_steps(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the steps of all days that can have changed since the run before; of a full count all."""
    values = step_values(window.playbook)
    recount = days_to_recount(connection, window, OLDER_DAYS, values)
    return store_versions(
        connection,
        KpiJourneyStep,
        _select(recount),
        values | recount.values,
        scope=recount.scope,
        known_at=window.known_at,
    )


def step_values(playbook: Playbook) -> dict[str, Any]:
    """What `judged_steps` binds beside its days."""
    return {
        "within": playbook.reports.touched_within,
        "held_out": HELD_OUT,
        "unnamed": list(UNNAMED_VERBS),
    }


def judged_steps(recount: Recount, which: str = "") -> str:
    """SQL: a WITH whose last part, `judged`, has a row for each step that a run took on these days.

    `which`: SQL over journey_run as `r`, only the steps of these.
    """
    goals, only = (goals_of("taken"), f"AND {which}") if which else (GOALS, "")
    return f"""
WITH taken AS MATERIALIZED (
    -- A task is taken when it is asked for: the talk that it reports comes after that.
    SELECT {recount.day_of("s.at")} AS day, r.journey, s.name AS step, s.verb, r.id, r.contact_id,
           min(coalesce(t.created_at, s.at)) AS at, min(s.number) AS place
    FROM step s JOIN journey_run r ON r.id = s.run_id
    LEFT JOIN task t ON s.verb = 'task' AND t.run_id = s.run_id AND t.number = s.number
    WHERE {IS_SHOWN} AND {recount.holds_for("s.at")} {only}
    GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT {recount.day_of("s.at")}, r.journey, s.name, s.verb, r.id, r.contact_id, min(s.asked_at), min(s.number)
    FROM erased_step s JOIN erased_run r ON r.id = s.run_id
    WHERE {IS_SHOWN} AND {recount.holds_for("s.at")} {only}
    GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT {recount.day_of("r.started_at")}, r.journey, '', '{ONTO_THE_JOURNEY}', r.id, r.contact_id, r.started_at, 0
    FROM {ALL_RUNS} r
    WHERE {IS_FOR_CONTACT} AND r.ending IS DISTINCT FROM :held_out AND {recount.holds_for("r.started_at")} {only}
), {goals}, judged AS (
    SELECT taken.*, {reached_goals("taken")}
    FROM taken LEFT JOIN talk ON talk.contact_id = taken.contact_id LEFT JOIN sale ON sale.contact_id = taken.contact_id
)
"""


def _select(recount: Recount) -> str:
    return f"""{judged_steps(recount)}
SELECT day, journey, step, verb, min(place) AS place, count(*)::int AS contacts,
       (count(*) FILTER (WHERE connected))::int AS connected,
       (count(*) FILTER (WHERE ordered))::int AS ordered
FROM judged GROUP BY day, journey, step, verb
"""
