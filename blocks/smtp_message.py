"""An email as the bytes that go over the wire, within what the server offers."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy

from models.mail.rendering.email import RenderedEmail
from models.mail.rendering.pictures import attach_pictures


class OneLineUrls(EmailPolicy):
    """Long headers go over several lines, but not a URL: Python would encode it, and no program could follow it."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.startswith("List-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = OneLineUrls() + SMTP


def as_mime(email: RenderedEmail, *, is_8bit: bool = False, is_utf8: bool = False) -> EmailMessage:
    """Text before HTML, named by our own id so that a copy is recognised.

    `is_8bit`: letters may go as they are (8BITMIME); else they are encoded. `is_utf8`: addresses may have letters
    outside ASCII (SMTPUTF8). Raises ValueError when no mail can be made of it.
    """
    mime = EmailMessage(policy=WIRE.clone(cte_type="8bit" if is_8bit else "7bit", utf8=is_utf8))
    mime["Subject"] = email.subject
    mime["From"] = Address(email.from_name, addr_spec=email.from_address)
    mime["To"] = email.to_address
    mime["Reply-To"] = email.reply_to
    mime["Date"] = email.at
    mime["Message-ID"] = message_id(email)
    for name, value in email.headers.items():
        mime[name] = value
    mime.set_content(email.text)
    html, pictures = attach_pictures(email.html)
    mime.add_alternative(html, subtype="html")
    [*_, page] = mime.iter_parts()
    for picture in pictures:
        page.add_related(
            picture.content,
            "image",
            picture.subtype,
            cid=f"<{picture.content_id}>",
            filename=picture.filename,
            disposition="inline",
        )
    return mime


def message_id(email: RenderedEmail) -> str:
    """Its domain is ours, which filters look for."""
    return f"<tend-{email.message_id or email.key}@{email.from_address.rpartition('@')[2]}>"
