"""How much of what leads gave waits for a person: the figures beside the tabs of /rejected and /unread."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

REPAIR_COUNTS = text("""
    SELECT (SELECT count(*) FROM rejected_lead WHERE repaired_at IS NULL AND held_reason IS NULL) AS rejected,
           (SELECT count(*) FROM rejected_lead WHERE repaired_at IS NULL AND held_reason IS NOT NULL) AS held,
           (SELECT count(*) FROM unread_value WHERE repaired_at IS NULL) AS unread
""")


@dataclass(frozen=True)
class RepairCounts:
    """Rejected leads, held leads and unread values that nobody has looked at yet."""

    rejected: int
    held: int
    unread: int


def repair_counts(connection: Connection) -> RepairCounts:
    """What waits now."""
    return RepairCounts(**connection.execute(REPAIR_COUNTS).mappings().one())
