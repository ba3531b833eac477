"""Pages that say what was not found, what cannot be read and what somebody may not do are as readable as others."""

import pytest

from tests.browser.conftest import Visit
from tests.support.page_faults import faults
from tests.support.playbook import apply_playbook

REFUSED = ("/nowhere", "/contacts/999", "/contacts?where=stat", "/tasks/forged", "/work/forged", "/splits/unknown")


@pytest.mark.usefixtures("database_url")
def test_nothing_is_wrong_with_pages_that_say_no(visit: Visit) -> None:
    apply_playbook()
    visitor = visit()
    visitor.expected = "the server responded with a status of 4"
    found = {path: wrong for path in REFUSED if (wrong := faults(visitor, path, is_ok=False))}
    assert found == {}
