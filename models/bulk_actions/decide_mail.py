"""Deciding whether contacts get mail."""

from sqlalchemy import Connection
from sqlmodel import col

from models.bulk_actions.kinds import BadChoice, Choices, Doing, Remark
from models.mail.ops_decision import LIFTABLE_BY_OPS, MailDecision, apply_decision
from models.tables.contact import Contact

DECISIONS = {
    MailDecision.UNSUBSCRIBE: "get no more marketing mail, because they asked us to stop",
    MailDecision.BLOCK_ALL: "get no mail at all from here",
    MailDecision.LIFT_SUPPRESSION: "get mail again, because the reason against it is gone",
}
"""What can be decided for many, and how it reads. That somebody asked for mail again is known of one person only."""
LONGEST_REASON = 500


class DecideMail:
    """Suppress mail, or lift what we suppressed ourselves; who said no themselves keeps their no."""

    def read(self, connection: Connection, given: Choices) -> dict[str, str]:
        decision, reason = given.get("decision", ""), given.get("reason", "").strip()
        if decision not in {str(one) for one in DECISIONS}:
            raise BadChoice("There is no such decision. Choose one of the list.")
        if len(reason) > LONGEST_REASON:
            raise BadChoice(f"The reason is longer than {LONGEST_REASON} characters. Say it shorter.")
        return {"decision": decision, "reason": reason}

    def sentence(self, connection: Connection, choices: Choices) -> str:
        return DECISIONS[MailDecision(choices["decision"])]

    def remarks(self, connection: Connection, choices: Choices) -> list[Remark]:
        suppressed = col(Contact.suppressed)
        if choices["decision"] == MailDecision.LIFT_SUPPRESSION:
            kept = suppressed.is_not(None) & suppressed.not_in(LIFTABLE_BY_OPS)
            return [
                Remark(suppressed.is_(None), "gets mail already", "get mail already"),
                Remark(kept, "said no themselves, which stays", "said no themselves, which stays"),
            ]
        return [Remark(suppressed.is_not(None), "gets no marketing mail already", "get no marketing mail already")]

    def perform(self, connection: Connection, doing: Doing) -> int:
        decision, reason = MailDecision(doing.choices["decision"]), doing.choices.get("reason", "")
        return apply_decision(connection, doing.contacts, decision, reason, doing.now, by=doing.by)
