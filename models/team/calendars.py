"""When each salesperson works: their hours in their own time zone, without holidays and absences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.database import id_list
from models.playbook import Playbook
from models.values.working_hours import WorkingHours, read_week

HOURS = text("""
SELECT rep.id, rep.hours, coalesce(rep.time_zone, team.time_zone, :zone) AS zone,
       (SELECT array_agg(ARRAY[first_day, last_day] ORDER BY first_day) FROM absence
        WHERE absence.rep_id = rep.id) AS away
FROM rep LEFT JOIN team ON team.id = rep.team_id
WHERE rep.active AND rep.id = ANY(CAST(:reps AS bigint[]))
""")


@dataclass(frozen=True)
class Calendars:
    """The working hours of some salespeople, and those of whoever is none."""

    people: Mapping[int, WorkingHours]
    company: WorkingHours
    """Around the clock without the company's holidays, for addresses of which no hours are known."""

    def of(self, rep: int | None) -> WorkingHours | None:
        """Somebody's hours; None of somebody who has left."""
        return self.company if rep is None else self.people.get(rep)


def calendars(connection: Connection, playbook: Playbook, reps: Iterable[int]) -> Calendars:
    """The calendars of these salespeople, as far as they are active."""
    zone, holidays = playbook.company.time_zone, playbook.company.holidays
    people = {
        row.id: WorkingHours(
            row.zone,
            read_week(row.hours) if row.hours else None,
            tuple((first, last) for first, last in row.away or ()),
            holidays,
        )
        for row in connection.execute(HOURS, {"reps": id_list(reps), "zone": zone})
    }
    return Calendars(people, WorkingHours(zone, holidays=holidays))
