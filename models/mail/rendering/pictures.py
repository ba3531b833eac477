"""Pictures of a mail: its HTML holds them as data, and mailers attach them, for many mail programs show no data.

Whoever reads a mail on our own pages sees the HTML as it is.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256

DATA_PICTURE = re.compile(r'src="data:image/(png|jpeg|gif);base64,([A-Za-z0-9+/=]+)"')


@dataclass(frozen=True)
class AttachedPicture:
    """A picture beside the HTML, which shows it by its content id."""

    content_id: str
    """Without angle brackets. The same picture has the same one."""
    subtype: str
    """Of `image/...`."""
    content: bytes

    @property
    def filename(self) -> str:
        """What programs call it that list it as an attachment."""
        return f"{self.content_id.partition('@')[0]}.{self.subtype}"


def attach_pictures(html: str) -> tuple[str, list[AttachedPicture]]:
    """The HTML with its pictures named by content id, and the pictures, each once."""
    found: dict[str, AttachedPicture] = {}

    def attach(match: re.Match[str]) -> str:
        content = b64decode(match[2])
        content_id = f"picture-{sha256(content).hexdigest()[:16]}@tend"
        found[content_id] = AttachedPicture(content_id, match[1], content)
        return f'src="cid:{content_id}"'

    return DATA_PICTURE.sub(attach, html), list(found.values())
