"""The signature under posted events: ECDSA on P-256 over the moment and the body, by a key of the fake's own."""

import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class WebhookSigner:
    """Signs with a key that is generated for each fake."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """The public key in the form in which SendGrid shows it: DER in base64."""
        key = self._key.public_key()
        return base64.b64encode(
            key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        ).decode()

    def headers(self, timestamp: str, body: bytes) -> dict[str, str]:
        """The headers that go with a body: its signature and timestamp."""
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
