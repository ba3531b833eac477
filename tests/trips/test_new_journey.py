"""`tend new-journey`: what it writes works at once, and it writes over nothing."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path

import pytest

from deployments.commands.new_journey import new_journey
from deployments.stack.command_error import CommandError
from flows import journeys
from flows.runtime.maps.journey_map import build_map
from flows.runtime.prefect_flow import discover


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout whose journeys are discovered beside the shipped ones."""
    (tmp_path / "flows" / "journeys").mkdir(parents=True)
    monkeypatch.setattr(journeys, "__path__", [*journeys.__path__, str(tmp_path / "flows" / "journeys")])
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop("flows.journeys.spring_offer", None)
    discover.cache_clear()


def test_its_journey_is_found_and_its_test_passes(root: Path) -> None:
    told = new_journey("spring_offer", root)
    assert "tests/journeys/test_spring_offer.py" in told
    discover.cache_clear()
    assert not build_map(discover()["spring_offer"]).problems
    written = run_path(str(root / "tests" / "journeys" / "test_spring_offer.py"))
    written["test_an_order_ends_it"]()
    [marked] = written["test_who_answers_gets_no_second_mail"].pytestmark
    names, rows = marked.args
    assert len(rows) == 3
    for row in rows:
        written["test_who_answers_gets_no_second_mail"](**dict(zip(names, row.values, strict=True)))


def test_every_mail_that_it_sends_is_there(root: Path) -> None:
    new_journey("spring_offer", root)
    discover.cache_clear()
    sent = {step.name for step in build_map(discover()["spring_offer"]).steps.values() if step.verb == "send"}
    assert {path.stem for path in (root / "templates" / "mail" / "spring_offer").iterdir()} == sent


def test_nothing_is_written_over(root: Path) -> None:
    new_journey("spring_offer", root)
    mine = root / "flows" / "journeys" / "spring_offer.py"
    mine.write_text("mine")
    with pytest.raises(CommandError, match=r"flows/journeys/spring_offer.py is there already"):
        new_journey("spring_offer", root)
    assert mine.read_text() == "mine"
    (root / "templates" / "mail" / "team").mkdir()
    with pytest.raises(CommandError, match="templates/mail/team is there already"):
        new_journey("team", root)
    assert not (root / "flows" / "journeys" / "team.py").exists()


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("Win Back", "win_back"),
        ("win-back!", "win_back"),
        ("class", "class_journey"),
        ("2nd_offer", "nd_offer"),
        ("../evil", "evil"),
        ("", "win_back"),
        ("Zurück", "zur_ck"),
    ],
)
def test_a_name_that_is_none_is_refused_with_one_that_is(name: str, suggested: str, root: Path) -> None:
    with pytest.raises(CommandError, match=rf": {suggested}\."):
        new_journey(name, root)
    assert not list((root / "flows" / "journeys").iterdir())
