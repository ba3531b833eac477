"""Somebody leaves the playbook: what was theirs is counted, goes to others once, and nobody writes in their name."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.operations.apply_playbook import apply_file
from flows.operations.leads.check_leads import find_and_notify
from flows.operations.mail.deliver_messages import deliver_due
from models.database import engine
from models.playbook import load
from models.response.orphaned_leads import find_orphaned_leads
from models.routing.leavers import find_leavers, give_away_all
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON, FakeMailer, a_contact, a_message, a_rep, a_task
from tests.support.playbook import SHIPPED, apply_playbook

MIKE = "mike.brandt@brightwater.example.com"
SARAH = "sarah.miller@brightwater.example.com"
MIKE_IN_FILE = (
    "      - name: Mike Brandt\n        email: mike.brandt@brightwater.example.com\n"
    '        phone: "+1 207 555 0143"\n        job_title: Senior Growth Advisor\n'
    "        calendar_url: https://calendar.example.com/mike-brandt\n"
)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def without_mike(folder: Path, *changes: tuple[str, str]) -> Path:
    # Whatever the hour of the test, somebody works who can get leads.
    content = re.sub(r"(?m)^ +hours: .*\n", "", SHIPPED.read_text())
    for old, new in ((MIKE_IN_FILE, ""), (f"      - {MIKE}\n", ""), *changes):
        assert old in content
        content = content.replace(old, new, 1)
    path = folder / "playbook.yaml"
    path.write_text(content)
    return path


def keeping(folder: Path) -> Path:
    return without_mike(folder, ("routing:\n  on:", "routing:\n  leavers_leads: keep\n  on:"))


def leads_of_mike(count: int, *, with_task: int = 0) -> list[int]:
    """Leads that are Mike's; the first of them have an open task of his."""
    leads = [a_contact(f"lead{number}@example.com", owner_id=a_rep(MIKE)) for number in range(count)]
    for lead in leads[:with_task]:
        task = a_task(lead)
        write("UPDATE task SET rep_id = :rep, assignee = :mike WHERE id = :task", rep=a_rep(MIKE), mike=MIKE, task=task)
    return leads


def owners() -> dict[str, int]:
    return dict(rows("SELECT rep.email, count(*) FROM contact JOIN rep ON rep.id = owner_id GROUP BY 1"))


def summary_mails() -> list[tuple[str, int, int]]:
    found = rows("SELECT to_address, data FROM message WHERE template = 'team/taken_over' ORDER BY to_address")
    return [(to, data["count"], data["tasks"]) for to, data in found]


def test_a_dry_run_says_how_much_is_left_and_changes_nothing(tmp_path: Path) -> None:
    leads_of_mike(14, with_task=3)

    lines = apply_file(without_mike(tmp_path), dry_run=True)

    assert "Mike Brandt leaves 3 open tasks and 14 leads, which go to others by the routers" in lines
    assert owners() == {MIKE: 14}
    assert rows("SELECT active FROM rep WHERE email = :mike", mike=MIKE) == [(True,)]


def test_what_is_left_goes_to_the_others_with_one_mail_to_each(tmp_path: Path) -> None:
    leads_of_mike(14, with_task=4)

    lines = apply_file(without_mike(tmp_path))

    assert "Mike Brandt leaves 4 open tasks and 14 leads; leads: 14 moved; 4 open tasks moved along" in lines
    assert sorted(owners().values()) == [7, 7]
    assert MIKE not in owners()
    assert [count for _, count, _ in summary_mails()] == [7, 7]
    assert sum(tasks for _, _, tasks in summary_mails()) == 4
    assert rows("SELECT 1 FROM message WHERE kind = 'task'") == []
    assert rows(
        "SELECT DISTINCT assignee = rep.email FROM task JOIN contact ON contact.id = contact_id "
        "JOIN rep ON rep.id = contact.owner_id"
    ) == [(True,)]
    assert apply_file(without_mike(tmp_path)) == []


def test_the_playbook_may_keep_it_and_managers_are_told_every_night(tmp_path: Path) -> None:
    leads_of_mike(2, with_task=1)

    lines = apply_file(keeping(tmp_path))

    assert "Mike Brandt leaves 1 open task and 2 leads, which stay theirs until somebody reassigns them" in lines
    assert owners() == {MIKE: 2}
    with engine().connect() as connection:
        found = [orphan for orphan in find_orphaned_leads(connection, NOON) if orphan.kind == "owner left"]
    assert [orphan.problem for orphan in found] == ["belongs to somebody who has left"] * 2


def test_a_lead_that_no_rule_is_for_stays_and_is_found_every_night(tmp_path: Path) -> None:
    [lead] = leads_of_mike(1)
    no_rule = (
        '    - {router: client care, when: stage == "customer"}\n    - {router: inbound}\n',
        '    - {router: client care, when: stage == "customer"}\n',
    )

    lines = apply_file(without_mike(tmp_path, no_rule))

    assert "Mike Brandt leaves 0 open tasks and 1 lead; leads: 1 left; 0 open tasks moved along" in lines
    with engine().connect() as connection:
        assert [orphan.contact_id for orphan in find_orphaned_leads(connection, NOON)] == [lead]


def test_a_task_for_somebody_who_left_is_found_though_the_lead_is_not_theirs(tmp_path: Path) -> None:
    contact = a_contact("ann@example.com", owner_id=a_rep(SARAH))
    write("UPDATE task SET assignee = :mike, rep_id = NULL WHERE id = :task", mike=MIKE, task=a_task(contact))
    apply_file(without_mike(tmp_path))
    with engine().connect() as connection:
        [found] = [orphan for orphan in find_orphaned_leads(connection, NOON) if orphan.kind == "assignee left"]
    assert (found.contact_id, MIKE in found.problem) == (contact, True)


def test_the_nightly_check_gives_away_what_is_left_of_somebody_who_has_gone() -> None:
    leads_of_mike(4, with_task=1)
    write("UPDATE rep SET active = false WHERE email = :mike", mike=MIKE)
    write("DELETE FROM router_member WHERE rep_id = :mike", mike=a_rep(MIKE))
    assert find_and_notify(NOON) == []
    assert MIKE not in owners()
    assert sum(count for _, count, _ in summary_mails()) == 4


def test_mail_to_a_lead_that_is_still_a_leavers_is_not_in_their_name(tmp_path: Path) -> None:
    [lead] = leads_of_mike(1)
    a_message(lead, "offer_sequence/offer")
    apply_file(keeping(tmp_path))
    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, NOON))
    [mail] = mailer.sent
    assert "Mike" not in mail.from_name + mail.html + mail.text


def test_two_at_once_and_one_more_give_each_lead_away_once(tmp_path: Path) -> None:
    leads_of_mike(30, with_task=10)
    playbook = load(without_mike(tmp_path))
    write("UPDATE rep SET active = false WHERE email = :mike", mike=MIKE)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: give_away_all(engine(), playbook, NOON), range(3)))
    give_away_all(engine(), playbook, NOON)
    assert rows("SELECT count(*) FROM assignment WHERE previous_rep_id = :mike", mike=a_rep(MIKE)) == [(30,)]
    assert sum(count for _, count, _ in summary_mails()) == 30


def test_whoever_comes_back_finds_their_place_empty_and_takes_nothing_from_the_others(tmp_path: Path) -> None:
    leads_of_mike(6)
    apply_file(without_mike(tmp_path))
    before = owners()
    apply_file(SHIPPED)
    with engine().connect() as connection:
        assert find_leavers(connection) == []
    assert owners() == before
