"""What the page of an offer shows: nothing to find the lead by until it is theirs, and then all of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, text

from models.access.work_link import REP_OF_TASK, REPLACED, EndedLink, OfferLink, TaskLink, sign_work_token, usable_zone
from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.playbook import current_playbook
from models.routing.offers.preview import Fact, previews
from models.wording import duration, moment

OFFER = text("""
    SELECT offer.id, offer.contact_id, offer.rep_id, offer.offered_at, offer.expires_at, offer.answer,
           offer.answered_at, rep.name, rep.email, rep.active, rep.link_number,
           coalesce(rep.time_zone, team.time_zone) AS zone, placement.lasts, placement.closed_at,
           placement.rep_id AS taken_by, contact.owner_id, owner.name AS owner,
           (SELECT max(at) FROM assignment WHERE contact_id = contact.id AND rep_id = contact.owner_id) AS owned_since
    FROM offer JOIN placement ON placement.id = offer.placement_id
    JOIN contact ON contact.id = offer.contact_id
    JOIN rep ON rep.id = offer.rep_id LEFT JOIN team ON team.id = rep.team_id
    LEFT JOIN rep owner ON owner.id = contact.owner_id
    WHERE offer.id = :id
""")

LEAD = text(f"""
    SELECT {DISPLAY_NAME} AS who, job_title, company, email, {PHONE_TO_DIAL} AS phone, mobile_phone, preferred_time,
           time_zone, concat_ws(', ', street, city, state, postal_code) AS place
    FROM contact WHERE id = :id
""")

TASKS = text(f"""
    SELECT id, name, due_at FROM task
    WHERE contact_id = :contact AND {REP_OF_TASK} = :rep AND done_at IS NULL AND closed_at IS NULL ORDER BY due_at, id
""")

State = Literal["open", "yours", "taken", "declined", "over", "nobody"]


@dataclass(frozen=True)
class Todo:
    """An open task about the lead for the rep who accepted it."""

    name: str
    due_at: datetime
    path: str


@dataclass(frozen=True)
class OfferPage:
    """An offer as the rep sees it."""

    state: State
    id: int
    name: str
    facts: list[Fact]
    lasts: str
    until: str
    expires_at: datetime
    answered_at: datetime | None
    owner: str | None
    """Who has the lead, when it is taken."""
    owned_since: str
    lead: dict[str, Any] | None
    """How to reach them; only for whoever has them."""
    todos: list[Todo]
    work_path: str | None
    """Their page; None for who has left."""


def offer_page(connection: Connection, link: OfferLink, now: datetime) -> OfferPage | None:
    """Everything for the page of one offer; None when the lead was erased meanwhile.

    Raises EndedLink where the salesperson's links were renewed since: it is for nobody who has an old one to answer.
    """
    row = connection.execute(OFFER, {"id": link.offer_id}).mappings().one_or_none()
    if row is None:
        return None
    if row["link_number"] != link.link_number:
        raise EndedLink(REPLACED)
    playbook = current_playbook(connection)
    zone = usable_zone(row["zone"], playbook.company.time_zone)
    state = _state(row, now)
    yours = state == "yours"
    return OfferPage(
        state=state,
        id=row["id"],
        name=row["name"],
        facts=previews(connection, playbook, [row["contact_id"]])[row["contact_id"]],
        lasts=duration(timedelta(seconds=row["lasts"])),
        until=moment(row["expires_at"], zone),
        expires_at=row["expires_at"],
        answered_at=row["answered_at"],
        owner=row["owner"] if state == "taken" else None,
        owned_since=moment(row["owned_since"] or now, zone),
        lead=_lead(connection, row["contact_id"]) if yours else None,
        todos=_todos(connection, row) if yours else [],
        work_path=f"/work/{sign_work_token(row['rep_id'], row['link_number'])}" if row["active"] else None,
    )


def _state(row: Any, now: datetime) -> State:
    """Where the lead stands for this person. Theirs is what they own now: a lead that went on to others is not."""
    if row["closed_at"] is not None and row["taken_by"] is not None:
        return "yours" if row["active"] and row["taken_by"] == row["owner_id"] == row["rep_id"] else "taken"
    if row["closed_at"] is not None:
        return "nobody"
    if row["answer"] is None and row["expires_at"] > now and row["active"]:
        return "open"
    return "declined" if row["answer"] == "declined" else "over"


def _lead(connection: Connection, contact: int) -> dict[str, Any]:
    return dict(connection.execute(LEAD, {"id": contact}).mappings().one())


def _todos(connection: Connection, offer: Any) -> list[Todo]:
    rows = connection.execute(TASKS, {"contact": offer["contact_id"], "rep": offer["rep_id"]})
    rep, number = offer["rep_id"], offer["link_number"]
    return [Todo(row.name, row.due_at, f"/tasks/{TaskLink(row.id, rep, number).token}") for row in rows]
