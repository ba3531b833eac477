"""How a team's leads were followed up on a working day: the figures of the daily check, for any team and day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.database import engine
from models.playbook import current_playbook
from models.response.metrics import ResponseMetrics
from models.response.team_calendar import TeamCalendar, team_calendars
from models.response.team_day import TeamDay, team_day
from models.team.active_reps import active_reps
from models.wording import duration, short_moment
from web.frame.forms.done import JustDone
from web.frame.login import require_ops
from web.frame.pages import page
from web.reports.frame import chapter_choices

router = APIRouter(dependencies=[Depends(require_ops)])

EARLIEST = date(2000, 1, 1)
DONE = {
    "remind": "{tasks}: whoever has them has a mail.",
    "leads": "{leads} went to others, with their open tasks.",
}
"""What was done with leads of the list -> how it is said."""
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
def show_follow_up(request: Request, done: JustDone, team: str = "", date: str = "") -> Response:
    """A team's working day: without a choice the first team that has something to show, and its last such day."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        shown = follow_up_page(connection, team, date, now)
        reps = active_reps(connection)
    team_only = {"team": shown.checked.team.name} if shown else {}
    chapters = chapter_choices("/follow-up", lambda path: f"{path}?{urlencode(team_only)}" if team_only else path)
    return page(
        request,
        "reports/follow_up.html",
        shown=shown,
        short_moment=short_moment,
        chapters=chapters,
        reps=reps,
        key=uuid4().hex,
        said=done.sentence(DONE),
    )


def follow_up_page(connection: Connection, team: str, day: str, now: datetime) -> FollowUpPage | None:
    """Read the day. None while there is no team; 404 for a team or a day that cannot be shown."""
    playbook = current_playbook(connection)
    all_teams = team_calendars(connection, playbook)
    if not all_teams:
        return None
    newest = _newest_requests(connection, all_teams, now)
    chosen = _find_team(all_teams, team or next(iter(newest), ""))
    asked = _day(chosen, day, now, newest.get(chosen.name))
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


NEWEST_REQUESTS = text("""
-- One look at the index for each person, however many requests there are.
SELECT team_id, max(at) AS at FROM (
    SELECT rep.team_id, (SELECT max(f.received_at) FROM follow_up f
                         WHERE f.rep_id = rep.id AND f.received_at <= :now) AS at FROM rep
    UNION ALL
    SELECT NULL, (SELECT max(f.received_at) FROM follow_up f WHERE f.rep_id IS NULL AND f.received_at <= :now)
) AS newest WHERE at IS NOT NULL GROUP BY team_id
""")


def _newest_requests(connection: Connection, all_teams: list[TeamCalendar], now: datetime) -> dict[str, datetime]:
    """Team -> when its newest request came; teams without any are not in it, and nobody's are every team's."""
    found = {row.team_id: row.at for row in connection.execute(NEWEST_REQUESTS, {"now": now})}
    own = {team.name: found[team.id] for team in all_teams if team.id in found}
    return own or {team.name: found[None] for team in all_teams if None in found}


def _day(team: TeamCalendar, day: str, now: datetime, newest: datetime | None) -> date:
    """A day on which the team does not work belongs to the next one on which it does. Without a choice the one of the
    newest request, or where there is none the one that is going on.
    """
    today = team.working_day_of(now)
    if not day:
        return min(today, team.working_day_of(newest)) if newest else today
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise HTTPException(404, NO_DAY) from None
    if not EARLIEST <= asked <= today:
        raise HTTPException(404, NO_DAY)
    return team.at_or_after(asked)
