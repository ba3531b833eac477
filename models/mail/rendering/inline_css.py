"""Writes a mail's style sheet into its tags: many mail programs drop the sheet, none drops what stands in a tag."""

from css_inline import CSSInliner

# Nothing is fetched: whatever a mail looks like is in its template.
_INLINER = CSSInliner(load_remote_stylesheets=False)


def inlined(html: str) -> str:
    """The same page with its looks in the tags. A sheet marked data-css-inline="keep" stays as well."""
    return _INLINER.inline(html)
