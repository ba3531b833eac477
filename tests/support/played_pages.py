"""A business in which every page has something to show, and the address of each page for people."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from flows.operations.publish_journeys import publish_journeys
from models import BulkAction, Identifier, IdentityConflict, InboundMail, RejectedLead, Role, SavedView
from models.access.token import sign_token
from models.database import engine
from models.feedback.owners import LINK as FEEDBACK
from models.feedback.owners import LIST_LINK as FEEDBACK_LIST
from models.feedback.send import send_feedback_requests
from models.fulfilment.add import FulfilmentRequest, add_to_lists
from models.fulfilment.send_lists import PURPOSE as FULFILMENT
from models.fulfilment.send_lists import send_lists
from models.identity.identifiers import record_current
from models.journeys.maps.count_steps import count_steps
from models.journeys.versions import VersionToPublish, current_versions, publish
from models.logins.accounts import find_account
from models.logins.password_link import mail_invitation
from models.mail.double_opt_in.confirmation import PURPOSE as CONFIRMATION
from models.merging.duplicates import find_duplicates
from models.playbook import current_playbook
from models.tables.placement import Offer, Placement
from tests.support.business_time import journeys, pass_time
from tests.support.database import rows
from tests.support.logins import a_login
from tests.support.merging import merge
from tests.support.playbook import apply_playbook, let_reports_be_taken_back
from tests.support.reported_business import report_on_a_business
from tests.support.split_tests import a_test, draw_many
from tests.support.story import Story
from tests.support.web_pages import a_contact, a_run, a_task, add
from web.reports.chapters.index import CHAPTER_READERS

WEEKS = timedelta(weeks=2)
OLDER = "000000000001"
"""An older version of a journey."""
INVITED = "SELECT data ->> 'path' AS path FROM message WHERE template = 'team/login_invitation'"
NO_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "/leads/shown-at": "a signed moment for forms of other sites",
        "/c/{token}": "leads on to another page",
        "/o/{token}.gif": "a picture of one point",
        "/health": "for programs",
        "/fulfilment/{token}/list.csv": "a file",
        "/work/offline.js": "a script",
        "/work/{token}/manifest.webmanifest": "for the phone",
        "/contacts.csv": "a file",
        "/contacts.xlsx": "a file",
        "/lists/hot.csv": "a file",
        "/lists/cold.csv": "a file",
        "/routers/{which}/ledger.csv": "a file",
        "/splits/{name:path}/daily.csv": "a file",
        "/reports/who.csv": "a file",
        "/reports/who.xlsx": "a file",
        "/reports/{name}.csv": "a file",
        "/reports/{name}.xlsx": "a file",
        "/audit/audit.csv": "a file",
        "/docs/pictures/{name}": "a picture",
        "/journeys/map.css": "a style sheet",
        "/mailbox/{letter_id}/html": "a mail, which stands in a frame; mails have tests of their own",
        "/mails/{journey}/{step}/html": "the same of a template",
    }
)
"""Path of a route that people do not look at -> what it is."""


def play() -> None:
    """Some weeks of leads who ask, read, are called, order or do not, and of all else that pages are about."""
    apply_playbook()
    report_on_a_business(weeks=5, a_day=3)
    let_reports_be_taken_back()
    _play_story()
    _offer_a_lead()
    _receive_what_waits()
    _find_twins()
    _act_on_all()
    a_test("lead_nurture/article_1 subject", '{"shipped": 1, "question": 1}')
    draw_many("shipped", 60, 9, test="lead_nurture/article_1 subject")
    draw_many("question", 60, 14, test="lead_nurture/article_1 subject")
    a_login(Role.SET_UP)
    ben = a_login(Role.WORK, "Ben Novak")
    now = datetime.now(UTC)
    with engine().begin() as connection:
        send_feedback_requests(connection, now + timedelta(weeks=3))
        send_lists(connection, now + timedelta(weeks=2))
        mail_invitation(connection, find_account(connection, ben), "Nora Lindqvist", now)
    pass_time()
    _publish_maps()


def _publish_maps() -> None:
    now = datetime.now(UTC)
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        publish_journeys(connection, journeys(), playbook, now)
        count_steps(connection, playbook)
        other = current_versions(connection)["lead_nurture"]
        older = replace(other.places, places=other.places.places[:-1])
        publish(connection, [VersionToPublish("lead_nurture", OLDER, "", older.to_json(), other.drawing)], now - WEEKS)
        publish_journeys(connection, journeys(), playbook, now)


def _play_story() -> None:
    now = datetime.now(UTC)
    story = Story(journeys(), now - WEEKS)
    ann = story.contact("ann@example.org", first_name="Ann", phone="+12075550188", company="Northlight Dental")
    silent, buyer = story.contact("silent@example.org"), story.contact("bea@example.org", first_name="Bea")
    asked = {"challenge": "Generating new leads", "message": "Please ring in the morning."}
    story.happens("form_submitted", "request-info", contact=ann, data=asked)
    story.happens("form_submitted", "ebook", contact=silent)
    story.happens("form_submitted", "request-quote", contact=buyer)
    for name, topic in (("page_visited", "order"), ("link_clicked", "offer_sequence/offer"), ("replied", None)):
        story.happens(name, topic, contact=buyer)
    story.reports("first call", "Could Not Reach: Try Again", contact=ann, notes="Voicemail.")
    story.pass_time(timedelta(days=4))
    story.happens("order_placed", "strategy-session", contact=buyer, data={"amount": "190.50", "currency": "USD"})
    story.start("follow_up_task", ann)
    story.pass_time(now - story.now)
    for number in range(3):
        lead = story.contact(f"new{number}@example.org", first_name=f"New{number}", phone=f"+1207555019{number}")
        story.happens("form_submitted", "request-demo", contact=lead, data=asked)
    stuck = {"status": "stuck", "stuck_reason": "ChangedJourney: step 3", "waiting_for": "article_2", "key": "stuck"}
    a_run(silent, journey="lead_nurture", exclusive=False, **stuck)
    a_task(a_contact(email="late@example.org"), rep_id=_first_rep(), due_at=now - timedelta(hours=3))
    with engine().begin() as connection:
        add_to_lists(connection, [FulfilmentRequest("thanks", "thank-you notes", buyer, None, {"note": "Hi"})], now)


def _offer_a_lead() -> None:
    now = datetime.now(UTC)
    lead = a_contact(email="offered@example.org", first_name="Olga", city="Portland", state="ME")
    queued = {"contact_id": lead, "router": "inbound", "reason": "a test", "offered": True, "queued_at": now}
    placement = add(Placement, **queued, anew=False, assign_if_exhausted=False, lasts=3600)
    asked = {"placement_id": placement, "contact_id": lead, "rep_id": _first_rep(), "number": 1, "offered_at": now}
    add(Offer, **asked, expires_at=now + timedelta(hours=1))


def _receive_what_waits() -> None:
    now = datetime.now(UTC)
    problems = [{"field": "email", "found": "ann@", "expected": "an email address"}]
    add(RejectedLead, source="website", content_type="application/json", raw=b"{}", problems=problems, received_at=now)
    mail = {"key": "a mail", "from_address": "x@example.org", "to_address": "us@example.com", "subject": "A question"}
    add(InboundMail, **mail, body="What does it cost?", raw=b"Hi", kind="reply", received_at=now)


def _find_twins() -> None:
    now = datetime.now(UTC)
    ann = a_contact(email="ann.lee@gmail.com", first_name="Ann", last_name="Lee", company="Acme")
    twin = a_contact(email="annlee@gmail.com", first_name="Anna", last_name="Lee", company=None, city="Boston")
    third = a_contact(email="ann@lee.example.org", first_name="Ann", last_name="Lee", company="Acme")
    with engine().begin() as connection:
        record_current(connection, [ann, twin, third], "test", now)
    held = {"contact_id": ann, "kind": "phone", "value": "+12075550111"}
    add(Identifier, **held, first_seen_at=now, last_seen_at=now)
    add(IdentityConflict, **held | {"contact_id": twin}, held_by_id=ann, found_at=now)
    merge(ann, third)
    find_duplicates(engine(), now)


def _act_on_all() -> None:
    """A saved view of the list of contacts, and an action for all who were found."""
    now = datetime.now(UTC)
    named = {"name": "In Maine", "condition": 'state == "ME"', "sort": "-score", "made_by": "Nora", "is_shared": True}
    add(SavedView, **named)
    chosen = {"kind": "field", "condition": 'state == "ME"', "choices": {"field": "country", "value": "US"}}
    add(BulkAction, **chosen, made_by="Nora", key="a test", asked_at=now, last_contact=10**6, found=0, finished_at=now)


def _first_rep() -> int:
    return int(rows("SELECT min(id) AS id FROM rep")[0].id)


def addresses() -> dict[str, list[str]]:
    """Path of each route for people -> where it has something to show."""
    rep, tasks = _first_rep(), rows("SELECT max(id) AS id FROM task GROUP BY name, done_at IS NULL, closed_at IS NULL")
    work = f"/work/{sign_token('work', [rep, 0])}"
    lead = rows("SELECT id FROM contact WHERE owner_id = :rep ORDER BY id DESC LIMIT 1", rep=rep)[0].id
    asked = rows("SELECT id, rep_id FROM feedback_request ORDER BY id LIMIT 1")[0]
    contacts = rows(
        "SELECT id FROM contact WHERE first_name IN ('Ann', 'Bea', 'New1') OR email LIKE 'silent@%' ORDER BY id DESC"
    )
    pair = rows("SELECT contact_id, other_id FROM likely_duplicate LIMIT 1")[0]
    batch = rows("SELECT batch FROM fulfilment_entry WHERE batch IS NOT NULL LIMIT 1")[0].batch
    letter = rows("SELECT max(id) AS id FROM letter")[0].id
    some: dict[str, list[str]] = {
        "/contacts": [
            "/contacts",
            "/contacts?view=1",
            "/contacts?where=score+%3E%3D+0&sort=company&columns=city,email",
        ],
        "/contacts/actions/{action_id}": ["/contacts/actions/1"],
        "/contacts/all/{kind}": [
            *(f"/contacts/all/{kind}?where=score+%3E%3D+0" for kind in ("assign", "task", "field", "mail")),
            "/contacts/all/journey?journey=lead_nurture&look=1",
        ],
        "/contacts/{contact_id}": [f"/contacts/{contact.id}" for contact in contacts],
        "/contacts/{contact_id}/merge": [
            f"/contacts/{pair.contact_id}/merge",
            f"/contacts/{pair.contact_id}/merge?other={pair.other_id}",
        ],
        "/confirm/{token}": [_signed("/confirm", CONFIRMATION, "a key")],
        "/docs/{name}": ["/docs/journeys"],
        "/feedback/list/{token}": [_signed("/feedback/list", FEEDBACK_LIST, [asked.rep_id, 0])],
        "/feedback/person/{rep_id}": [f"/feedback/person/{asked.rep_id}", f"/feedback/person/{rep}?show=not_asked"],
        "/feedback/{token}": [_signed("/feedback", FEEDBACK, [asked.id, asked.rep_id, 0])],
        "/fulfilment/{token}": [_signed("/fulfilment", FULFILMENT, batch)],
        "/journeys/{name}": [
            "/journeys/lead_nurture",
            "/journeys/long_term_follow_up?days=all",
            f"/journeys/lead_nurture?compare={OLDER}",
        ],
        "/mailbox/{letter_id}": [f"/mailbox/{letter}", f"/mailbox/{letter}?view=text"],
        "/mails/{journey}/{step}": ["/mails/lead_nurture/article_1"],
        "/offers/{token}": [_signed("/offers", "offer", 1)],
        "/password/{token}": [rows(INVITED)[0].path],
        "/rejected/{number}": ["/rejected/1"],
        "/replies/{number}": ["/replies/1"],
        "/reports/{name}": [f"/reports/{name}" for name in CHAPTER_READERS],
        "/reports/who": ["/reports/who?measure=lead", "/reports/who?measure=sale"],
        "/routers/{which}": [f"/routers/{row.id}" for row in rows("SELECT id FROM router ORDER BY id LIMIT 2")],
        "/merges/{merge_id}": ["/merges/1"],
        "/runs/{journey}": ["/runs/lead_qualification", "/runs/lead_qualification?status=waiting"],
        "/search": ["/search?q=ann"],
        "/site/articles/{slug}": ["/site/articles/find-the-bottleneck", "/site/articles/unwritten"],
        "/splits/{name:path}": ["/splits/lead_nurture/article_1%20subject"],
        "/tasks/{token}": [_signed("/tasks", "task", task.id) for task in tasks],
        "/team/person/{rep_id}": [f"/team/person/{rep}", f"/team/person/{rep}?show=open"],
        "/team/{name}": [f"/team/{quote(row.name)}" for row in rows("SELECT name FROM team ORDER BY id LIMIT 1")],
        "/unsubscribe/{token}": [_signed("/unsubscribe", "unsubscribe", 1)],
        "/work/{token}": [work],
        "/work/{token}/leads": [f"{work}/leads"],
        "/work/{token}/leads/{contact}": [f"{work}/leads/{lead}"],
        "/work/{token}/new-lead": [f"{work}/new-lead"],
        "/worklist/{token}": [_signed("/worklist", "work list", "office@example.com")],
    }
    return some


def _signed(path: str, purpose: str, value: Any) -> str:
    return f"{path}/{sign_token(purpose, value)}"
