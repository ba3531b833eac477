"""The encodings in which Excel saves a plain CSV file, by the country that it is set to. Pure."""

import codecs

from models.values.charset import WESTERN

CODE_PAGES = {
    **dict.fromkeys(["PL", "CZ", "SK", "HU", "SI", "HR", "RO", "AL", "BA", "RS", "ME"], "cp1250"),
    **dict.fromkeys(["RU", "UA", "BY", "BG", "MK", "KZ", "KG"], "cp1251"),
    **dict.fromkeys(["GR", "CY"], "cp1253"),
    **dict.fromkeys(["TR", "AZ"], "cp1254"),
    "IL": "cp1255",
    **dict.fromkeys(
        ["AE", "BH", "DZ", "EG", "IQ", "JO", "KW", "LB", "LY", "MA", "OM", "PK", "QA", "SA", "SY", "TN", "YE", "IR"],
        "cp1256",
    ),
    **dict.fromkeys(["EE", "LV", "LT"], "cp1257"),
    "VN": "cp1258",
    "TH": "cp874",
    "JP": "cp932",
    "CN": "gb18030",
    "KR": "cp949",
    **dict.fromkeys(["TW", "HK"], "cp950"),
}
"""The ANSI code page of Windows in a country; Windows-1252 elsewhere, as in Western Europe and the Americas."""
OF_SEVERAL_BYTES = {"cp932", "gb18030", "cp949", "cp950"}


def code_page_of(country: str) -> str:
    """The Python name of the encoding in which Excel saves CSV in a country (two letters)."""
    return CODE_PAGES.get(country.upper(), WESTERN)


def code_page_name(code_page: str) -> str:
    """As people know it: Windows-1252."""
    return code_page.replace("cp", "Windows-").replace("gb", "GB ")


def bytes_by(code_page: str) -> str:
    """The name of an error handler of codecs that reads bytes which are no UTF-8 by a code page, each by itself.

    So a file that is UTF-8 in part, as files are that were put together, is read right in each part.
    """
    name = f"tend-{code_page}"

    def handle(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        found = bytes(error.object[error.start : error.end])
        try:
            return found.decode(code_page), error.end
        except UnicodeDecodeError:
            return found.decode("latin-1"), error.end

    codecs.register_error(name, handle)
    return name
