"""Whether a request really comes from SendGrid: its signature over the very bytes that came, and the time it was made.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

MAX_AGE = timedelta(hours=25)
"""SendGrid tries again for 24 hours and does not say whether it signs anew each time: a window of minutes could lose
what happened during an outage. What is replayed within it changes nothing, because the keys of its events are known."""
MAX_CLOCK_SKEW = timedelta(minutes=5)
"""By how much their clock may be ahead of ours."""


class BadSignature(ValueError):
    """This request does not come from SendGrid, or is older than it ever sends."""


class UnusableKey(ValueError):
    """What is set as SendGrid's public key is none."""


def verify_signature(keys: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises BadSignature unless one of these public keys fits the signature, and UnusableKey for what is no key."""
    require_recent_signature(headers, now)
    timestamp, signature = headers[TIMESTAMP], headers[SIGNATURE]
    if not any(_is_valid(_public_key(key), signature, timestamp.encode() + body) for key in keys):
        raise BadSignature("The signature does not fit the public key that is set here. Is it the key of this webhook?")


def require_recent_signature(headers: Mapping[str, str], now: datetime) -> None:
    """Raises BadSignature where there is none or an old one. The body is not asked for."""
    if not headers.get(TIMESTAMP) or not headers.get(SIGNATURE):
        raise BadSignature(f"No signature was found; the headers {SIGNATURE} and {TIMESTAMP} were expected.")
    _require_recent(headers[TIMESTAMP], now)


def _require_recent(timestamp: str, now: datetime) -> None:
    try:
        made_at = datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadSignature(f"{timestamp[:40]!r} was found in {TIMESTAMP}, seconds since 1970 were expected.") from None
    if not now - MAX_AGE <= made_at <= now + MAX_CLOCK_SKEW:
        raise BadSignature(
            f"This request was signed at {made_at:%Y-%m-%d %H:%M:%S} UTC, and it is {now:%Y-%m-%d %H:%M:%S} here. "
            f"At most {MAX_AGE // timedelta(hours=1)} hours old was expected; check this machine's clock."
        )


def _is_valid(key: EllipticCurvePublicKey, signature: str, signed: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _public_key(text: str) -> EllipticCurvePublicKey:
    """From the text that SendGrid's page shows: base64 of the DER form."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise UnusableKey(
            f"{text[:12]!r}... is no public key. Copy the verification key from SendGrid: Settings, Mail Settings, "
            "Event Webhooks, Signature Verification."
        )
    return key
