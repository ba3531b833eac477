"""Saving a view of the list of contacts, and deleting one."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from models.conditions.parse import BadCondition
from models.contacts.views.known import known_words
from models.contacts.views.saved import NewView, delete_view, save_view
from models.database import engine
from web.contacts.list.asked import read_asked
from web.frame.audit import audit
from web.frame.login import require_role
from web.frame.typed_text import UnreadableText, validate_text
from web.frame.who import acting

router = APIRouter(dependencies=[Depends(require_role("work"))])

LONGEST_NAME = 100


@router.post("/contacts/views")
def save(
    request: Request,
    name: Annotated[str, Form()] = "",
    where: Annotated[str, Form()] = "",
    q: Annotated[str, Form()] = "",
    sort: Annotated[str, Form()] = "",
    columns: Annotated[str, Form()] = "",
    shared: Annotated[str, Form()] = "",
) -> Response:
    """Save the list as it is shown, under a name; a view of the same name becomes this one."""
    who = acting(request)
    with engine().begin() as connection:
        asked = read_asked(known_words(connection), {"where": where, "q": q, "sort": sort}, [columns])
        try:
            typed = validate_text(name, "The name", longest=LONGEST_NAME)
            _ = asked.conditions
        except (UnreadableText, BadCondition) as error:
            raise HTTPException(422, str(error)) from None
        if not typed:
            raise HTTPException(422, "The view has no name. Go back and give it one.")
        view = NewView(
            name=typed,
            condition=asked.where,
            search=asked.q,
            sort=asked.sort,
            columns=asked.columns,
            is_shared=bool(shared),
        )
        saved = save_view(connection, view, who.login_id, who.name, datetime.now(UTC))
        audit(connection, request, "saved a view of contacts", data={"name": typed, "shared": bool(shared)})
    return RedirectResponse(asked.path(view=str(saved)), 303)


@router.post("/contacts/views/{view_id}/delete")
def delete(request: Request, view_id: int) -> Response:
    """Delete a view of one's own; a shared one of somebody else takes the role that sets up."""
    who = acting(request)
    with engine().begin() as connection:
        name = delete_view(connection, view_id, who.login_id, may_all=who.may("set up"))
        if name is not None:
            audit(connection, request, "deleted a view of contacts", data={"name": name})
    return RedirectResponse("/contacts", 303)
