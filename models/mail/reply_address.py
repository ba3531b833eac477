"""Reply addresses: each names the message that it answers, and is signed, so that nobody can forge one."""

import hmac
import re
from hashlib import sha256

from models.access.token import signing_key

# Mail programs may change the case of an address, and 64 characters are all that stand before the @.
LOCAL_PART = re.compile(r"r-(\d{1,19})-([0-9a-f]{20})")


def reply_address(message_id: int, domain: str) -> str:
    """The address for replies to a message."""
    return f"r-{message_id}-{_signature(message_id)}@{domain}"


def read_reply_address(address: str) -> int | None:
    """The id of the message that is replied to; None for any other address, and for a forged one."""
    match = LOCAL_PART.fullmatch(address.partition("@")[0].lower())
    if match is None or not hmac.compare_digest(match[2], _signature(int(match[1]))):
        return None
    return int(match[1])


def _signature(message_id: int) -> str:
    return hmac.new(signing_key().encode(), f"reply:{message_id}".encode(), sha256).hexdigest()[:20]
