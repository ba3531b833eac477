"""Builds the URLs in an email: pages of the company's site, task and work list, unsubscribe, tracked links and the open
pixel.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from urllib.parse import urljoin

from models.access import token
from models.access.work_link import TaskLink
from models.mail.reply_address import reply_address

DEFAULT_WEB_URL = "http://127.0.0.1:8000"
ANCHOR = re.compile(r"<a\b[^>]*>")
WEB_TARGET = re.compile(r'\bhref="(https?://[^"]+)"')
# SendGrid's own attribute for a link that it shall leave alone; said once, both kinds of tracking keep to it.
UNTRACKED = 'clicktracking="off"'
# Nothing to see or to read aloud.
PIXEL = '<img src="{}" width="1" height="1" alt="">'


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

    def task(self, link: TaskLink) -> str:
        """The page of a task, for whoever it is sent to."""
        return f"{self.web_url}/tasks/{self.sign('task', link.value)}"

    def work_list(self, assignee: str) -> str:
        """The open tasks of whoever is no salesperson."""
        return f"{self.web_url}/worklist/{self.sign('work list', assignee)}"

    def my_work(self, rep_id: int, link_number: int) -> str:
        """The standing page of a salesperson."""
        return f"{self.web_url}/work/{self.sign('work', [rep_id, link_number])}"

    def unsubscribe(self, contact_id: int) -> str:
        return f"{self.web_url}/unsubscribe/{self.sign('unsubscribe', contact_id)}"

    def reply(self, message_id: int, domain: str) -> str:
        """An address of ours that tells which message is replied to."""
        return reply_address(message_id, domain)

    def tracked_link(self, message_id: int, url: str, links: int) -> str:
        """A tracked link: redirects to `url` and records the click.

        `links` is how many links the message has, for detecting bots.
        """
        return f"{self.web_url}/c/{self.sign('click', [message_id, url, links])}"

    def pixel(self, message_id: int) -> str:
        """The URL of the tracking pixel, which records that this message was opened."""
        return f"{self.web_url}/o/{self.sign('open', message_id)}.gif"


def web_url() -> str:
    """Where people reach our pages: TEND_WEB_URL, without a slash at its end."""
    return os.environ.get("TEND_WEB_URL", DEFAULT_WEB_URL).rstrip("/")


def links_to(website: str) -> Links:
    """Links as this installation serves them, signed with its key."""
    return Links(web_url(), website, token.sign_token)


def add_tracking(html: str, links: Links, message_id: int) -> str:
    """Adds open and click tracking to the HTML of an email; links marked untracked stay as they are."""
    link_count = count_links(html)

    def rewrite_anchor(anchor: re.Match[str]) -> str:
        def rewrite_target(target: re.Match[str]) -> str:
            return f'href="{escape(links.tracked_link(message_id, unescape(target[1]), link_count))}"'

        return anchor.group() if UNTRACKED in anchor.group() else WEB_TARGET.sub(rewrite_target, anchor.group())

    return _append_to_body(ANCHOR.sub(rewrite_anchor, html), PIXEL.format(escape(links.pixel(message_id))))


def count_links(html: str) -> int:
    """How many different tracked links the email has. Whoever follows all of them at once is a bot."""
    followed = (anchor for anchor in ANCHOR.findall(html) if UNTRACKED not in anchor)
    return len({target for anchor in followed for target in WEB_TARGET.findall(anchor)})


def _append_to_body(html: str, piece: str) -> str:
    """After all that is read: mail programs cut long mails off."""
    before, end, after = html.rpartition("</body>")
    return f"{before}{piece}{end}{after}" if end else html + piece
