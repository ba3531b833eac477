"""`tend map`: the map of a journey, of all journeys, or of a journey as it is and as it was, side by side."""

import importlib.util
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database
from deployments.stack.paths import ROOT
from flows.runtime.definitions.definition import Definition
from flows.runtime.maps.flowchart import render_mermaid
from flows.runtime.maps.journey_map import build_map
from flows.runtime.maps.places import journey_places
from flows.runtime.maps.stored_map import places_of
from flows.runtime.prefect_flow import JourneyFlow, discover
from models.database import engine
from models.journeys.maps.difference import MapDifference, compare_maps
from models.journeys.maps.drawing import draw_journey, side_by_side, standalone
from models.journeys.maps.master import MasterMap, draw_master_map, handed_to
from models.journeys.maps.places import JourneyPlaces
from models.journeys.versions import current_versions
from models.playbook import BadPlaybook, load
from models.playbook.reading.file import playbook_file
from models.playbook.scoring import Threshold
from models.playbook.tasks import TaskKinds

Format = Literal["mermaid", "svg", "json"]
RUNNING = "running"
"""What to compare with: the version that the database says is current."""


def render_map(journey: str | None, format: Format = "mermaid", compare: str | None = None) -> str:
    """The map of a journey, or of all. `compare`: with how it was at a revision of Git, or `running`.

    CommandError for a journey that nobody has written, that Python cannot load, or that was not there. As SVG the map
    of one journey carries its Mermaid text as metadata, so one can tell whether the code still gives it.
    """
    if journey is None:
        if compare is not None:
            raise CommandError("--compare compares one journey: name it before, such as ./tend map lead_nurture.")
        return _render_master(format)
    definition = definition_of(journey)
    if compare is not None:
        return _render_difference(_difference(definition, compare), format, compare)
    match format:
        case "mermaid":
            return render_mermaid(build_map(definition))
        case "svg":
            drawing = draw_journey(_places(definition))
            return standalone(drawing, render_mermaid(build_map(definition)))
        case "json":
            return _as_json(_places(definition).to_json())


def _places(definition: Definition) -> JourneyPlaces:
    return places_of(definition, discover(), _kinds())


def _kinds() -> TaskKinds | None:
    # A playbook that cannot be read is what `tend check` tells of.
    with suppress(BadPlaybook):
        return load(playbook_file()).tasks.all_kinds
    return None


def definition_of(journey: str) -> Definition:
    """The journey of this name. CommandError when there is none, or its file cannot be loaded."""
    found = discover().get(journey)
    if found is None:
        raise CommandError(f"There is no journey '{journey}'. There are: {', '.join(sorted(discover()))}.")
    if found.problem is not None:
        raise CommandError(f"{journey} has no map, as its file cannot be loaded: {found.problem}")
    return found


def _render_master(format: Format) -> str:
    thresholds: tuple[Threshold, ...] = ()
    with suppress(BadPlaybook):
        thresholds = load(playbook_file()).scoring.thresholds
    master = MasterMap([_places(one) for one in discover().values() if one.problem is None], thresholds)
    match format:
        case "svg":
            return standalone(draw_master_map(master))
        case "json":
            return _as_json({one.journey: one.to_json() for one in master.journeys})
        case "mermaid":
            ways = [f"    {one} --> |{says}| {target}" for (one, target), says in handed_to(master).items()]
            starts = [
                f'    on_{one.journey}(["{" or ".join((*one.starts_on, *one.fallback))}"]) --> {one.journey}'
                for one in master.journeys
                if one.starts_on or one.fallback
            ]
            return "\n".join(["flowchart LR", *starts, *ways]) + "\n"


def _difference(definition: Definition, compare: str) -> MapDifference:
    before = _running(definition.name) if compare == RUNNING else _at_revision(definition, compare)
    return compare_maps(before, _places(definition))


def _running(journey: str) -> JourneyPlaces:
    use_database()
    with engine().connect() as connection:
        found = current_versions(connection).get(journey)
    if found is None:
        raise CommandError(f"No version of {journey} has been published. ./tend up does it as it starts.")
    return found.places


def source_at_revision(definition: Definition, revision: str) -> str:
    """The text of the journey's file as it was at a revision of Git. CommandError when there is none."""
    file = Path(sys.modules[definition.body.__module__].__file__ or "").resolve()
    name = file.relative_to(ROOT).as_posix()
    if revision.startswith("-"):
        raise CommandError(f"'{revision}' is no revision of Git.")
    shown = subprocess.run(
        ["git", "show", f"{revision}:./{name}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if shown.returncode != 0:
        raise CommandError(f"Git has no {name} at '{revision}': {shown.stderr.strip().removeprefix('fatal: ')}")
    return shown.stdout


def _at_revision(definition: Definition, revision: str) -> JourneyPlaces:
    """The map of the journey's file as it was at a revision of Git, beside the other files as they are now."""
    old = load_source(source_at_revision(definition, revision), definition.name, revision)
    return journey_places(old, build_map(old, _kinds()))


def load_source(source: str, journey: str, revision: str) -> Definition:
    """The journey of a file that is nowhere now. CommandError when Python cannot load it, or it is not in there."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{journey}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(f"tend_at_revision.{journey}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise CommandError(f"{journey} as it was at '{revision}' cannot be loaded: {error}") from error
    found = [one.definition for one in vars(module).values() if isinstance(one, JourneyFlow)]
    definition = next((one for one in found if one.name == journey), None)
    if definition is None:
        raise CommandError(f"There was no journey '{journey}' in its file at '{revision}'.")
    return definition


def _render_difference(found: MapDifference, format: Format, compare: str) -> str:
    match format:
        case "svg":
            return standalone(
                side_by_side(
                    (compare, draw_journey(found.before, marks=found.marks_before, name="before")),
                    ("as it is here", draw_journey(found.after, marks=found.marks_after, name="after")),
                )
            )
        case "json":
            return _as_json(
                {
                    "differences": list(found.sentences),
                    "before": found.before.to_json(),
                    "after": found.after.to_json(),
                }
            )
        case "mermaid":
            return "\n".join(found.sentences or ["The maps are the same."]) + "\n"


def _as_json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
