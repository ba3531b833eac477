"""The places where people work: salespeople's work list, feedback on leads, named logins, saved views"""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
