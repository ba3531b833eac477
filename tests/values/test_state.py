"""States and provinces under all the names that people write for them."""

import pytest

from models.values.us_state import NAMES, PROVINCES, state_code

PRINTED = """AL Ala. | AZ Ariz. | AR Ark. | CA Calif. | CO Colo. | CT Conn. | DE Del. | DC D.C. | FL Fla. | GA Ga.
| IL Ill. | IN Ind. | KS Kan. | KY Ky. | LA La. | ME Me. | MD Md. | MA Mass. | MI Mich. | MN Minn. | MS Miss. | MO Mo.
| MT Mont.
| NE Neb. | NV Nev. | NH N.H. | NJ N.J. | NM N.M. | NY N.Y. | NC N.C. | ND N.D. | OK Okla. | OR Ore. | PA Pa. | RI R.I.
| SC S.C. | SD S.D. | TN Tenn. | TX Tex. | VT Vt. | VA Va. | WA Wash. | WV W.Va. | WI Wis. | WY Wyo. | DC Wash. D.C.
| NY N. Y. | DC Washington, D.C. | OR Oreg. | PA Penn. | NE Nebr. | KS Kans. | WI Wisc. | ME State of Maine"""


@pytest.mark.parametrize("line", [line.strip() for line in PRINTED.split("|")])
def test_states_are_known_as_print_and_people_abbreviate_them(line: str) -> None:
    code, _, written = line.partition(" ")
    assert state_code(written) == state_code(written.lower()) == state_code(written.upper()) == code


@pytest.mark.parametrize("code", NAMES)
def test_states_are_known_by_code_and_name(code: str) -> None:
    assert state_code(code) == state_code(NAMES[code].lower()) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("Ont.", "ON"), ("ontario", "ON"), ("Qué.", "QC"), ("Québec", "QC"), ("P.E.I.", "PE"), ("B.C.", "BC")),
        *(("Nouvelle-Écosse", "NS"), ("Alta.", "AB"), ("Sask", "SK"), ("NWT", "NT"), ("Man.", "MB"), ("Nfld.", "NL")),
    ],
)
def test_provinces_are_those_of_canada_where_the_country_is(written: str, code: str) -> None:
    assert state_code(written, "CA") == code
    assert code in PROVINCES


@pytest.mark.parametrize("written", ["", "Bavaria", "Ontario", "N", "York", "Select", "California Dreaming"])
def test_what_is_no_state_is_none(written: str) -> None:
    assert state_code(written) is None
