"""Leads that go from one salesperson to another with their open tasks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from flows.operations.leads.reassign_leads import reassign_now
from flows.operations.mail.deliver_messages import deliver_due
from flows.private_flow import contact_link
from models.contacts.interactions import log_note
from models.database import engine
from models.playbook.routing import RoutingRule
from models.routing.lead_selection import BadReassignment, LeadSelection, find_rep
from models.routing.new_owners import Handover
from models.routing.reassign import ReassignmentResult, reassign
from models.tasks.reminders import send_reminders
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON, FakeMailer, a_task
from tests.support.reps import HOUR, JOHN, MIKE, SARAH, a_lead, owner, rep, route
from tests.support.web_pages import browser, task_path


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    route()


def move(
    from_whom: str = SARAH,
    to_whom: str = JOHN,
    *,
    which: LeadSelection = LeadSelection.ALL,
    lead: str = "",
    reason: str = "",
    dry_run: bool = False,
    now: datetime = NOON,
) -> ReassignmentResult:
    return reassign_now(from_whom, to_whom, which, lead, reason, dry_run, now)[0]


def task_row(task: int) -> Any:
    return rows("SELECT assignee, due_at, reminders, remind_at FROM task WHERE id = :id", id=task)[0]


def task_mails(task: int) -> list[str]:
    return [to for (to,) in rows("SELECT to_address FROM message WHERE task_id = :id ORDER BY id", id=task)]


def list_mails() -> list[Any]:
    return rows("SELECT to_address, data FROM message WHERE template = 'team/taken_over' ORDER BY to_address")


def remind(now: datetime) -> int:
    with engine().begin() as connection:
        return send_reminders(connection, now)[0]


def test_all_leads_of_a_person_go_to_another_with_their_open_tasks() -> None:
    leads = [a_lead(), a_lead(), a_lead()]
    kept = a_lead(MIKE)
    task = a_task(leads[0], due_at=NOON + HOUR)

    done = move(reason="Sarah moves to Client Care")

    assert str(done) == "leads: 3 moved; 1 open task moved along"
    assert [owner(lead) for lead in leads] == [JOHN] * 3
    assert owner(kept) == MIKE
    assert task_row(task) == (JOHN, NOON + HOUR, 0, NOON + HOUR)
    assert task_mails(task) == []
    [(to, data)] = list_mails()
    assert (to, data["count"], data["tasks"], data["name"]) == (JOHN, 3, 1, "Sarah Miller")
    assert (data["by"], data["reason"]) == ("Your manager", "Sarah moves to Client Care")
    told = rows("SELECT how, reason, router FROM assignment ORDER BY id")
    assert told == [("reassigned", "reassigned by hand: Sarah moves to Client Care", None)] * 3


def test_each_new_owner_gets_one_mail_and_its_links_open_their_own_pages() -> None:
    leads = [a_lead() for _ in range(6)]
    for lead in leads:
        a_task(lead)
    write(
        "INSERT INTO assignment (contact_id, rep_id, router, how, reason, at) "
        "SELECT id, owner_id, 'inbound', 'round robin', 'the router was named', :now FROM contact",
        now=NOON - HOUR,
    )

    move(to_whom="")

    assert [(to, data["count"], data["tasks"]) for to, data in list_mails()] == [(JOHN, 3, 3), (MIKE, 3, 3)]
    assert rows("SELECT count(*) FROM message") == [(2,)]
    for _, data in list_mails():
        assert browser().get(data["lines"][0]["path"]).status_code == 200


@pytest.mark.parametrize(
    ("handover", "says"),
    [
        (Handover(), "These 2 leads are yours from now on. What is due"),
        (Handover(reason="a task lay for too long"), "yours from now on. Why: a task lay for too long."),
        (Handover(by="Nora Keller"), "Nora Keller gave them to you."),
        (Handover(by="Nora Keller", reason="vacation"), "Nora Keller gave them to you: vacation."),
        (Handover(leaver="Sarah Miller"), "These 2 leads are yours"),
    ],
)
def test_the_mail_says_who_gave_them_and_why_as_far_as_that_is_known(handover: Handover, says: str) -> None:
    leads = [a_lead(), a_lead(MIKE)]
    a_task(leads[0])
    with engine().begin() as connection:
        john = find_rep(connection, JOHN)
        reassign(connection, leads, john, by="somebody", reason="", now=NOON, mailed=handover)

    mailer = FakeMailer()
    asyncio.run(deliver_due(mailer, NOON))

    [mail] = mailer.sent
    assert mail.subject == "2 leads are yours now"
    assert says in " ".join(mail.text.split())


def test_one_lead_comes_with_the_instructions_of_its_task_and_one_without_a_task_is_told_of_too() -> None:
    with_task, without = a_lead(), a_lead()
    task = a_task(with_task)

    move(lead=str(with_task))
    assert (task_mails(task), list_mails()) == ([JOHN], [])

    move(lead=str(without))
    assert [(to, data["count"], data["tasks"]) for to, data in list_mails()] == [(JOHN, 1, 0)]


def test_starting_it_again_moves_nothing_and_mails_nobody() -> None:
    lead = a_lead()
    task = a_task(lead)
    move()

    assert str(move()) == "leads: none to move; 0 open tasks moved along"
    assert str(move("", lead=str(lead))) == "leads: 1 left; 0 open tasks moved along"
    assert task_mails(task) == [JOHN]


def test_two_at_once_move_no_lead_twice() -> None:
    leads = [a_lead() for _ in range(40)]
    for lead in leads[:10]:
        a_task(lead)

    with ThreadPoolExecutor(4) as many:
        done = list(many.map(lambda to: move(to_whom=to), [JOHN, MIKE, "", JOHN]))

    assert sum(len(one.assigned) for one in done) == 40
    assert rows("SELECT count(*), count(DISTINCT contact_id) FROM assignment") == [(40, 40)]
    assert rows("SELECT count(*) FROM message WHERE kind = 'task'") == [(0,)]
    assert sum(data["tasks"] for _, data in list_mails()) == 10
    assert all(owner(lead) != SARAH for lead in leads)


def test_by_the_routing_rules_leads_go_where_the_first_rule_says() -> None:
    route(RoutingRule(router="client care", when='state == "CA"'))
    lead = a_lead(state="CA")

    move(to_whom="", reason="vacation")

    assert owner(lead) == "jackie.lund@brightwater.example.com"
    told = rows("SELECT reason FROM assignment")
    assert told == [('reassigned by hand: vacation; rule 1: state == "CA"',)]


def test_without_a_rule_leads_go_to_everybody_else_of_the_router_that_gave_them() -> None:
    leads = [a_lead() for _ in range(6)]
    write(
        "INSERT INTO assignment (contact_id, rep_id, router, how, reason, at) "
        "SELECT id, owner_id, 'inbound', 'round robin', 'the router was named', :now FROM contact",
        now=NOON - HOUR,
    )

    done = move(to_whom="")

    assert sorted(done.assigned) == leads
    assert sorted(owner(lead) for lead in leads) == [JOHN] * 3 + [MIKE] * 3
    reason = rows("SELECT reason FROM assignment ORDER BY id DESC LIMIT 1")
    assert reason == [("reassigned by hand; the router that gave it before",)]


def test_the_mail_about_many_leads_says_of_each_what_was_said_last() -> None:
    silent, spoken = a_lead(), a_lead()
    with engine().begin() as connection:
        log_note(connection, spoken, "Starts in March.", "Sarah Miller", "note", NOON - HOUR, rep_id=rep(SARAH))

    move(to_whom=MIKE)

    ((_, data),) = list_mails()
    said = {line["path"].rpartition("/")[2]: line["said"] for line in data["lines"]}
    assert said == {str(silent): None, str(spoken): {"by": "Sarah Miller", "text": "Starts in March."}}


def test_a_lead_that_no_router_is_for_stays_and_the_list_says_why() -> None:
    lead = a_lead(first_name="Ana", last_name="Ribeiro")

    done, lines = reassign_now(SARAH, "", LeadSelection.ALL, "", "", False, NOON)

    assert str(done) == "leads: 1 left; 0 open tasks moved along"
    assert lines == [{"lead": contact_link(lead), "now": "no routing rule is for it"}]
    assert owner(lead) == SARAH


def test_only_leads_with_an_open_task_when_asked_so() -> None:
    busy, quiet = a_lead(), a_lead()
    a_task(busy)

    move(which=LeadSelection.OPEN)

    assert (owner(busy), owner(quiet)) == (JOHN, SARAH)


@pytest.mark.parametrize("named", ["Ana@Example.com", "{lead}", "https://tend.example.com/contacts/{lead}?tab=1"])
def test_one_lead_goes_by_its_email_its_number_or_the_link_of_its_page(named: str) -> None:
    lead, other = a_lead(email="ana@example.com"), a_lead()

    move("", lead=named.format(lead=lead))

    assert (owner(lead), owner(other)) == (JOHN, SARAH)


def test_a_dry_run_says_what_would_happen_and_changes_nothing() -> None:
    lead = a_lead()
    task = a_task(lead)

    assert str(move(dry_run=True)) == "leads: 1 moved; 1 open task moved along"
    assert owner(lead) == SARAH
    assert task_mails(task) == []
    assert rows("SELECT count(*) FROM assignment") == [(0,)]


def test_leads_of_somebody_who_left_can_be_moved_but_not_to_them() -> None:
    lead = a_lead()
    write("UPDATE rep SET active = false WHERE email = :email", email=SARAH)

    move()

    assert owner(lead) == JOHN
    with pytest.raises(BadReassignment, match="Sarah Miller is not active"):
        move(JOHN, SARAH)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from_whom": "nobody@example.com"}, "Nobody here is called 'nobody@example.com'"),
        ({"to_whom": "nobody@example.com"}, "Nobody here is called 'nobody@example.com'"),
        ({"from_whom": ""}, "Nobody and no lead was named"),
        ({"lead": "lost@example.com"}, "No lead is 'lost@example.com'"),
        ({"lead": "mikes@example.com"}, "is not Sarah Miller's lead"),
    ],
)
def test_what_cannot_be_moved_is_told_in_a_sentence(asked: dict[str, Any], said: str) -> None:
    a_lead(MIKE, email="mikes@example.com")

    with pytest.raises(BadReassignment, match=said):
        move(**asked)


def test_whoever_gets_an_overdue_task_has_as_long_as_the_first_had_and_is_reminded_anew() -> None:
    task = a_task(a_lead(), due_at=NOON + HOUR)
    late = NOON + 30 * HOUR
    remind(late)

    move(now=late)

    assert task_row(task) == (JOHN, late + HOUR, 0, late + HOUR)
    assert remind(late + HOUR) == 1
    assert task_mails(task) == [SARAH, JOHN, JOHN]


def test_a_task_for_somebody_by_name_and_a_finished_one_stay_where_they_are() -> None:
    lead = a_lead()
    by_name = a_task(lead, rep_id=None, assignee="legal@brightwater.example.com")
    done = a_task(a_lead(), done_at=NOON)

    move()

    assert task_row(by_name)[0] == "legal@brightwater.example.com"
    assert task_row(done)[0] == SARAH


def test_the_page_of_a_task_says_whom_it_went_to() -> None:
    task = a_task(a_lead(), created_at=NOON - HOUR)

    move()

    page = browser().get(task_path(task)).text
    assert "This was Sarah Miller" in page
    assert "it is John Okafor" in page


def test_the_lead_s_page_tells_who_got_it_from_whom_and_why() -> None:
    lead = a_lead()

    move(reason="vacation")

    page = browser().get(f"/contacts/{lead}").text
    assert "Assigned to John Okafor" in page
    assert "reassigned by hand: vacation" in page
