"""An email as SendGrid's JSON. What SendGrid keeps about it, categories and our id, is opaque or about the journey."""

from base64 import b64encode
from typing import Any

from sendgrid.helpers.mail import (
    Category,
    ClickTracking,
    CustomArg,
    Email,
    Header,
    Mail,
    MailSettings,
    OpenTracking,
    ReplyTo,
    SandBoxMode,
    Subject,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.links import count_links
from models.mail.rendering.pictures import AttachedPicture, attach_pictures

# Comes back with every event of the webhook. SendGrid keeps it for long and cannot erase it: nothing personal in it.
MESSAGE_ID = "tend_message_id"
# Whoever follows all links of a mail at once is no person; the count comes back with each click.
LINK_COUNT = "tend_links"
MOST_CATEGORIES = 10
LONGEST_CATEGORY = 255


class UnsendableEmail(ValueError):
    """No request can be made of this email; says what SendGrid asks for and what was found."""


def build_request(email: RenderedEmail, *, tracked: bool, sandbox: bool = False) -> dict[str, Any]:
    """The body of the request; `tracked` lets SendGrid count opens and clicks. Raises UnsendableEmail."""
    _check(email)
    mail = Mail()
    mail.from_email = _address(Email(), email.from_address, email.from_name)
    mail.to = _address(To(), email.to_address)
    mail.reply_to = _address(ReplyTo(), email.reply_to)
    mail.subject = Subject(email.subject)
    if email.message_id:
        mail.custom_arg = CustomArg(MESSAGE_ID, str(email.message_id))
        if tracked:
            mail.custom_arg = CustomArg(LINK_COUNT, str(count_links(email.html)))
    for name, value in email.headers.items():
        mail.header = Header(name, value)
    for name in dict.fromkeys(category[:LONGEST_CATEGORY] for category in email.categories[:MOST_CATEGORIES]):
        mail.add_category(Category(name))
    mail.tracking_settings = _tracking(tracked)
    if sandbox:
        mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
    request: dict[str, Any] = mail.get()
    # Not by the package's Content, which raises on a text that begins like a key of SendGrid's: SG.example.com does.
    html, pictures = attach_pictures(email.html)
    parts = {"text/plain": email.text, "text/html": html}
    request["content"] = [{"type": kind, "value": value} for kind, value in parts.items() if value.strip()]
    return request | ({"attachments": [_attachment(picture) for picture in pictures]} if pictures else {})


def _attachment(picture: AttachedPicture) -> dict[str, str]:
    return {
        "content": b64encode(picture.content).decode("ascii"),
        "type": f"image/{picture.subtype}",
        "filename": picture.filename,
        "disposition": "inline",
        "content_id": picture.content_id,
    }


def _check(email: RenderedEmail) -> None:
    """What the published schema lets through and SendGrid refuses."""
    if not email.subject.strip():
        raise UnsendableEmail(
            "the subject came out empty, and SendGrid asks for one: see the template's block `subject`"
        )
    if not (email.text.strip() or email.html.strip()):
        raise UnsendableEmail(
            "the email has neither text nor HTML, and SendGrid asks for one of them: see its template"
        )
    if not email.to_address.isascii():
        raise UnsendableEmail(
            f"{email.to_address} has letters outside ASCII before the @, which SendGrid does not take"
        )


def _address(made: Email, address: str, name: str = "") -> Email:
    """Sets address and name apart: the package would parse a name out of an address alone."""
    made.email = address
    made.name = name or None
    return made


def _tracking(tracked: bool) -> TrackingSettings:
    """Set for each email: what is left out would follow the account's own settings."""
    settings = TrackingSettings()
    settings.click_tracking = ClickTracking(enable=tracked, enable_text=False)
    settings.open_tracking = OpenTracking(enable=tracked)
    # Our emails have an unsubscribe link of their own.
    settings.subscription_tracking = SubscriptionTracking(enable=False)
    return settings
