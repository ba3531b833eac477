"""Arranging tests about a day's follow-up: four leads, of whom some are called in time."""

from datetime import date, datetime

from models.database import engine
from models.playbook import current_playbook
from models.response.team_calendar import team_calendars
from models.response.team_day import TeamDay, team_day
from tests.support.lead_response import HOUR, MINUTE, a_business, a_story, report
from tests.support.mail.outbox import NOON
from tests.support.story import Story

END = NOON + 5 * HOUR + 30 * MINUTE
"""Half past five in New York."""
MONDAY = date(2026, 3, 2)


def four_leads() -> Story:
    """Four leads of a Monday: Sarah calls hers at once, John his too late, Mike does not call."""
    a_business()
    story = a_story()
    for name in ("ann", "bob", "cem", "dee"):
        story.happens("form_submitted", "request-call", contact=story.contact(f"{name}@example.com", first_name=name))
    return story


def call_some(story: Story) -> None:
    """What a day comes to: some are called at once, some late, some not at all."""
    owners = dict(story.rows("SELECT c.id, rep.name FROM contact c JOIN rep ON rep.id = c.owner_id"))
    for contact, owner in owners.items():
        if owner == "Sarah Miller":
            report("first call", "Had Call: Not Interested", contact, NOON + 3 * MINUTE)
        if owner == "John Okafor":
            report("first call", "Could Not Reach: Try Again", contact, NOON + 40 * MINUTE)


def the_day(day: date = MONDAY, now: datetime = END, team: str = "Inbound") -> TeamDay:
    """One team's figures of one day."""
    with engine().connect() as connection:
        playbook = current_playbook(connection)
        chosen = next(one for one in team_calendars(connection, playbook) if one.name == team)
        return team_day(connection, playbook, chosen, day, now)
