"""Prefect's @flow for operations: what Prefect keeps of a run names no contact and holds no address."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ParamSpec, TypeVar

import prefect
from prefect import Flow
from pydantic import WithJsonSchema

from flows.run_name import with_result_in_name
from models.access.private_errors import with_private_errors
from models.mail.rendering.links import web_url

P = ParamSpec("P")
R = TypeVar("R")

# The server refuses what does not match before it stores anything; a check in the flow would come too late.
WithoutAddress = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^@]*$"})]
"""A text of a form, without email addresses."""


def flow(
    *, name: str, flow_run_name: str | Callable[[], str]
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Flow[P, Coroutine[Any, Any, R]]]:
    """Make a flow of an async function, whose errors and state messages go to Prefect without addresses."""

    def make(body: Callable[P, Coroutine[Any, Any, R]]) -> Flow[P, Coroutine[Any, Any, R]]:
        return prefect.flow(name=name, flow_run_name=flow_run_name)(with_result_in_name(with_private_errors(body)))

    return make


def contact_link(contact_id: int) -> str:
    """A contact in an artifact: its number, which leads to its page. Names stand there, where they can be erased."""
    return f"[{contact_id}]({web_url()}/contacts/{contact_id})"
