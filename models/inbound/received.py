"""A mail that came in, as far as we look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, kw_only=True)
class Received:
    """What is known of it, whatever the way it came. Texts are as long as they came; nothing in them is escaped."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case; the first of each."""
    from_address: str = ""
    """Whoever says that they wrote it; lower case, empty when nobody does."""
    to_addresses: tuple[str, ...] = ()
    """Everywhere that it was sent to, the address that brought it to us first."""
    return_path: str | None = None
    """Where mail about it goes; empty for what programs send, None when that was not told."""
    is_proven: bool = False
    """The sender's domain vouches for the address, by SPF or DKIM."""
    subject: str = ""
    text: str = ""
    attachments: tuple[str, ...] = ()
    """Names of files."""
    report: str = ""
    """What a mail server reports, with what it returns of the mail that it is about."""

    @property
    def key(self) -> str:
        """The same for a mail that is posted again. A Message-ID alone is the sender's word and may be used twice."""
        said = "\n".join((self.headers.get("message-id", ""), self.from_address, self.subject, self.text))
        return sha256(said.encode(errors="surrogatepass")).hexdigest()

    @property
    def references(self) -> tuple[str, ...]:
        """The Message-IDs of what it answers, the mail itself before those that led to it."""
        answered = self.headers.get("in-reply-to", "").split()
        return tuple(dict.fromkeys([*answered, *reversed(self.headers.get("references", "").split())]))
