"""The shipped playbook, for tests that need a business."""

from pathlib import Path

from models.database import engine
from models.playbook import Playbook, apply, load

SHIPPED = Path(__file__).parent.parent / "deployments" / "playbook.yaml"


def the_shipped_playbook() -> Playbook:
    """The playbook as it is delivered."""
    return load(SHIPPED)


def apply_playbook() -> Playbook:
    """Apply it: router "inbound" with Sarah, John and Mike."""
    playbook = the_shipped_playbook()
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook
