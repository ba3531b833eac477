"""All regular expressions of the project, and texts on which a careless one takes for ever."""

import ast
import importlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import permutations, product
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

from tests.support.paths import ROOT

FOLDERS = ("models", "web", "blocks", "flows", "templates")
WHOLE = {"match", "fullmatch"}
METHODS = {*WHOLE, "search", "sub", "subn", "split", "findall", "finditer"}
SHORT, LONG = 1_500, 6_000
UNNOTICED_SECONDS = 0.005
"""Less than this for LONG letters is not looked at again. A linear pattern takes a fifth of it, a quadratic one four
times as much."""
STOP_SECONDS = 0.5
CATEGORIES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_WORD: "-",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_DIGIT: "a",
}


@dataclass
class Pattern:
    """A regular expression: where it stands, and by which methods it is used."""

    where: str
    compiled: re.Pattern[Any]
    methods: set[str] = field(default_factory=set)


def all_patterns() -> list[Pattern]:
    """Those that modules hold, also in tuples and tables, and those that stand in a call such as re.sub."""
    modules = dict(_modules())
    used = _methods_by_name(ast.walk(tree) for _, tree in modules.values())
    found: dict[tuple[Any, int], Pattern] = {}
    for name, (module, tree) in modules.items():
        for attribute, value in vars(module).items():
            for one in _held(value):
                held = found.setdefault((one.pattern, one.flags), Pattern(f"{name}.{attribute}", one))
                held.methods |= used.get(attribute) or {"search"}
        for line, method, one in _in_calls(module, tree):
            found.setdefault((one.pattern, one.flags), Pattern(f"{name}, line {line}", one)).methods.add(method)
    return list(found.values())


def _modules() -> Iterator[tuple[str, tuple[ModuleType, ast.Module]]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                yield name, (importlib.import_module(name), ast.parse(path.read_text()))


def _methods_by_name(trees: Iterable[Iterable[ast.AST]]) -> Mapping[str, set[str]]:
    """NAME -> the methods that are called on it anywhere: `NAME.sub(...)`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for tree in trees:
        for node in tree:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id.isupper():
                found[node.value.id].add(node.attr)
    return found


def _held(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (one for pair in value.items() for held in pair for one in _held(held))
    elif isinstance(value, tuple | list | set | frozenset):
        yield from (one for held in value for one in _held(held))


def _in_calls(module: ModuleType, tree: ast.Module) -> Iterator[tuple[int, str, re.Pattern[Any]]]:
    for node in ast.walk(tree):
        method = ast.unparse(node.func).removeprefix("re.") if isinstance(node, ast.Call) else ""
        # What is compiled stands under a name in its module.
        if isinstance(node, ast.Call) and node.args and method in METHODS:
            try:
                values = [_evaluated(one, module) for one in (*node.args, *(word.value for word in node.keywords))]
            except NameError:  # it is put together where it is used
                continue
            flags = sum(value for value in values if isinstance(value, re.RegexFlag))
            if isinstance(values[0], str | bytes):
                yield node.lineno, method, re.compile(values[0], flags)


def _evaluated(node: ast.expr, module: ModuleType) -> Any:
    if isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.JoinedStr | ast.BinOp):
        return eval(compile(ast.Expression(node), "pattern", "eval"), dict(vars(module)))
    return None


def slow_text(pattern: Pattern) -> str | None:
    """A text on which the pattern takes much more than four times as long when it is four times as long."""
    wholly = bool(pattern.methods & METHODS) and pattern.methods & METHODS <= WHOLE
    for make in _attacks(pattern.compiled):
        if _seconds(pattern.compiled, make(LONG), wholly) < UNNOTICED_SECONDS:
            continue
        # The shortest of many: on a busy machine now and then one takes several times as long as it should.
        if all(_growth(pattern.compiled, make, wholly, tries) > 8 for tries in (3, 15)):
            return f"{make(12)!r} and more of the same: {LONG // SHORT} times as many take more than 8 times as long"
    return None


def _growth(pattern: re.Pattern[Any], make: Callable[[int], str], wholly: bool, tries: int) -> float:
    """How many times as long the long text takes as the short one."""
    taken = [[_seconds(pattern, make(size), wholly) for size in (SHORT, LONG)] for _ in range(tries)]
    short, long = (min(column) for column in zip(*taken, strict=True))
    return long / short


def _seconds(pattern: re.Pattern[Any], text: str, wholly: bool) -> float:
    given: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    began = time.process_time()
    if wholly:
        pattern.match(given)
        pattern.fullmatch(given)
    else:
        for _ in pattern.finditer(given):
            if time.process_time() - began > STOP_SECONDS:
                break
    return time.process_time() - began


def _attacks(pattern: re.Pattern[Any]) -> Iterator[Callable[[int], str]]:
    """Beginnings, then the same again and again, then something that does not fit."""
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    letters, words = _samples(parser.parse(text, pattern.flags & ~re.DEBUG))
    letters = list(dict.fromkeys([*letters[:8], "a", "1", " ", "\n"]))
    pumps = [*letters, *words[:4], *map("".join, permutations(letters[:4], 2))]
    for pump, before in product(pumps, ["", *letters[:1], *words[:1]]):
        yield partial(_repeated, before, pump)


def _repeated(before: str, pump: str, size: int) -> str:
    return before + pump * (size // len(pump)) + "\x01"


def _samples(parsed: Any) -> tuple[list[str], list[str]]:
    """A letter for each part of a pattern, and the words that stand in it."""
    letters: list[str] = []
    words: list[str] = []
    run = ""
    for code, about in parsed:
        if code is codes.LITERAL:
            letters.append(chr(about))
            run += chr(about)
            continue
        words, run = [*words, run] if len(run) > 1 else words, ""
        if code is codes.IN:
            letters += [letter for one in about for letter in _of_class(*one)]
        elif code in (codes.ANY, codes.NOT_LITERAL):
            letters.append("a")
        for inner in _inner(code, about):
            more_letters, more_words = _samples(inner)
            letters, words = letters + more_letters, words + more_words
    words = [*words, run] if len(run) > 1 else words
    return list(dict.fromkeys(letters)), list(dict.fromkeys(words))


def _inner(code: Any, about: Any) -> Iterator[Any]:
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        yield about[2]
    elif code is codes.SUBPATTERN:
        yield about[3]
    elif code is codes.BRANCH:
        yield from about[1]
    elif code in (codes.ASSERT, codes.ASSERT_NOT):
        yield about[1]
    elif code is codes.ATOMIC_GROUP:
        yield about


def _of_class(code: Any, about: Any) -> Iterator[str]:
    if code is codes.LITERAL:
        yield chr(about)
    elif code is codes.RANGE:
        yield chr(about[0])
    elif code is codes.CATEGORY:
        yield CATEGORIES.get(about, "a")
    elif code is codes.NEGATE:
        yield from "aZ"
