"""Reads a playbook from YAML; all its faults are reported at once, each with its line."""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from models.playbook.document import Playbook
from models.playbook.reading.check import faults
from models.playbook.reading.fault import Fault
from models.playbook.section import Section
from models.values.readers.bad_value import quote_value

SHIPPED = Path(__file__).parents[3] / "deployments" / "playbook.yaml"


class BadPlaybook(ValueError):
    """A playbook that cannot be used; one sentence for each fault, by line."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


class _Loader(yaml.SafeLoader):
    """YAML where only true and false are booleans, and dates and times stay text: NO is a country, `on` a word."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp", ":int"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|True|false|False)$"), list("tTfF"))
# Neither 0123 (a number to the base eight) nor 12:30 (to the base sixty).
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))


def playbook_file() -> Path:
    """The playbook of this installation: TEND_PLAYBOOK, else deployments/playbook.yaml."""
    return Path(os.environ.get("TEND_PLAYBOOK") or SHIPPED)


def load(path: Path) -> Playbook:
    """The playbook in a file. Raises BadPlaybook with everything that is wrong with it."""
    node, document, repeated = _read(path)
    playbook, found = _validate(document)
    found = [*repeated, *found]
    if found:
        numbered = [(_line(node, fault.path), fault) for fault in found]
        raise BadPlaybook([_sentence(path, line, fault) for line, fault in sorted(numbered, key=lambda each: each[0])])
    return playbook


def outdated_keys(path: Path) -> list[str]:
    """A sentence for each key of a playbook that is still spelled as in an earlier version; it works all the same."""
    node, document, _ = _read(path)
    return [
        f"{path}, line {_line(node, (name, old))}: {name}.{old} is called {new} now; the old key still works."
        for name, old, new in _renamed_keys()
        if isinstance(section := document.get(name), dict) and old in section
    ]


def _renamed_keys() -> Iterator[tuple[str, str, str]]:
    """Section, the old key, the new one."""
    for name, field in Playbook.model_fields.items():
        if isinstance(section := field.annotation, type) and issubclass(section, Section):
            for new, one in section.model_fields.items():
                if isinstance(one.json_schema_extra, dict) and "renamed_from" in one.json_schema_extra:
                    yield name, str(one.json_schema_extra["renamed_from"]), new


def _read(path: Path) -> tuple[yaml.Node, dict[Any, Any], list[Fault]]:
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node() or yaml.ScalarNode("tag:yaml.org,2002:null", "")
        # Before construction, which merges `<<` into the nodes: what a merge brings may be overridden.
        repeated = list(_repeated_keys(node))
        document = loader.construct_document(node)
        repeated += _unstorable(document, (), set())
    except OSError as error:
        raise BadPlaybook([f"{path} cannot be read ({error.strerror}): name a playbook that is there."]) from None
    except UnicodeDecodeError as error:
        raise BadPlaybook([f"{path}, byte {error.start}: the file is not UTF-8; save it as UTF-8."]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BadPlaybook([_bad_yaml(path, error)]) from None
    if not isinstance(document, dict):
        raise BadPlaybook([f"{path}: {quote_value(document)} was found, sections such as `company:` were expected."])
    return node, document, repeated


def _bad_yaml(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "nested too deeply"
    return f"{path}{where}: this is not YAML ({problem}). Look at quotes, colons and indentation there."


def _validate(document: dict[Any, Any]) -> tuple[Playbook, list[Fault]]:
    """The playbook and what is wrong with it. A part that cannot be read does not hide the faults of the others."""
    parts: dict[str, Any] = {}
    found = [
        Fault((key,), _unknown(key, list(Playbook.model_fields)))
        for key in document
        if key not in Playbook.model_fields
    ]
    for name, field in Playbook.model_fields.items():
        if name in document or field.is_required():
            try:
                parts[name] = TypeAdapter(Playbook.__annotations__[name]).validate_python(document.get(name))
            except ValidationError as error:
                found += _validation_faults((name,), error)
    unreadable = {fault.path[0] for fault in found}
    playbook = Playbook.model_construct(**parts)
    return playbook, [*found, *faults(playbook, unreadable)]


def _validation_faults(place: tuple[Any, ...], error: ValidationError) -> Iterator[Fault]:
    for detail in error.errors():
        way = (*place, *(part for part in detail["loc"] if part != "[key]"))
        yield Fault(way, _fault_sentence(detail, way))


def _fault_sentence(detail: ErrorDetails, way: tuple[Any, ...]) -> str:
    """What pydantic found, in a sentence for people who write playbooks."""
    match detail["type"]:
        case "missing":
            return f"{way[-1]} is missing: add it here"
        case "extra_forbidden":
            return f"{way[-1]} is not known here: correct its spelling, or remove it"
        case "string_type":
            return f"{quote_value(detail['input'])} was found, text was expected: put it in quotes"
        case "too_short" | "string_too_short":
            return f"{quote_value(detail['input'])} was found, at least one was expected"
        case "enum":
            names = detail["ctx"]["expected"]
            near = get_close_matches(str(detail["input"]), re.findall("'([^']*)'", names), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            return f"{quote_value(detail['input'])} was found, {names} was expected{hint}"
        case "value_error":
            return f"{quote_value(detail['input'])} was found: {detail['ctx']['error']}"
    expected = detail["msg"].replace("Input should be ", "").replace("String should match", "text matching")
    return f"{quote_value(detail['input'])} was found, {expected} was expected"


def _unknown(key: Any, known: list[str]) -> str:
    near = get_close_matches(str(key), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{key} is not known here: {hint}"


def _repeated_keys(root: yaml.Node) -> Iterator[Fault]:
    """YAML keeps the last of two equal keys without a word; the first would be lost."""
    for place, node in _mappings(root, (), set()):
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                yield Fault((*place, key), f"{key.value} stands here a second time: keep one of them")
            seen.add(key.value)


def _unstorable(value: Any, place: tuple[Any, ...], seen: set[int]) -> Iterator[Fault]:
    """Text that Postgres cannot store, which could not be put in force."""
    if isinstance(value, str) and "\0" in value:
        yield Fault(place, f"{quote_value(value)} was found, text without null bytes was expected")
    elif isinstance(value, dict | list) and id(value) not in seen:
        seen.add(id(value))
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unstorable(key, place, seen)
            yield from _unstorable(inner, (*place, key), seen)


def _mappings(
    node: yaml.Node, place: tuple[Any, ...], seen: set[int]
) -> Iterator[tuple[tuple[Any, ...], yaml.MappingNode]]:
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield place, node
        for key, value in node.value:
            yield from _mappings(value, (*place, key.value), seen)
    else:
        for i, value in enumerate(node.value):
            yield from _mappings(value, (*place, i), seen)


def _line(node: yaml.Node, place: tuple[Any, ...]) -> int:
    """The line that a place is at, or the nearest one around it that the file has."""
    line = node.start_mark.line + 1
    for part in place:
        if isinstance(part, yaml.Node):
            return part.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in reversed(node.value) if key.value == str(part)), None)
        else:
            inside = isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
            pair = (node.value[part], node.value[part]) if inside else None
        if pair is None:
            return line
        line, node = pair[0].start_mark.line + 1, pair[1]
    return line


def _sentence(path: Path, line: int, fault: Fault) -> str:
    names = [part.value if isinstance(part, yaml.Node) else part for part in fault.path]
    way = "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in names).lstrip(".")
    return f"{path}, line {line}: {way}: {fault.sentence.rstrip('.')}."
