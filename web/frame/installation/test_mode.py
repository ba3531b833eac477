"""What every page says while all mail goes to one address: that this is test mode, and which address it is."""

from sqlalchemy import Connection

from models.playbook import NoPlaybook, current_playbook
from web.frame.installation.read_often import ReadOften


def _test_address(connection: Connection) -> str | None:
    try:
        return current_playbook(connection).mail.test_address
    except NoPlaybook:
        return None


test_address = ReadOften(_test_address, None)
"""Where every mail goes in test mode; None outside of it."""
