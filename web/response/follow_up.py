"""How a team's leads were followed up on a working day: the figures of the daily check, for any team and day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.database import engine
from models.playbook import current_playbook
from models.response.metrics import ResponseMetrics
from models.response.team_calendar import TeamCalendar, team_calendars
from models.response.team_day import TeamDay, team_day
from models.wording import duration, short_moment
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(dependencies=[Depends(require_ops)])

EARLIEST = date(2000, 1, 1)
NO_TEAM = "There is no team of this name with active people. Choose one of the teams on /follow-up."
NO_DAY = "This is no day that can be shown. Write it as 2026-03-31, not before the year 2000 and not in the future."


@dataclass(frozen=True, kw_only=True)
class FollowUpPage:
    """One team's day, the figures of the day before, and where the days around it are."""

    teams: list[str]
    checked: TeamDay
    before: ResponseMetrics
    day_before: date
    day_after: date | None
    """None on the day that has not ended."""
    level: str


@router.get("/follow-up")
def show_follow_up(request: Request, team: str = "", date: str = "") -> Response:
    """A team's working day: without a choice the first team's, the one that is going on now."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        shown = follow_up_page(connection, team, date, now)
    return page(request, "response/follow_up.html", shown=shown, short_moment=short_moment)


def follow_up_page(connection: Connection, team: str, day: str, now: datetime) -> FollowUpPage | None:
    """Read the day. None while there is no team; 404 for a team or a day that cannot be shown."""
    playbook = current_playbook(connection)
    all_teams = team_calendars(connection, playbook)
    if not all_teams:
        return None
    chosen = _find_team(all_teams, team)
    asked = _day(chosen, day, now)
    before = chosen.working_day_before(asked)
    return FollowUpPage(
        teams=[one.name for one in all_teams],
        checked=team_day(connection, playbook, chosen, asked, now),
        before=team_day(connection, playbook, chosen, before, now).total,
        day_before=before,
        day_after=chosen.working_day_after(asked) if asked < chosen.working_day_of(now) else None,
        level=duration(playbook.service_levels.first_contact),
    )


def _find_team(all_teams: list[TeamCalendar], name: str) -> TeamCalendar:
    chosen = next((team for team in all_teams if team.name == name or not name), None)
    if chosen is None:
        raise HTTPException(404, NO_TEAM)
    return chosen


def _day(team: TeamCalendar, day: str, now: datetime) -> date:
    """A day on which the team does not work belongs to the next one on which it does."""
    today = team.working_day_of(now)
    if not day:
        return today
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise HTTPException(404, NO_DAY) from None
    if not EARLIEST <= asked <= today:
        raise HTTPException(404, NO_DAY)
    return team.at_or_after(asked)
