"""Arranging tests about follow-up: a business whose people work from nine to five in New York, and its leads."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from flows.runtime.prefect_flow import discover
from models.database import engine
from models.playbook import Playbook, apply
from models.response.alerts import send_alerts
from models.response.daily_check import send_checks
from models.tasks.outcome import complete_task as settle
from tests.support.mail.outbox import NOON
from tests.support.playbook import the_shipped_playbook
from tests.support.story import Story

OFFICE_HOURS = {"mon-fri": "09:00-17:00"}
NORA = "nora.field@brightwater.example.com"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def a_business(*, hours: dict[str, str] | None = OFFICE_HOURS, **levels: Any) -> Playbook:
    """The shipped playbook with these hours for everybody, round robin as a router, and service levels as given."""
    document = the_shipped_playbook().model_dump(mode="json")
    for team in document["teams"]:
        team |= {"hours": hours, "time_zone": "America/New_York", "end_of_day": "17:30"}
        for rep in team["reps"]:
            rep |= {"hours": None, "time_zone": None}
    document["company"]["holidays"] = []
    document["service_levels"] |= levels
    playbook = Playbook.model_validate(document)
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook


def a_story(now: datetime = NOON) -> Story:
    """All shipped journeys, beginning on a Monday at noon in New York."""
    return Story(discover(), now=now, begin=now)


def send_due_alerts(now: datetime) -> int:
    """How many leads were late."""
    with engine().begin() as connection:
        return send_alerts(connection, now)


def send_daily_checks(now: datetime) -> list[str]:
    """The teams whose check was sent."""
    with engine().begin() as connection:
        return send_checks(connection, now)


def team_mails(template: str) -> list[Any]:
    """(address, data) of every mail of a template, in order."""
    with engine().connect() as connection:
        query = text("SELECT to_address, data FROM message WHERE kind = 'team' AND template = :template ORDER BY id")
        return [tuple(row) for row in connection.execute(query, {"template": f"team/{template}"})]


def response_records(contact: int) -> list[Any]:
    """Every claim of a contact, in order."""
    with engine().connect() as connection:
        query = text("SELECT * FROM follow_up WHERE contact_id = :contact ORDER BY id")
        return list(connection.execute(query, {"contact": contact}))


def remove_owner(story: Story, contact: int) -> None:
    """As if nothing had given the lead to anybody."""
    story.write("UPDATE contact SET owner_id = NULL WHERE id = :contact", contact=contact)
    story.write("UPDATE follow_up SET rep_id = NULL WHERE contact_id = :contact", contact=contact)
    story.write("DELETE FROM placement WHERE contact_id = :contact", contact=contact)


def report(task: str, outcome: str, contact: int, at: datetime) -> None:
    """As the task page does it, before anything reacts."""
    with engine().begin() as connection:
        query = text("SELECT id FROM task WHERE name = :task AND contact_id = :contact AND done_at IS NULL")
        found = connection.execute(query, {"task": task, "contact": contact}).scalar_one()
        assert settle(connection, found, outcome, "", at)
