"""Classifies inbound mail: written by a person or by a program, and by what evidence. Pure."""

import re

from models.mail.inbound.mime import ParsedMail
from models.tables.inbound_mail import InboundKind

Classification = tuple[InboundKind, str | None]
"""The kind, and the evidence that a program wrote it; None for a person."""

# As the programs of mailbox providers write them; a person who answers keeps our subject, with "Re:" before it.
OUT_OF_OFFICE = re.compile(
    r"(automatic reply|auto(matic)?[ -]?(reply|response)|out of (the )?office|on (vacation|holiday|leave)\b|away from "
    r"|abwesen|automatische antwort|au(ss|ß)er haus|nicht im b(ü|ue)ro|r[ée]ponse automatique|absen(t|ce) du bureau"
    r"|en cong[ée]|respuesta autom[áa]tica|fuera de (la )?oficina|ausente|risposta automatica|fuori (sede|ufficio)"
    r"|assente|automatisch antwoord|afwezig|resposta autom[áa]tica|fora do escrit[óo]rio|aus[êe]ncia|autosvar"
    r"|automatisk svar|frånvar|frav[æe]r|automaattinen vastaus|poissa|odpowied[źz] automatyczna|nieobecn"
    r"|automatick[áa] odpov[ěe][ďd]|自動応答|自動返信|不在|自动回复|自動回覆|부재중|автоответ|автоматический ответ)",
    re.IGNORECASE,
)
REPLY_PREFIX = re.compile(r"^\s*(re|aw|sv|antw|rif|res|odp|vs|tr|回复|答复)\s*(\[\d+\])?\s*[:\uff1a]", re.IGNORECASE)
SERVER_SENDERS = ("mailer-daemon", "postmaster", "mail-daemon", "maildelivery", "bounce", "bounces")
REPORT_TYPE = re.compile(r'report-type\s*=\s*"?([\w-]+)', re.IGNORECASE)
# Header -> the values that only programs give it; none: only programs set it at all.
AUTO_HEADERS: dict[str, tuple[str, ...]] = {
    "x-autoreply": (),
    "x-autorespond": (),
    "x-auto-response-suppress": (),
    "x-mail-autoreply": (),
    "x-autoreply-from": (),
    "list-id": (),
    "feedback-id": (),
    "precedence": ("bulk", "junk", "list", "auto_reply", "auto-reply"),
}
LOOKED_AT = 300
"""Characters of the text that are searched for a notice of absence."""


def classify(mail: ParsedMail) -> Classification:
    """The kind of a mail. Without evidence of a program it is a reply: one task too many is better than one lost."""
    report = REPORT_TYPE.search(mail.headers.get("content-type", ""))
    if report and report[1].lower() == "delivery-status":
        return InboundKind.BOUNCE, "it is a delivery report"
    if "x-failed-recipients" in mail.headers:
        return InboundKind.BOUNCE, "it names X-Failed-Recipients"
    if reason := _auto_header(mail):
        return (InboundKind.OUT_OF_OFFICE if _is_out_of_office(mail) else InboundKind.AUTO_REPLY), reason
    if mail.from_address.partition("@")[0] in SERVER_SENDERS:
        return InboundKind.BOUNCE, f"{mail.from_address} is a mail server"
    if report:
        return InboundKind.AUTO_REPLY, f"it is a report ({report[1].lower()})"
    return _classify_unmarked(mail)


def _classify_unmarked(mail: ParsedMail) -> Classification:
    """By subject and return path, for mail without a header that marks it as automatic."""
    if not REPLY_PREFIX.match(mail.subject) and (found := OUT_OF_OFFICE.search(mail.subject)):
        return InboundKind.OUT_OF_OFFICE, f"its subject says {found[0]!r}"
    if mail.return_path == "":
        away = _is_out_of_office(mail)
        return (InboundKind.OUT_OF_OFFICE if away else InboundKind.AUTO_REPLY), "it has no return path"
    return InboundKind.REPLY, None


def _auto_header(mail: ParsedMail) -> str | None:
    """The header by which a program says that it is one (RFC 3834, and what came before it)."""
    submitted = mail.headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    if submitted != "no":
        return f"Auto-Submitted: {submitted}"
    for name, values in AUTO_HEADERS.items():
        value = mail.headers.get(name)
        if value is not None and (not values or value.strip().lower() in values):
            return f"{name.title()}: {value[:60]}"
    return None


def _is_out_of_office(mail: ParsedMail) -> bool:
    return bool(OUT_OF_OFFICE.search(mail.subject) or OUT_OF_OFFICE.search(mail.text[:LOOKED_AT]))
