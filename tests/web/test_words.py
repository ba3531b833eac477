"""How values read on a page."""

import pytest

from web.frame.words import plain


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, "none"),
        (True, "yes"),
        ("190.50", "190.5"),
        ("2026-11-30T10:27:42.064595+00:00", "30 Nov 2026, 10:27 UTC"),
        ("2026-11-30T10:27:42Z", "30 Nov 2026, 10:27 UTC"),
        ("2026-13-45T99:99:99Z", "2026-13-45T99:99:99Z"),
        (["a", None], "a, none"),
        ({"first_name": "Ann"}, "first name Ann"),
    ],
)
def test_what_json_can_hold_reads_as_a_person_writes_it(value: object, read: str) -> None:
    assert plain(value, "UTC") == read
