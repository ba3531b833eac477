"""`tend new-journey NAME`: a journey that works, with its mails and its test, to be rewritten."""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from deployments.commands.new_journey_texts import FIRST_MAIL, JOURNEY, SECOND_MAIL, TEST
from deployments.stack.command_error import CommandError
from deployments.stack.paths import ROOT

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40


@dataclass(frozen=True)
class NewFile:
    """One file to write."""

    path: Path
    text: str


def new_journey(name: str, root: Path = ROOT) -> str:
    """Write the journey, its mails and its test below `root`; what to do next.

    Nothing is written over. Raises CommandError for a name that Python or another journey has, or that is none.
    """
    _check(name)
    files = _files(name, root)
    taken = [file.path.relative_to(root) for file in files if file.path.exists()]
    folder = root / "templates" / "mail" / name
    if folder.exists() and not taken:
        taken = [folder.relative_to(root)]
    if taken:
        raise CommandError(f"{taken[0]} is there already. Take another name, or remove what is there.")
    for file in files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text(file.text, encoding="utf-8")
    written = "\n".join(f"  {file.path.relative_to(root)}" for file in files)
    next_steps = NEXT.format(name=name, form=_form(name), test=files[-1].path.relative_to(root))
    return f"Written:\n{written}\n\n{next_steps}"


NEXT = """It works as it stands: whoever sends the form {form} gets two mails. Now make it yours.
  ./tend check                                       # every path ends, every mail exists
  ./tend map {name}
  ./tend test {test} -n 1
  ./tend send-preview {name} hello you@example.com
./tend up deploys it."""


def _form(name: str) -> str:
    """The form that starts it, spelled as forms are."""
    return name.replace("_", "-")


def _check(name: str) -> None:
    if NAME.fullmatch(name) and len(name) <= LONGEST_NAME and not keyword.iskeyword(name):
        return
    words = re.findall(r"[a-z0-9]+", name.lower())
    usable = "_".join(words).lstrip("0123456789_")[:LONGEST_NAME].rstrip("_")
    usable = f"{usable}_journey" if keyword.iskeyword(usable) else usable
    raise CommandError(
        f"'{name}' is no name of a journey. It is small letters, digits and _, as Python wants it, at most "
        f"{LONGEST_NAME}: {usable or 'win_back'}."
    )


def _files(name: str, root: Path) -> list[NewFile]:
    words = name.replace("_", " ")
    values = {"@name@": name, "@form@": _form(name), "@Title@": words.capitalize(), "@words@": words}
    mails = root / "templates" / "mail" / name
    texts = {
        root / "flows" / "journeys" / f"{name}.py": JOURNEY,
        mails / "hello.html": FIRST_MAIL,
        mails / "one_more_thing.html": SECOND_MAIL,
        root / "tests" / "journeys" / f"test_{name}.py": TEST,
    }
    return [NewFile(path, _filled_in(text, values)) for path, text in texts.items()]


def _filled_in(text: str, values: dict[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(key, value)
    return text
