"""Settings of the fake SendGrid."""

from dataclasses import dataclass

KEY = "SG.double"
"""The default API key. It is no secret: it opens nothing but a fake."""


@dataclass(frozen=True, kw_only=True)
class FakeSettings:
    """All shares are between 0 and 1."""

    port: int = 0
    """0: any that is free."""
    key: str = KEY
    senders: tuple[str, ...] = ()
    """Verified addresses to send from; none: all are."""
    rate: int | None = None
    """Mails that are accepted in one second; further ones are answered 429."""
    latency_seconds: float = 0.0
    """How long each answer takes."""
    failure_rate: float = 0.0
    """Share of requests that fail, with and without the mail being accepted, in all ways but hanging."""
    events_url: str | None = None
    """Where events are posted; None: nowhere."""
    signed: bool = False
    post_every_seconds: float = 1.0
    opens: float = 0.0
    """Share of the mails tracked by SendGrid that are opened."""
    clicks: float = 0.0
    """Share of the mails tracked by SendGrid whose first link is followed."""
    read_after_seconds: float = 10.0
    """How long after it arrived a mail is opened; a click comes as much later again."""
    duplicates: float = 0.0
    """Share of events that are posted twice."""
    shuffled: bool = False
    """Events are posted in any order."""
    seed: int = 1
    """Of the random choices."""
