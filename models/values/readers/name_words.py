"""Words that stand beside names in a dozen languages and more: titles, suffixes, forms of companies, fillers."""

TITLES = frozenset(
    (
        # English
        *("mr", "mrs", "ms", "miss", "mx", "dr", "doctor", "prof", "professor", "rev", "reverend", "mister", "madam"),
        *(
            "ma'am",
            "capt",
            "captain",
            "col",
            "colonel",
            "gen",
            "lt",
            "sgt",
            "sergeant",
            "maj",
            "cmdr",
            "adm",
            "cpl",
            "pvt",
        ),
        *(
            "hon",
            "honorable",
            "honourable",
            "rt",
            "sir",
            "dame",
            "esq",
            "atty",
            "rabbi",
            "pastor",
            "msgr",
            "mssrs",
            "messrs",
            "mesdames",
        ),
        # German, Dutch, Scandinavian, Finnish
        *("herr", "herrn", "frau", "fräulein", "hr", "dipl", "dipl-ing", "dipl-kfm"),
        *("ing", "mag", "med", "rer", "nat"),
        *("phil", "jur", "habil", "hc", "pd", "dent", "vet", "dhr", "mevr", "mw", "mevrouw", "heer", "drs", "ir"),
        *("fru", "frk", "fröken", "frøken", "herra", "rouva", "neiti"),
        # French, Spanish, Catalan, Italian, Portuguese, Romanian
        *("mme", "mlle", "mmes", "monsieur", "madame", "mademoiselle", "docteur", "maître", "mgr"),
        *("sr", "sra", "srta", "señor", "señora", "señorita", "senor", "senora", "doña", "dña", "lic", "arq", "dra"),
        *("profa", "sig", "sigra", "signor", "signora", "signorina", "dott", "dottssa", "dottoressa", "avv", "geom"),
        *("rag", "senhor", "senhora", "eng", "engª", "domnul", "doamna", "dl", "dna"),
        # Polish, Czech, Slovak, Russian, Ukrainian, Greek, Turkish
        *("pani", "paní", "inż", "mudr", "judr", "mvdr", "phdr", "rndr", "bc", "doc"),
        *("г-н", "г-жа", "господин", "госпожа", "пан", "пані", "κ", "κος", "κα", "κυρία", "κύριος"),
        *("sayın", "sn", "bayan"),
        # South and South-East Asia, Arabic
        *("shri", "shrimati", "smt", "kumari", "bapak", "ibu", "datuk", "dato", "datin", "encik", "puan", "tuan"),
        *("sheikh", "shaikh", "sheikha", "ustad", "ustaz", "السيد", "السيدة", "الدكتور", "د"),
    )
)
"""What stands before a name, in small letters without full stops."""
DOUBTFUL_TITLES = frozenset(
    ("don", "pan", "bay", "sri", "lady", "lord", "major", "fr", "m", "me", "d", "p", "pak", "bu")
)
"""Titles that are names or initials too: they count with a full stop behind, or before two more words."""

SUFFIXES = frozenset(
    (
        *("jr", "jnr", "jun", "junior", "sr", "snr", "sen", "senior", "ii", "iii", "iv", "2nd", "3rd", "4th", "esq"),
        *(
            "esquire",
            "md",
            "phd",
            "dphil",
            "edd",
            "psyd",
            "dds",
            "dmd",
            "dvm",
            "jd",
            "llm",
            "llb",
            "mba",
            "emba",
            "cpa",
        ),
        *(
            "cfa",
            "pmp",
            "rn",
            "fnp",
            "lcsw",
            "lmft",
            "obe",
            "mbe",
            "cbe",
            "kbe",
            "qc",
            "kc",
            "bsc",
            "msc",
            "meng",
            "beng",
        ),
        *("pharmd", "frcs", "mrcp", "facs", "cissp", "shrm-cp", "sphr", "phr", "ret", "usn", "usmc", "usaf"),
        *("fils", "père", "hijo", "filho", "neto", "sobrinho"),
    )
)
"""What stands behind a name, in small letters without full stops."""
COMMA_SUFFIXES = frozenset(("do", "dc", "od", "pa", "np", "pe", "ba", "bs", "ma", "ms", "v", "vi", "pt", "ra", "aia"))
"""Suffixes that are words or names too: they count behind a comma only."""
SUFFIXES_IN_LATIN = frozenset(("fils", "père", "hijo", "filho", "neto", "sobrinho"))
"""Of these, what people count to their family name where no comma stands before."""
HONORIFIC_ENDINGS = frozenset(
    ("dr", "san", "sama", "ji", "bey", "hanım", "hanim", "様", "さん", "님", "先生", "女士", "小姐")
)
"""Titles behind a name; a hyphen or space is before them."""

LEGAL_FORMS = frozenset(
    (
        *(
            "inc",
            "incorporated",
            "llc",
            "llp",
            "lllp",
            "pllc",
            "ltd",
            "limited",
            "corp",
            "corporation",
            "plc",
            "pty",
            "pte",
        ),
        *(
            "pvt",
            "bhd",
            "gmbh",
            "mbh",
            "ug",
            "ohg",
            "ggmbh",
            "kgaa",
            "eg",
            "sarl",
            "sas",
            "sasu",
            "eurl",
            "srl",
            "srls",
            "spa",
        ),
        *(
            "bv",
            "nv",
            "vof",
            "aps",
            "oyj",
            "sro",
            "kft",
            "zrt",
            "nyrt",
            "doo",
            "dooel",
            "eood",
            "ood",
            "ooo",
            "ооо",
            "зао",
        ),
        *(
            "оао",
            "пао",
            "тов",
            "sia",
            "uab",
            "ltda",
            "lda",
            "eireli",
            "kk",
            "株式会社",
            "有限会社",
            "有限公司",
            "sicav",
            "scs",
        ),
        *(
            "sl",
            "slu",
            "sau",
            "spzoo",
            "zoo",
            "ehf",
            "fze",
            "fzco",
            "wll",
            "tbk",
            "as",
            "ab",
            "ag",
            "kg",
            "sa",
            "oy",
            "se",
        ),
        *("a/s", "i/s", "k/s", "co", "lp", "pc"),
    )
)
"""What makes a word before it a company, in small letters without full stops."""
DOUBTFUL_LEGAL_FORMS = frozenset(
    (
        *("as", "ab", "ag", "kg", "sa", "se", "co", "lp", "pc", "eg", "sl", "ug", "spa", "zoo", "kk", "sia"),
        *("bv", "nv", "тов"),
    )
)
"""Legal forms that are names or words too: they count in capitals or with a full stop, if not all is in capitals."""
COMPANY_WORDS = frozenset(
    (
        *(
            "group",
            "holding",
            "holdings",
            "solutions",
            "services",
            "consulting",
            "consultants",
            "technologies",
            "systems",
        ),
        *("software", "industries", "enterprises", "associates", "agency", "university", "foundation", "institute"),
        *(
            "department",
            "ministry",
            "committee",
            "association",
            "logistics",
            "properties",
            "ventures",
            "capital",
            "labs",
        ),
        *("gruppe", "stiftung", "verein", "universität", "université", "universidad", "università", "stichting"),
        *("company", "clinic", "hospital", "restaurant", "hotel"),
    )
)
"""Last words of companies that are nobody's family name."""
JOB_WORDS = frozenset(
    (
        *("ceo", "cto", "cfo", "coo", "cmo", "cio", "vp", "svp", "evp", "founder", "owner", "director", "manager"),
        *("president", "partner", "engineer", "head", "chief", "sales", "marketing", "geschäftsführer", "inhaber"),
    )
)
"""Words of a job title, which people write behind their name."""

FILLERS = frozenset(
    (
        *(
            "test",
            "tester",
            "testing",
            "testuser",
            "test1",
            "asdf",
            "asd",
            "asdfg",
            "asdfgh",
            "qwer",
            "qwerty",
            "qwertz",
        ),
        *(
            "foo",
            "bar",
            "foobar",
            "xxx",
            "abc",
            "abcd",
            "aaa",
            "blah",
            "user",
            "username",
            "name",
            "firstname",
            "lastname",
        ),
        *("surname", "fname", "lname", "fullname", "dummy", "fake", "anonymous"),
        *("anon", "unknown", "nobody", "noname"),
        *("customer", "client", "guest", "visitor", "admin", "administrator"),
        *("info", "office", "webmaster", "noreply", "reception", "receptionist", "accounting", "helpdesk", "secretary"),
        *("n/a", "na", "tbd", "tba", "nil", "undefined", "nan", "prueba", "essai", "vorname", "nachname", "nombre"),
        *("apellido", "prénom", "nom", "xyz", "first", "last", "sdf", "dfg", "fgh", "ghj", "hjk", "jkl", "sdfg"),
    )
)
"""What is typed in place of a name. `Null` and `None` are not here: some people are called so."""
SENTENCE_WORDS = frozenset(
    (
        *(
            "please",
            "want",
            "need",
            "the",
            "is",
            "are",
            "you",
            "your",
            "my",
            "our",
            "this",
            "that",
            "with",
            "for",
            "click",
        ),
        *("here", "call", "would", "like", "have", "has", "we", "they", "not", "about", "from", "how", "what", "why"),
        *("bitte", "ich", "wir", "ist", "für", "mein", "je", "vous", "nous", "pour", "quiero", "para", "vorrei"),
        *("me", "it", "get", "money", "bitcoin", "crypto", "promo", "won", "congratulations", "prize", "хочу"),
    )
)
"""Words of sentences; one of them among three words or more is no name."""

PARTICLES = frozenset(
    (
        *(
            "van",
            "von",
            "der",
            "den",
            "de",
            "del",
            "della",
            "di",
            "da",
            "do",
            "dos",
            "das",
            "du",
            "des",
            "la",
            "le",
            "ter",
        ),
        *(
            "ten",
            "te",
            "zu",
            "zur",
            "zum",
            "vom",
            "af",
            "av",
            "bin",
            "ibn",
            "bint",
            "al",
            "el",
            "e",
            "y",
            "i",
            "und",
            "degli",
        ),
        *("d'", "'t", "op", "het", "in", "aan", "uit", "lo"),
    )
)
"""Words inside family names that are written small."""
JOINED_TO_NEXT = frozenset(("abd", "abdul", "abdel", "abdal", "abdur", "abu", "umm", "ould", "ait"))
"""First words that are no name without the one behind them."""
FAMILY_NAME_FIRST = frozenset(("HU", "VN", "CN", "JP", "KR", "TW", "HK", "MO", "KH", "MN", "SG"))
"""Countries where many write their family name first, so that the order says nothing by itself."""
FAMILY_NAMES = frozenset(
    (
        *("nguyen", "nguyễn", "tran", "trần", "pham", "phạm", "huynh", "huỳnh", "hoang", "hoàng", "phan", "vu", "vũ"),
        *("dang", "đặng", "bui", "bùi", "wang", "zhang", "chen", "liu", "huang", "zhao", "zhou", "xu", "zhu", "guo"),
        *("tanaka", "suzuki", "sato", "takahashi", "watanabe", "yamamoto", "nakamura", "kobayashi"),
    )
)
"""Frequent family names of these countries that are hardly ever given names."""
