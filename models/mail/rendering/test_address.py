"""Test mode: every mail goes to one address, says for whom it is, and acts on no contact. Pure."""

import re
from dataclasses import replace
from html import escape

from models import TO_CONTACTS
from models.mail.rendering.email import EmailDraft, RenderContext, RenderedEmail, render_email

NO_ID = 0
"""What is signed into the links of a contact's mail. No row has it, so following such a link does nothing."""

BODY = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
NOTE = (
    '<div style="padding:10px 16px;background:#fff3cd;color:#4d3800;font:14px/1.4 Arial,Helvetica,sans-serif">{}</div>'
)


def render_for_test(draft: EmailDraft, context: RenderContext, address: str) -> RenderedEmail:
    """The email to the test address instead of its receiver.

    Its subject and first line name the receiver. A contact's mail is not tracked, cannot be unsubscribed from, and its
    links act on nobody; those in mail to colleagues work, so that their part can be played. Raises what `render_email`
    raises.
    """
    receiver = draft.to_address
    if draft.kind in TO_CONTACTS:
        draft = replace(draft, contact={**draft.contact, "id": NO_ID})
        context = replace(context, own_tracking=False)
    email = render_email(draft, context)
    says = f"Test mode: this is for {receiver} and went to {address} only."
    return replace(
        email,
        to_address=address,
        subject=f"[Test, for {receiver}] {email.subject}",
        html=_note_on_top(email.html, NOTE.format(escape(says))),
        text=f"{says}\n\n{email.text}",
        headers={},
        reply_to=context.company.inbox,
        return_path="",
        tracked=False,
        is_redirected=True,
    )


def _note_on_top(html: str, note: str) -> str:
    begin = BODY.search(html)
    return f"{html[: begin.end()]}{note}{html[begin.end() :]}" if begin else note + html
