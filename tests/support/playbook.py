"""The shipped playbook, for tests that need a business."""

from functools import cache

from models.database import engine
from models.playbook import Playbook, apply, load
from models.playbook.mail import Mail
from tests.support.paths import ROOT

SHIPPED = ROOT / "deployments" / "playbook.yaml"


@cache
def the_shipped_playbook() -> Playbook:
    """The playbook as it is delivered."""
    return load(SHIPPED)


def apply_playbook(mail: Mail | None = None) -> Playbook:
    """Apply it: router "inbound" with Sarah, John and Mike; if given, with these rules for mail in place of its own."""
    playbook = the_shipped_playbook()
    if mail is not None:
        playbook = playbook.model_copy(update={"mail": mail})
    with engine().begin() as connection:
        apply(connection, playbook)
    return playbook
