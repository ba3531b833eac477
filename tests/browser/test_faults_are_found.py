"""What the tests of pages look for is found where it is."""

import pytest

from tests.browser.conftest import Visit
from tests.support.axe import ONLY_COLOURS, prepare, violations
from tests.support.chromium import PHONE, badly_laid_out

PALE_IN_THE_DARK = "<style>@media (prefers-color-scheme: dark) { p { color: #777; background: #999 } }</style>"
PAGE = f"""<html lang="en"><title>x</title>{PALE_IN_THE_DARK}<main><h1>x</h1><p>Words</p>
<details><summary>More</summary><img src="data:,"></details>
<div style="width: 500px">wide</div><table><td style="width: 9px; overflow-wrap: anywhere"
><div style="width: 9px">Letter by letter</div></table></main></html>"""


@pytest.mark.usefixtures("database_url")
def test_what_people_cannot_read_or_use_is_found(visit: Visit) -> None:
    page = visit().page
    page.set_viewport_size(PHONE["viewport"])
    page.set_content(PAGE)
    prepare(page)
    assert [one.partition(":")[0] for one in violations(page)] == ["image-alt"]
    assert badly_laid_out(page) == ["one has to scroll sideways", "a letter a line: Letter by letter"]
    page.emulate_media(color_scheme="dark")
    assert [one.partition(":")[0] for one in violations(page, **ONLY_COLOURS)] == ["color-contrast"]


def test_what_a_page_asks_of_others_or_may_not_do_is_found(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/login")
    page.evaluate("document.body.innerHTML = '<img alt=x src=https://tracker.example.net/x.gif><p style=color:red>x'")
    page.wait_for_load_state("networkidle")
    found = " ".join(visitor.problems)
    assert "Content Security Policy" in found
    assert "style" in found
    visitor.problems.clear()
