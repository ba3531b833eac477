"""The local mailbox, as somebody with a browser reads it."""

from urllib.parse import urlencode

from tests.support.chromium import Visitor


def link_in_mail(reader: Visitor, receiver: str, *, to: str) -> str:
    """Open the newest mail to an address in the mailbox; gives the first link in it that leads to such a page."""
    page = reader.open(f"/mailbox?{urlencode({'q': receiver})}")
    page.locator("main td a").first.click()
    link = page.frame_locator("iframe").locator(f"a[href*='{to}']").first
    return link.get_attribute("href") or ""
