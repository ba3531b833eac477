"""The states of the USA and provinces of Canada: `california`, `Calif.` and `CA` are one place to rules and routers."""

NAMES = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "DC": "District of Columbia",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "PR": "Puerto Rico",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
}
TRADITIONAL = {
    "AL": "Ala",
    "AZ": "Ariz",
    "AR": "Ark",
    "CA": "Calif, Cal, Cali",
    "CO": "Colo, Col",
    "CT": "Conn",
    "DE": "Del",
    "DC": "Wash DC, Washington DC",
    "FL": "Fla",
    "HI": "Haw",
    "ID": "Ida",
    "IL": "Ill",
    "IN": "Ind",
    "KS": "Kan, Kans, Kas",
    "KY": "Ken",
    "MA": "Mass, Commonwealth of Massachusetts",
    "MI": "Mich",
    "MN": "Minn",
    "MS": "Miss",
    "MT": "Mont",
    "NE": "Neb, Nebr",
    "NV": "Nev",
    "NH": "N Hamp",
    "NJ": "N Jersey",
    "NM": "N Mex, New Mex",
    "NY": "N York, New York State, NYS",
    "NC": "N Car, No Carolina",
    "ND": "N Dak, No Dak",
    "OK": "Okla",
    "OR": "Ore, Oreg",
    "PA": "Penn, Penna, Commonwealth of Pennsylvania",
    "RI": "Rhode Isl",
    "SC": "S Car, So Carolina",
    "SD": "S Dak, So Dak",
    "TN": "Tenn",
    "TX": "Tex",
    "VA": "Commonwealth of Virginia",
    "WA": "Wash, Washington State",
    "WV": "W Va, West Va",
    "WI": "Wis, Wisc",
    "WY": "Wyo",
}
"""How states are abbreviated in print and by hand (AP, the Government Publishing Office), without full stops."""
CODES = {
    "".join(spelling.lower().split()): code
    for code, name in NAMES.items()
    for spelling in (code, name, f"state of {name}", *TRADITIONAL.get(code, "").split(", "))
    if spelling
}
PROVINCES = {
    "AB": "Alberta, Alta, Alb",
    "BC": "British Columbia, Colombie-Britannique, C-B",
    "MB": "Manitoba, Man",
    "NB": "New Brunswick, Nouveau-Brunswick, N-B",
    "NL": "Newfoundland and Labrador, Newfoundland & Labrador, Newfoundland, Labrador, Nfld, Terre-Neuve-et-Labrador",
    "NS": "Nova Scotia, Nouvelle-Écosse, N-É, Nouvelle-Ecosse",
    "NT": "Northwest Territories, NWT, Territoires du Nord-Ouest, T N-O",
    "NU": "Nunavut, Nun",
    "ON": "Ontario, Ont",
    "PE": "Prince Edward Island, PEI, Île-du-Prince-Édouard, Ile-du-Prince-Edouard",
    "QC": "Quebec, Québec, Que, Qué, PQ",
    "SK": "Saskatchewan, Sask",
    "YT": "Yukon, Yukon Territory, Yuk",
}
"""Provinces and territories of Canada in English and French, and how they are abbreviated."""
PROVINCE_CODES = {
    "".join(spelling.lower().split()): code
    for code, names in PROVINCES.items()
    for spelling in (code, *names.split(", "))
}


def state_code(text: str, country: str = "US") -> str | None:
    """The two letters of a state given by name, code or abbreviation, in any case: `N.Y.`, `Calif.`, `Wash. D.C.`

    In Canada, `country` CA, those of a province; None when it is none of them.
    """
    word = "".join(text.lower().replace(".", " ").replace(",", " ").split())
    return (PROVINCE_CODES if country == "CA" else CODES).get(word)
