"""The standing link of a salesperson to their page, which needs no login: whose it is, and how it ends."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.access.token import ForgedToken, sign_token, verify_token
from models.wording import clock_zone

PURPOSE = "work"
OFFER_PURPOSE = "offer"
COMPANY_ZONE = "(SELECT document #>> '{company,time_zone}' FROM playbook ORDER BY id DESC LIMIT 1)"

WORKER = f"""
SELECT rep.id AS rep_id, rep.name, rep.email, rep.link_number, rep.link_renewed_at, rep.active, rep.team_id,
       coalesce(team.partner, false) AS partner,
       coalesce(rep.time_zone, team.time_zone) AS own_zone, {COMPANY_ZONE} AS company_zone
FROM rep LEFT JOIN team ON team.id = rep.team_id
"""

BY_ID = text(f"{WORKER} WHERE rep.id = :rep")
BY_EMAIL = text(f"{WORKER} WHERE rep.email = lower(:email)")

RENEW = text("""
UPDATE rep SET link_number = link_number + 1, link_renewed_at = :now WHERE id = :rep RETURNING link_number
""")

ZONE = text(f"SELECT {COMPANY_ZONE}")

REP_OF_TASK = """coalesce(task.rep_id, (
    SELECT by_address.id FROM rep by_address WHERE by_address.email = lower(task.assignee)))"""
"""SQL over task: the salesperson whose it is, also where it was given to their address; null for an office."""


@dataclass(frozen=True)
class TaskLink:
    """What a link to a task says: which task, and whom it was sent to."""

    task_id: int
    rep_id: int | None = None
    """None: an office, ops, or a mail from before links said it. By itself it opens tasks of offices only."""
    link_number: int = 0

    @property
    def value(self) -> int | list[int]:
        """What is signed into it."""
        return self.task_id if self.rep_id is None else [self.task_id, self.rep_id, self.link_number]

    @property
    def token(self) -> str:
        """What stands in the link."""
        return sign_token("task", self.value)


def read_task_token(token: str) -> TaskLink:
    """What a link to a task says, whether or not it has ended. Raises ForgedToken."""
    match verify_token("task", token):
        case int(task_id):
            return TaskLink(task_id)
        case [int(task_id), int(rep_id), int(number)]:
            return TaskLink(task_id, rep_id, number)
    raise ForgedToken(ForgedToken.__doc__)


@dataclass(frozen=True)
class OfferLink:
    """What a link to an offer says: which offer, and the number of its receiver's links when it was made."""

    offer_id: int
    link_number: int = 0
    """Links from before there were numbers have the first."""

    @property
    def path(self) -> str:
        """The path of the offer's page."""
        return f"/offers/{sign_token(OFFER_PURPOSE, [self.offer_id, self.link_number])}"


def read_offer_token(token: str) -> OfferLink:
    """What a link to an offer says, whether or not it has ended. Raises ForgedToken."""
    match verify_token(OFFER_PURPOSE, token):
        case int(offer_id):
            return OfferLink(offer_id)
        case [int(offer_id), int(number)]:
            return OfferLink(offer_id, number)
    raise ForgedToken(ForgedToken.__doc__)


REPLACED = (
    "This link has been replaced by a new one. Open the newest mail about a task, or ask your manager for it. "
    "Nothing was changed."
)


class EndedLink(Exception):
    """A link that was good once: it was renewed since, or its person has left. The sentence says what to do."""


@dataclass(frozen=True)
class Worker:
    """Whoever does the tasks of a page: a salesperson, or an office that has an address only."""

    rep_id: int | None
    name: str
    email: str
    zone: str
    """By whose clock they read."""
    link_number: int = 0
    link_renewed_at: datetime | None = None
    active: bool = True
    team_id: int | None = None
    partner: bool = False
    """Of another organisation: they learn nothing of leads that are not theirs."""

    @property
    def token(self) -> str:
        """What stands in their link."""
        return sign_work_token(self.rep_id, self.link_number) if self.rep_id else sign_token("work list", self.email)

    @property
    def path(self) -> str:
        """The path of their page."""
        return f"/work/{self.token}" if self.rep_id else f"/worklist/{self.token}"


def sign_work_token(rep_id: int, link_number: int) -> str:
    """The token of a salesperson's link."""
    return sign_token(PURPOSE, [rep_id, link_number])


def read_work_token(token: str) -> tuple[int, int]:
    """Whose link it is and its number, whether or not it has ended. Raises ForgedToken."""
    rep_id, link_number = verify_token(PURPOSE, token)
    return int(rep_id), int(link_number)


def worker_of_link(connection: Connection, token: str) -> Worker:
    """Whose page it is. Raises ForgedToken for what is no link of ours, EndedLink for one that has ended."""
    rep_id, link_number = read_work_token(token)
    return require_current(worker(connection, rep_id), link_number)


def require_current(found: Worker | None, link_number: int) -> Worker:
    """The salesperson whose link has this number. Raises EndedLink."""
    if found is None or not found.active:
        raise EndedLink("This link has ended, for the person whose it was works here no more. Nothing was changed.")
    if found.link_number != link_number:
        raise EndedLink(REPLACED)
    return found


def worker(connection: Connection, rep_id: int) -> Worker | None:
    """A salesperson by number, active or not; None when there is none."""
    return _worker(connection.execute(BY_ID, {"rep": rep_id}).mappings().one_or_none())


def worker_by_email(connection: Connection, email: str) -> Worker:
    """The salesperson with this address, active or not; else whoever reads there."""
    found = _worker(connection.execute(BY_EMAIL, {"email": email}).mappings().one_or_none())
    return found or Worker(None, email, email, company_zone(connection))


def company_zone(connection: Connection) -> str:
    """The company's time zone, such as America/New_York; UTC before there is a playbook that says so."""
    return usable_zone(connection.execute(ZONE).scalar())


def renew_link(connection: Connection, rep_id: int, now: datetime) -> str | None:
    """End every link of a salesperson, and give the token of the new one; None when there is no such person.

    The caller commits.
    """
    number = connection.execute(RENEW, {"rep": rep_id, "now": now}).scalar()
    return None if number is None else sign_work_token(rep_id, number)


def usable_zone(*names: str | None) -> str:
    """The first of these time zones that exists; UTC if none does. What stands in a column may be older than the rules
    for it.
    """
    return clock_zone(*names).key


def _worker(row: object) -> Worker | None:
    if row is None:
        return None
    values = dict(row)  # type: ignore[call-overload]
    zone = usable_zone(values.pop("own_zone"), values.pop("company_zone"))
    return Worker(zone=zone, **values)
