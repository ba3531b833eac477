"""What the page of one lead shows to whoever is asked about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.feedback.known import IS_ASKED, NEWEST_FEEDBACK
from models.feedback.owners import feedback_path
from models.feedback.record import said_by
from models.feedback.said import SaidFeedback
from models.playbook import Playbook
from models.response.first_contact import CONVERSATION_OUTCOMES
from models.routing.offers.preview import Fact, previews
from models.tables.feedback import FeedbackResult
from models.tables.sales import STANDS, DealStage
from models.tasks.past import may_read

REQUEST = text("""
SELECT q.id, q.contact_id, q.rep_id, rep.name, rep.active, rep.link_number,
       coalesce(rep.time_zone, team.time_zone, :zone) AS zone, contact.owner_id, owner.name AS owner
FROM feedback_request q JOIN contact ON contact.id = q.contact_id
JOIN rep ON rep.id = :rep LEFT JOIN team ON team.id = rep.team_id LEFT JOIN rep owner ON owner.id = contact.owner_id
WHERE q.id = :request
""")

LEAD = text(f"""
SELECT {DISPLAY_NAME} AS who, contact.job_title, contact.company, contact.email, {PHONE_TO_DIAL} AS phone,
       contact.mobile_phone, contact.product,
       (SELECT max(a.at) FROM assignment a WHERE a.contact_id = contact.id AND a.rep_id = contact.owner_id) AS since
FROM contact WHERE contact.id = :contact
""")

NEWEST = text(f"""
SELECT f.* FROM (SELECT CAST(:contact AS bigint) AS contact_id, CAST(:rep AS bigint) AS rep_id) lead,
     LATERAL {NEWEST_FEEDBACK} f
""")

KNOWN_ORDERS = text(f"""
SELECT o.amount, o.amount_from, o.currency, o.placed_at, p.code AS product, coalesce(p.name, 'an order') AS what,
       o.reference
FROM "order" o LEFT JOIN product p ON p.id = o.product_id
WHERE o.contact_id = :contact AND o.placed_at >= :since AND {STANDS} ORDER BY o.placed_at DESC, o.id DESC LIMIT 5
""")

HAS_VALUE = text(f"""
-- What it brought is known otherwise: by an order, or by the deal that is open.
SELECT EXISTS (SELECT FROM "order" o WHERE o.contact_id = :contact AND {STANDS} AND o.placed_at >= coalesce(
                   (SELECT max(a.at) FROM assignment a WHERE a.contact_id = :contact AND a.rep_id = :rep), '-infinity')
               AND o.amount_from IS DISTINCT FROM 'not known')
    OR EXISTS (SELECT FROM opportunity p WHERE p.contact_id = :contact AND p.stage = '{DealStage.OPEN}'
               AND p.amount IS NOT NULL)
""")

KNOWN_REPORTS = text(f"""
SELECT name, kind, outcome, done_at FROM task
WHERE contact_id = :contact AND done_at >= :since AND outcome IS NOT NULL
  AND {may_read("CAST(:rep AS bigint)", "task.rep_id")} ORDER BY done_at DESC, id DESC LIMIT 5
""")

OPEN_REQUESTS = text(f"""
SELECT q.id, q.contact_id, q.rep_id, q.asked_at, q.steps, {DISPLAY_NAME} AS who, contact.company
FROM feedback_request q JOIN contact ON contact.id = q.contact_id
WHERE q.rep_id = :rep AND {IS_ASKED} AND contact.owner_id = q.rep_id
ORDER BY q.asked_at, q.id LIMIT :most
""")

COUNT_OPEN = text(f"""
SELECT count(*) FROM feedback_request q JOIN contact ON contact.id = q.contact_id
WHERE q.rep_id = :rep AND {IS_ASKED} AND contact.owner_id = q.rep_id
""")

AT_ONCE = 200
"""Leads on one page of the list."""

State = Literal["open", "moved", "ended"]


@dataclass(frozen=True)
class OpenRequest:
    """Another lead that they are asked about."""

    contact_id: int
    who: str
    company: str | None
    asked_at: datetime
    path: str


@dataclass(frozen=True)
class FeedbackLink:
    """Whom a link is for, and whether it still leads somewhere."""

    request: int
    contact_id: int
    rep_id: int
    name: str
    zone: str
    state: State
    owner: str | None
    """Who has the lead, when it is somebody else's."""


@dataclass(frozen=True)
class LeadPage:
    """One lead, what is known of it, and what its owner has said."""

    who: str
    job_title: str | None
    company: str | None
    email: str | None
    phone: str | None
    mobile_phone: str | None
    since: datetime | None
    facts: list[Fact]
    said: SaidFeedback
    """What they said last, else what is known already: a talk, an order."""
    said_at: datetime | None
    level: int
    orders: list[Any]
    reports: list[Any]
    is_asked: bool
    """They are asked now; else they come back to change what they said."""
    others: list[OpenRequest]
    """The next leads that they are asked about."""
    other_count: int


def feedback_link(connection: Connection, playbook: Playbook, token: Any) -> FeedbackLink | None:
    """The request of a link, as [request, rep, link number]; None when the lead was erased meanwhile."""
    request, rep, link_number = token
    about = {"request": request, "rep": rep, "zone": playbook.company.time_zone}
    row = connection.execute(REQUEST, about).one_or_none()
    if row is None:
        return None
    has_ended = not row.active or row.link_number != link_number
    state: State = "ended" if has_ended else "open" if row.owner_id == rep else "moved"
    return FeedbackLink(request, row.contact_id, rep, row.name, row.zone, state, row.owner)


def lead_page(connection: Connection, playbook: Playbook, link: FeedbackLink) -> LeadPage:
    """Everything for the page of a lead that is theirs."""
    about = {"contact": link.contact_id, "rep": link.rep_id}
    lead = connection.execute(LEAD, about).one()
    newest = connection.execute(NEWEST, about).one_or_none()
    since = about | {"since": lead.since or datetime.fromisoformat("1970-01-01T00:00:00+00:00")}
    orders = list(connection.execute(KNOWN_ORDERS, since))
    reports = list(connection.execute(KNOWN_REPORTS, since))
    asked = open_requests(connection, link.rep_id, most=AT_ONCE)
    others = [one for one in asked if one.contact_id != link.contact_id]
    return LeadPage(
        who=lead.who,
        job_title=lead.job_title,
        company=lead.company if lead.company != lead.who else None,
        email=lead.email,
        phone=lead.phone,
        mobile_phone=lead.mobile_phone,
        since=lead.since,
        facts=previews(connection, playbook, [link.contact_id])[link.contact_id],
        said=said_by(newest) if newest is not None else _known(playbook, lead, orders, reports),
        said_at=newest.said_at if newest is not None else None,
        level=newest.level if newest is not None else 0,
        orders=orders,
        reports=reports,
        is_asked=newest is None or len(others) < len(asked),
        others=others,
        other_count=count_open_requests(connection, link.rep_id) - (len(asked) - len(others)),
    )


def said_so_far(connection: Connection, link: FeedbackLink) -> SaidFeedback:
    """What they have said of a lead since it is theirs; nothing at first."""
    newest = connection.execute(NEWEST, {"contact": link.contact_id, "rep": link.rep_id}).one_or_none()
    return said_by(newest) if newest is not None else SaidFeedback()


def has_value(connection: Connection, link: FeedbackLink) -> bool:
    """Whether what the lead brought is known without asking."""
    about = {"contact": link.contact_id, "rep": link.rep_id}
    return bool(connection.execute(HAS_VALUE, about).scalar_one())


def _known(playbook: Playbook, lead: Any, orders: list[Any], reports: list[Any]) -> SaidFeedback:
    """What the form begins with: a talk that was reported, an order that was placed."""
    terms = playbook.feedback
    talked = any(report.outcome.startswith(CONVERSATION_OUTCOMES) for report in reports)
    action = next((one.answer for one in terms.contacted if one.action), None) if terms else None
    if not orders:
        return SaidFeedback(contacted=action if talked else None, product=lead.product)
    order = orders[0]
    return SaidFeedback(
        contacted=action if talked else None,
        result=FeedbackResult.WON,
        amount=order.amount,
        currency=order.currency,
        product=order.product,
    )


def open_requests(connection: Connection, rep: int, *, most: int = AT_ONCE) -> list[OpenRequest]:
    """The leads that somebody is asked about now, who has waited longest first."""
    rows = connection.execute(OPEN_REQUESTS, {"rep": rep, "most": most}).all()
    link_number = connection.execute(text("SELECT link_number FROM rep WHERE id = :rep"), {"rep": rep}).scalar_one()
    return [
        OpenRequest(
            row.contact_id,
            row.who,
            row.company if row.company != row.who else None,
            row.asked_at,
            feedback_path(row.id, row.rep_id, link_number),
        )
        for row in rows
    ]


def count_open_requests(connection: Connection, rep: int) -> int:
    """How many leads somebody is asked about now."""
    return int(connection.execute(COUNT_OPEN, {"rep": rep}).scalar_one())
