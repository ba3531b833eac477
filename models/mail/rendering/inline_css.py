"""Inlines the CSS of an email: many mail programs drop style sheets, none drops style attributes."""

from css_inline import CSSInliner

# Nothing is fetched: whatever a mail looks like is in its template.
_INLINER = CSSInliner(load_remote_stylesheets=False)


def inline_css(html: str) -> str:
    """The HTML with its CSS inlined. A style sheet marked data-css-inline="keep" is kept as well."""
    return _INLINER.inline(html)
