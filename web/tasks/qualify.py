"""Saving what people found out about a lead: on the task page by its link, on the contact page for ops."""

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.access.token import verify
from models.database import engine
from web.contacts.contact import contact_page
from web.contacts.qualification import GivenAnswers, qualification_form, save_qualification
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.security import require_same_origin
from web.frame.typed_text import UnreadableText
from web.tasks.tasks import find_task, task_response

router = APIRouter()


@router.post("/tasks/{token}/qualify", dependencies=[Depends(require_same_origin)])
def qualify_by_task(request: Request, token: str, given: GivenAnswers) -> Response:
    """Save it without reporting; a report that has been begun stays on the page.

    Also when the task is done: what is learned later counts as well.
    """
    with engine().begin() as connection:
        task = find_task(connection, verify("task", token))
        kept = {name: given.get(name, "") for name in ("outcome", "notes")}
        try:
            save_qualification(connection, task.contact_id, given, datetime.now(UTC), without=task.form)
        except UnreadableText as problem:
            return task_response(request, connection, task, token, 422, kept=kept, given=given, unsaved=str(problem))
        if task.is_open and any(given.get(name) for name in ("outcome", "notes", *task.form)):
            # The report has been begun in the same form: what is typed of it must not be lost.
            return task_response(request, connection, task, token, kept=kept | {"saved": "yes"}, given=given)
    return RedirectResponse(f"/tasks/{token}", 303)


@router.post("/contacts/{contact_id}/qualify", dependencies=[Depends(require_ops)])
def qualify_contact(request: Request, contact_id: int, given: GivenAnswers) -> Response:
    """Save it for ops."""
    with engine().begin() as connection:
        contact = contact_page(connection, contact_id)
        try:
            save_qualification(connection, contact_id, given, datetime.now(UTC))
        except UnreadableText as problem:
            form = qualification_form(connection, contact_id, given, str(problem))
            return page(request, "contacts/contact.html", status=422, contact=contact, qualification=form)
    return RedirectResponse(f"/contacts/{contact_id}#qualification", 303)
