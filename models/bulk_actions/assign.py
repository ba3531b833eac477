"""Giving contacts to a salesperson, or to whom a router chooses."""

from sqlalchemy import Connection, text
from sqlmodel import col

from models.bulk_actions.kinds import BadChoice, Choices, Doing, Remark
from models.routing.lead_selection import BadReassignment, SelectedRep, find_rep
from models.routing.reassign import reassign
from models.tables.contact import Contact

ROUTER = text("SELECT EXISTS (SELECT FROM router WHERE name = :name)")
LONGEST_REASON = 500


class Assign:
    """Change the owner; open tasks move along, and the new owners are told by mail."""

    def read(self, connection: Connection, given: Choices) -> dict[str, str]:
        rep, router = given.get("rep", "").strip(), given.get("router", "").strip()
        if bool(rep) == bool(router):
            raise BadChoice("Choose a salesperson or a router, one of both.")
        reason = given.get("reason", "").strip()
        if len(reason) > LONGEST_REASON:
            raise BadChoice(f"The reason is longer than {LONGEST_REASON} characters. Say it shorter.")
        if rep:
            return {"rep": str(_rep(connection, rep).id), "reason": reason}
        if not connection.execute(ROUTER, {"name": router}).scalar():
            raise BadChoice(f"There is no router {router!r} (any more). Choose one of the list.")
        return {"router": router, "reason": reason}

    def sentence(self, connection: Connection, choices: Choices) -> str:
        if "router" in choices:
            return f"are assigned by the router “{choices['router']}”"
        return f"become leads of {_rep(connection, choices['rep']).name}"

    def remarks(self, connection: Connection, choices: Choices) -> list[Remark]:
        owner = col(Contact.owner_id)
        if "router" in choices:
            return [
                Remark(
                    owner.is_not(None), "has an owner now, who is passed over", "have an owner now, who is passed over"
                )
            ]
        rep = int(choices["rep"])
        return [
            Remark(owner == rep, "is theirs already", "are theirs already"),
            Remark(owner.is_not(None) & (owner != rep), "is taken from another owner", "are taken from other owners"),
        ]

    def perform(self, connection: Connection, doing: Doing) -> int:
        choices = doing.choices
        rep = _rep(connection, choices["rep"]) if "rep" in choices else None
        try:
            done = reassign(
                connection,
                doing.contacts,
                rep,
                by=doing.by,
                reason=choices.get("reason", ""),
                router=choices.get("router"),
                now=doing.now,
            )
        except BadReassignment as error:
            raise BadChoice(str(error)) from None
        return len(done.assigned) + len(done.pending)


def _rep(connection: Connection, typed: str) -> SelectedRep:
    try:
        rep = find_rep(connection, typed)
    except BadReassignment as error:
        raise BadChoice(str(error)) from None
    if not rep.active:
        raise BadChoice(f"{rep.name} is not active and gets no leads. Choose somebody else.")
    return rep
