"""A team's working days: each lasts from the end of the one before to its own end, so no lead falls between two."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.playbook import Playbook
from models.values.working_hours import read_week

DAY = timedelta(days=1)
LONGEST_BREAK = 400
"""Days; a team that does not work within this time has its day all the same."""

TEAMS = text("""
-- With the hours of everybody who is active; a team of nobody has no days.
SELECT team.id, team.name, coalesce(team.manager_email, :company) AS manager, coalesce(team.time_zone, :zone) AS zone,
       team.end_of_day, jsonb_agg(rep.hours) AS hours
FROM team JOIN rep ON rep.team_id = team.id AND rep.active
GROUP BY team.id ORDER BY team.id
""")


@dataclass(frozen=True, kw_only=True)
class TeamCalendar:
    """A team and when its days end."""

    id: int
    name: str
    manager: str
    """Whom its daily check is mailed to."""
    zone: str
    end: time
    weekdays: frozenset[int]
    """On which somebody of the team works; Monday is 0."""
    holidays: Container[date] = frozenset()

    def end_of(self, day: date) -> datetime:
        """When this day ends."""
        return datetime.combine(day, self.end, ZoneInfo(self.zone)).astimezone(UTC)

    def begin_of(self, day: date) -> datetime:
        """When the working day before it ended."""
        return self.end_of(self.working_day_before(day))

    def working_day_before(self, day: date) -> date:
        """The working day before this one."""
        return self._first(day - n * DAY for n in range(1, LONGEST_BREAK))

    def working_day_after(self, day: date) -> date:
        """The working day after this one."""
        return self.at_or_after(day + DAY)

    def working_day_of(self, at: datetime) -> date:
        """The working day that a moment belongs to: the first whose end has not come."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        return self.at_or_after(today if at <= self.end_of(today) else today + DAY)

    def at_or_after(self, day: date) -> date:
        """This day if it is a working day, else the next one."""
        return self._first(day + n * DAY for n in range(LONGEST_BREAK))

    def last_ended(self, now: datetime) -> date:
        """The newest working day that is over."""
        today = self.working_day_of(now)
        return today if self.end_of(today) <= now else self.working_day_before(today)

    def _first(self, days: Iterable[date]) -> date:
        days = list(days)
        return next((day for day in days if self._works_on(day)), days[0])

    def _works_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays


def team_calendars(connection: Connection, playbook: Playbook) -> list[TeamCalendar]:
    """Every team that has people, in the playbook's order."""
    about = {"company": playbook.company.inbox, "zone": playbook.company.time_zone}
    return [
        TeamCalendar(
            id=row.id,
            name=row.name,
            manager=row.manager,
            zone=row.zone,
            end=time.fromisoformat(row.end_of_day),
            weekdays=frozenset().union(*map(_weekdays, row.hours)),
            holidays=playbook.company.holidays,
        )
        for row in connection.execute(TEAMS, about)
    ]


def _weekdays(hours: dict[str, str] | None) -> frozenset[int]:
    """On which somebody with these hours works; without hours, every day."""
    return frozenset(range(7)) if hours is None else frozenset(day for day, spans in read_week(hours).items() if spans)
