"""SLA clocks: the working hours in which each rep's service levels count, and the deadlines that follow."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.playbook import Playbook
from models.values.working_hours import WorkingHours, read_week

USUAL_HOURS = text("""
-- Without absences: they do not stop the clock, or a lead would wait in silence for a vacation to end.
SELECT rep.id, rep.hours, coalesce(rep.time_zone, team.time_zone, :zone) AS zone
FROM rep LEFT JOIN team ON team.id = rep.team_id WHERE rep.id = ANY(:reps)
""")


class SlaClocks:
    """The working hours by which each rep's follow-ups are timed; the company's where a follow-up has no rep."""

    def __init__(self, playbook: Playbook, hours: dict[int, WorkingHours], company: WorkingHours) -> None:
        self._levels = playbook.service_levels
        self._hours = hours
        self._company = company

    def due_at(self, rep: int | None, received_at: datetime) -> datetime:
        """By when the first contact is due."""
        return self._deadline(rep, received_at, self._levels.first_contact)

    def alert_at(self, rep: int | None, received_at: datetime) -> datetime:
        """When the manager is alerted if there was no first contact."""
        return self._deadline(rep, received_at, self._levels.alert_after)

    def due_after(self, rep: int | None, start: datetime, length: timedelta) -> datetime:
        """When so much of their working time has passed, by whichever clock the levels count; see
        WorkingHours.deadline.
        """
        return self._hours_of(rep).deadline(start, length) or start + length

    def working_time(self, rep: int | None, start: datetime, end: datetime | None) -> timedelta | None:
        """Working time between two moments; None while the second has not come."""
        return None if end is None else self._hours_of(rep).between(start, end)

    def _deadline(self, rep: int | None, start: datetime, length: timedelta) -> datetime:
        if self._levels.clock == "around the clock":
            return start + length
        # Who never works again would never be late: then the hour does not matter.
        return self._hours_of(rep).add(start, length) or start + length

    def _hours_of(self, rep: int | None) -> WorkingHours:
        return self._company if rep is None else self._hours.get(rep, self._company)


def sla_clocks(connection: Connection, playbook: Playbook, reps: Iterable[int | None]) -> SlaClocks:
    """The clocks of these salespeople: their usual hours without the company's holidays."""
    zone, holidays = playbook.company.time_zone, playbook.company.holidays
    about = {"reps": sorted({rep for rep in reps if rep is not None}), "zone": zone}
    hours = {
        row.id: WorkingHours(row.zone, read_week(row.hours) if row.hours else None, holidays=holidays)
        for row in connection.execute(USUAL_HOURS, about)
    }
    return SlaClocks(playbook, hours, WorkingHours(zone, holidays=holidays))
