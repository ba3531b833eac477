"""What a mail may name, such as `contact.first_name`; a field without a value is reported, never left blank."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, UndefinedError, pass_context, select_autoescape
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

from models import wording
from models.mail.rendering.chart import chart
from models.mail.rendering.mail_parts import part_of
from models.values.readers.person_name import greeting
from models.values.readers.phone import readable_phone


class MissingMergeField(UndefinedError):
    """The template asks for a field that has no value here."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(
            f"{field} is empty here, and the template gives no fallback. Fill the field in, or write "
            f'{{{{ {field} | default("...") }}}} in the template; then send the message again.'
        )


class MergeFields:
    """Values under one name. Null and blank count as missing, so that no mail begins with "Hi ,"."""

    __slots__ = ("_name", "_values")

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self._name = name
        self._values = values

    def __getitem__(self, field: str) -> Any:
        value = self._values[field]
        if value is None or (isinstance(value, str) and not value.strip()):
            raise KeyError(field)
        return value


class UndefinedMergeField(StrictUndefined):
    """Stands in a template for a missing field: `default` and `is defined` see it, any other use is an error."""

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = MissingMergeField,
    ) -> None:
        super().__init__(hint, obj, name, exc)  # type: ignore[arg-type]

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        group = f"{self._undefined_obj._name}." if isinstance(self._undefined_obj, MergeFields) else ""
        return f"{group}{self._undefined_name}"


@cache
def environment(folder: Path) -> SandboxedEnvironment:
    """Jinja for the templates of a folder. Ops write those, so they run in the sandbox; changed files are read anew."""
    jinja = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"]),
        undefined=UndefinedMergeField,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["greeting"] = greeting
    jinja.filters |= {"phone": readable_phone, "in_sentence": in_sentence, "lines": lines, "day": readable_day}
    jinja.filters["chart"] = chart
    jinja.globals["part_of"] = part_of
    return jinja


def in_sentence(value: str) -> str:
    """A choice of a dropdown as it stands inside a sentence: "Hiring people" as "hiring people", "CRM" as it is."""
    first = value.split(maxsplit=1)[0] if value.strip() else ""
    # A second capital in the word marks an acronym or a brand; so does a word of one capital, such as "I".
    return value[0].lower() + value[1:] if first[1:] and first[1:] == first[1:].lower() else value


@pass_context
def readable_day(context: Context, value: str) -> str:
    """A date field, YYYY-MM-DD, as one says it: `Thursday 12 March`, with the year where the mail is of another one;
    anything else as it is."""
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return value
    return wording.day(found) if found.year == context.get("this_year", found.year) else wording.day_and_year(found)


def lines(value: str) -> Markup:
    """A text as its writer broke it into lines; nothing in it is markup."""
    return Markup("<br>\n").join(value.strip().splitlines())
