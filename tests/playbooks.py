"""Playbooks for tests: the shipped one, small changes of it, and applying it."""

from pathlib import Path

from sqlalchemy import Connection

from models.playbook import Playbook, apply, load

SHIPPED = Path(__file__).parent.parent / "deployments" / "playbook.yaml"


def the_shipped_playbook() -> Playbook:
    """The playbook as it is delivered."""
    return load(SHIPPED)


def apply_the_shipped_playbook(connection: Connection) -> Playbook:
    """Apply it and commit, so that other connections see it."""
    playbook = the_shipped_playbook()
    apply(connection, playbook)
    connection.commit()
    return playbook
