"""What the demo of version 0.1.0 left in the installation's own database is found there and taken away, alone."""

from datetime import datetime, timedelta

import pytest

from deployments.demo.command import LEADS
from deployments.demo.earlier_demo import delete_earlier_demo, find_earlier_demo
from deployments.demo.scheduled_jobs import deliver_now
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models import Message, MessageKind
from models.database import engine
from models.leads.files.csv_file import read_rows
from models.leads.imports.lead_import import store_rows
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.story import Story
from tests.support.web_pages import a_letter, add

PLAYED = 120
"""Rows of the sample file, among them one whose address has lost its @."""

TABLES_ABOUT_CONTACTS = """
    SELECT DISTINCT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_name)
    WHERE column_name = 'contact_id' AND table_type = 'BASE TABLE' AND columns.table_schema = 'public'
"""


@pytest.fixture
def story(database_url: str) -> Story:
    """A house in which the demo was played for two days."""
    apply_playbook()
    story = Story(discover())
    sample = [row for part in read_rows(LEADS) for row in part]
    store_rows(sample[:PLAYED], None, None, story.now)
    live(story)
    return story


def live(story: Story) -> None:
    """Two days in which mails go out and tasks are made."""
    run_due(story.definitions, story.now)
    for _ in range(4):
        story.pass_time(timedelta(hours=12))
        deliver_now(story.now)


def to_colleagues(key: str, queued_at: datetime) -> None:
    """A daily check that was mailed to a manager."""
    add(
        Message, contact_id=None, key=key, kind=MessageKind.TEAM.value, queued_at=queued_at, template="team/daily_check"
    )
    a_letter(message_key=key)


def found() -> list[int]:
    with engine().connect() as connection:
        return find_earlier_demo(connection)


def people() -> list[str]:
    return [email for (email,) in rows("SELECT email FROM contact ORDER BY email")]


def test_the_demos_people_go_with_their_mails_tasks_and_rejected_leads(story: Story) -> None:
    assert rows("SELECT count(*) > 0 FROM letter") == rows("SELECT count(*) > 0 FROM task") == [(True,)]
    assert rows("SELECT count(*) FROM rejected_lead") == [(1,)]

    assert delete_earlier_demo() > PLAYED / 2

    for (table,) in rows(TABLES_ABOUT_CONTACTS):
        assert rows(f'SELECT count(*) FROM "{table}"') == [(0,)], table
    assert rows("SELECT count(*) FROM letter") == rows("SELECT count(*) FROM rejected_lead") == [(0,)]
    assert rows("SELECT count(*) FROM router_member WHERE credit <> 0") == [(0,)]
    assert rows("SELECT count(*) > 0 FROM rep") == [(True,)]
    assert found() == []


def test_own_contacts_and_whoever_came_in_another_way_too_stay_with_all_that_is_theirs(story: Story) -> None:
    [(both,)] = rows("SELECT email FROM contact WHERE email IS NOT NULL ORDER BY id LIMIT 1")
    own = [
        {"source": "website", "form": "request-info", "email": email, "first_name": "Ann"}
        for email in ("ann@example.com", both)
    ]
    store_rows(own, None, None, story.now)
    live(story)
    kept = rows("SELECT count(*) FROM letter WHERE to_address IN ('ann@example.com', :both)", both=both)

    delete_earlier_demo()

    assert people() == sorted(["ann@example.com", both])
    assert rows("SELECT count(*) FROM letter WHERE to_address IN ('ann@example.com', :both)", both=both) == kept
    assert rows("SELECT count(*) > 0 FROM task WHERE closed_at IS NULL") == [(True,)]
    assert delete_earlier_demo() == 0


def test_mails_to_colleagues_go_from_before_the_first_own_contact_came(story: Story) -> None:
    to_colleagues("about the demo's people", story.now - timedelta(hours=1))
    ann = {"source": "website", "form": "request-info", "email": "ann@example.com"}
    store_rows([ann], None, None, story.now)
    to_colleagues("about Ann as well", story.now)
    delete_earlier_demo()
    assert rows("SELECT message_key FROM letter WHERE message_key LIKE 'about%'") == [("about Ann as well",)]
