"""The page of the library is that of the shipped journeys."""

from docs.write_library import GROUPS, PAGE, written
from flows.runtime.prefect_flow import discover


def test_the_page_says_what_the_code_says() -> None:
    """After a change of a journey: `.venv/bin/python -m docs.write_library`."""
    assert PAGE.read_text(encoding="utf-8") == written()


def test_every_journey_stands_on_it_once() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(discover())
