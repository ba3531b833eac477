"""Indexes for pages that list many contacts, and for follow-up at size"""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    pass
