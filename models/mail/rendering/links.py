"""The addresses in a mail: pages of the company's website, a person's task, leaving the list, and clicks we hear of."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from urllib.parse import urljoin

from models.access import token
from models.mail.reply_address import reply_address

HERE = "http://127.0.0.1:8000"
ANCHOR = re.compile(r"<a\b[^>]*>")
WEB_TARGET = re.compile(r'\bhref="(https?://[^"]+)"')
# SendGrid's own attribute for a link that it shall leave alone; said once, both kinds of tracking keep to it.
UNTRACKED = 'clicktracking="off"'
# Nothing to see or to read aloud.
PICTURE = '<img src="{}" width="1" height="1" alt="">'


@dataclass(frozen=True)
class Links:
    """Makes every address that stands in a mail."""

    web_url: str
    """Where people reach our pages."""
    website: str
    """The company's own site; a path such as `/site` is one below web_url."""
    sign: Callable[[str, Any], str]

    def site(self, path: str) -> str:
        """A page of the company's website, such as `/order`."""
        return f"{urljoin(self.web_url, self.website).rstrip('/')}/{path.lstrip('/')}"

    def page(self, path: str) -> str:
        """A page of ours, such as `/routers`."""
        return f"{self.web_url}{path}"

    def task(self, task_id: int) -> str:
        return f"{self.web_url}/tasks/{self.sign('task', task_id)}"

    def work_list(self, assignee: str) -> str:
        return f"{self.web_url}/worklist/{self.sign('work list', assignee)}"

    def unsubscribe(self, contact_id: int) -> str:
        return f"{self.web_url}/unsubscribe/{self.sign('unsubscribe', contact_id)}"

    def reply(self, message_id: int, domain: str) -> str:
        """An address of ours that tells which message is replied to."""
        return reply_address(message_id, domain)

    def click(self, message_id: int, url: str, links: int) -> str:
        """Leads to `url`, and tells us that this message, which has so many links, brought the reader there."""
        return f"{self.web_url}/c/{self.sign('click', [message_id, url, links])}"

    def opened(self, message_id: int) -> str:
        """A picture that tells us that this message was opened."""
        return f"{self.web_url}/o/{self.sign('open', message_id)}.gif"


def links_to(website: str) -> Links:
    """Links as this installation serves them: TEND_WEB_URL, signed with its key."""
    return Links(os.environ.get("TEND_WEB_URL", HERE).rstrip("/"), website, token.sign)


def track(html: str, links: Links, message_id: int) -> str:
    """The mail with a picture of ours and its web links going by way of us; links marked untracked stay as they are."""
    many = count_links(html)

    def by_way_of_us(anchor: re.Match[str]) -> str:
        def to_us(target: re.Match[str]) -> str:
            return f'href="{escape(links.click(message_id, unescape(target[1]), many))}"'

        return anchor.group() if UNTRACKED in anchor.group() else WEB_TARGET.sub(to_us, anchor.group())

    return _at_its_end(ANCHOR.sub(by_way_of_us, html), PICTURE.format(escape(links.opened(message_id))))


def count_links(html: str) -> int:
    """How many different web links of a mail tell clicks. Whoever follows all of them at once is no person."""
    followed = (anchor for anchor in ANCHOR.findall(html) if UNTRACKED not in anchor)
    return len({target for anchor in followed for target in WEB_TARGET.findall(anchor)})


def _at_its_end(html: str, piece: str) -> str:
    """After all that is read: mail programs cut long mails off."""
    before, end, after = html.rpartition("</body>")
    return f"{before}{piece}{end}{after}" if end else html + piece
