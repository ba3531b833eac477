"""`tend map`: one journey, all of them, and one as it is beside how it was."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deployments.commands.journey_map import load_source, render_map
from deployments.stack.command_error import CommandError
from flows.operations.publish_journeys import publish_journeys
from flows.runtime.maps.journey_map import build_map
from flows.runtime.maps.places import journey_places
from flows.runtime.prefect_flow import discover
from models.database import engine
from models.journeys.maps.difference import compare_maps
from models.journeys.maps.drawing import draw_journey, side_by_side, standalone
from models.playbook import current_playbook
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.web_pages import NOW

SVG = "{http://www.w3.org/2000/svg}"
WELCOME = ROOT / "flows" / "journeys" / "welcome.py"


def test_a_journey_is_drawn_written_or_told_as_json() -> None:
    assert render_map("welcome").startswith("flowchart TD")
    drawing = ElementTree.fromstring(render_map("welcome", "svg"))
    assert drawing.findtext(f"{SVG}title") == "Map of Welcome"
    assert drawing.findtext(f"{SVG}metadata") == render_map("welcome")
    places = json.loads(render_map("welcome", "json"))["places"]
    assert {place["verb"] for place in places} >= {"send"}
    assert all(place["file"] == "flows/journeys/welcome.py" for place in places)


def test_without_a_journey_all_are_on_one_map() -> None:
    drawing = ElementTree.fromstring(render_map(None, "svg"))
    ids = {one.get("id") for one in drawing.iter(f"{SVG}g")}
    assert ids >= {f"map-{name}" for name in discover()}
    assert "map-s-hot" in ids
    assert "lead_qualification --> |goes on with| offer_sequence" in render_map(None)
    assert json.loads(render_map(None, "json")).keys() == discover().keys()


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(CommandError, match="There is no journey 'welcom'"):
        render_map("welcom")
    with pytest.raises(CommandError, match="name it before"):
        render_map(None, "svg", "main")
    with pytest.raises(CommandError, match="no revision"):
        render_map("welcome", "svg", "--output=x")
    with pytest.raises(CommandError, match="cannot be loaded"):
        load_source("def", "welcome", "main")
    with pytest.raises(CommandError, match="no journey 'welcome'"):
        load_source("x = 1", "welcome", "main")


def test_an_older_text_of_a_journey_is_compared_and_both_are_drawn_side_by_side() -> None:
    old = load_source(
        WELCOME.read_text(encoding="utf-8").replace('"has what they asked for"', '"done"'), "welcome", "x"
    )
    new = discover()["welcome"]
    found = compare_maps(journey_places(old, build_map(old)), journey_places(new, build_map(new)))
    assert any("the ending “has what they asked for”" in sentence for sentence in found.sentences)
    drawn = (
        draw_journey(found.before, marks=found.marks_before, name="before"),
        draw_journey(found.after, name="after"),
    )
    drawing = ElementTree.fromstring(standalone(side_by_side(("x", drawn[0]), ("now", drawn[1]))))
    ids = [one.get("id") for one in drawing.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert len(list(drawing.iter(f"{SVG}svg"))) == 3


def test_the_running_version_is_the_one_that_the_database_has(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_playbook()
    monkeypatch.setenv("TEND_DATABASE_URL", database_url)
    with pytest.raises(CommandError, match="No version of welcome"):
        render_map("welcome", "mermaid", "running")
    with engine().begin() as connection:
        publish_journeys(connection, discover(), current_playbook(connection), NOW)
    assert render_map("welcome", "mermaid", "running") == "The maps are the same.\n"


def test_pictures_of_the_documentation_are_drawn_as_they_are_now() -> None:
    for picture in sorted(Path(ROOT / "docs" / "pictures").glob("*.svg")):
        shown = ElementTree.parse(picture).getroot()
        drawn = ElementTree.fromstring(render_map(picture.stem, "svg"))
        assert [text.text for text in shown.iter(f"{SVG}text")] == [text.text for text in drawn.iter(f"{SVG}text")]
