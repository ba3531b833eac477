"""Decodes bytes whose encoding nobody said, or that are not in the one that was said. Pure."""

import codecs

WESTERN = "cp1252"
"""How browsers read and send what names no encoding, by the HTML standard."""


def decode_text(raw: bytes, charset: str | None = None) -> str:
    """Text in the encoding that was said if it is that, else in UTF-8, else in Windows-1252; never an error."""
    for encoding in (charset, "utf-8-sig", WESTERN):
        if encoding and is_text_encoding(encoding):
            try:
                return raw.decode(encoding)
            except UnicodeError:
                continue
    # The five bytes that Windows-1252 leaves open are control characters, as in browsers.
    return raw.decode("latin-1")


def is_text_encoding(name: str) -> bool:
    """Whether Python decodes text by this name; `zlib` and its kind are no encodings of text."""
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False
