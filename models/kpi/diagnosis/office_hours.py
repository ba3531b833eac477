"""When somebody is at work, as SQL can ask: by the hours of the playbook, and usual ones where it has none."""

from collections.abc import Iterator
from datetime import date, time, timedelta

from sqlalchemy import Connection, text

from models.database import copy_rows
from models.kpi.diagnosis.rules.thresholds import OFFICE_DAYS, OFFICE_HOURS
from models.playbook import Playbook
from models.values.working_hours import Week, read_week

TABLE = text("""
CREATE TEMP TABLE diagnosed_hours (rep_id bigint, weekday int, begins time, ends time, zone text) ON COMMIT DROP
""")

FIND = text("CREATE INDEX ON diagnosed_hours (rep_id, weekday); ANALYZE diagnosed_hours")

REPS = text("""
SELECT rep.id, rep.active, rep.hours, coalesce(rep.time_zone, team.time_zone, :zone) AS zone
FROM rep LEFT JOIN team ON team.id = rep.team_id
""")

USUAL: Week = dict.fromkeys(OFFICE_DAYS, (OFFICE_HOURS,))
NOBODY = 0
"""For whom anybody's hours count: somebody is there."""

AT_WORK = """(NOT (a.local::date = ANY(CAST(:holidays AS date[]))) AND EXISTS (
    SELECT FROM diagnosed_hours h, LATERAL (SELECT a.received_at AT TIME ZONE h.zone AS at) AS here
    WHERE h.rep_id = coalesce(a.rep_id, 0) AND h.weekday = extract(isodow FROM here.at) - 1
      AND here.at::time >= h.begins AND (here.at::time < h.ends OR h.ends = '00:00')))"""
"""SQL over requests as `a`: whether it came while its owner was at work; of those without an owner, anybody."""


def make_office_hours(connection: Connection, playbook: Playbook) -> None:
    """Make the temporary table diagnosed_hours: of each rep, by weekday, from when until when they work."""
    connection.execute(text("DROP TABLE IF EXISTS diagnosed_hours"))
    connection.execute(TABLE)
    reps = connection.execute(REPS, {"zone": playbook.company.time_zone}).all()
    rows = [(rep.id, *span, rep.zone) for rep in reps for span in _spans(read_week(rep.hours) if rep.hours else USUAL)]
    active = {rep.id for rep in reps if rep.active}
    of_anybody = {(NOBODY, *row[1:]) for row in rows if row[0] in active}
    of_anybody |= {(NOBODY, *span, playbook.company.time_zone) for span in _spans(USUAL) if not active}
    copy_rows(connection, "diagnosed_hours", [*rows, *sorted(of_anybody)])
    connection.execute(FIND)


def holidays_between(playbook: Playbook, first: date, last: date) -> list[date]:
    """The company's."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day in playbook.company.holidays]


def _spans(week: Week) -> Iterator[tuple[int, time, time]]:
    return ((weekday, begin, end) for weekday, spans in week.items() for begin, end in spans)
