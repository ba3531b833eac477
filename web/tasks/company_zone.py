"""The clock by which salespeople read when something is due: the company's, as in the mails that they get."""

from sqlalchemy import Connection, text

ZONE = text("SELECT document #>> '{company,time_zone}' FROM playbook ORDER BY id DESC LIMIT 1")


def company_zone(connection: Connection) -> str | None:
    """Such as America/New_York; None before there is a playbook that says so."""
    return connection.execute(ZONE).scalar()
