"""One mail as a part of another: its subject and its body, with data of its own."""

import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

MARK = f"[{secrets.token_hex(16)}]"
"""Stands around the blocks that are cut out of a mail; nobody can write it into a form."""


class MailPart(NamedTuple):
    """What is cut out of a mail."""

    subject: Markup
    body: Markup


@pass_context
def part_of(context: Context, part: Mapping[str, Any]) -> MailPart:
    """The subject and the body of the mail `part.template` with `part.data`; all else it has of the mail around it."""
    fields = type(context["data"])
    page = _marked(context.environment, part["template"]).render(
        {**context.get_all(), "data": fields("data", part["data"])}
    )
    _, subject, body, _ = page.split(MARK, 3)
    return MailPart(Markup(subject.strip()), Markup(body))


@lru_cache(maxsize=64)
def _marked(environment: Environment, template: str) -> Template:
    body = f"{{% block body %}}{MARK}{{{{ self.subject() }}}}{MARK}{{{{ super() }}}}{MARK}{{% endblock %}}"
    return environment.from_string(f'{{% extends "{template}.html" %}}{body}')
