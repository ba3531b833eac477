"""First names and what their bearers are called, in languages other than English, which the library `nicknames` has."""

GROUPS = (
    # German
    *("johannes hans hannes johann jan", "josef joseph sepp beppo jupp", "ulrich uli ulli", "friedrich fritz fred"),
    *("heinrich heinz heiner", "wilhelm willi willy", "georg schorsch jorg", "matthias hias matze", "sebastian basti"),
    *("katharina kathi kati katrin", "elisabeth liesl lisa sissi elsbeth", "margarete gretel grete greta margit"),
    *("susanne susi sanne", "christoph chris stoffel", "andreas andi andy", "michael michi michel", "stefan steffen"),
    *("theresa resi", "alexander alex sascha", "alexandra alex sandra", "maximilian max maxi", "eberhard hardy"),
    # Spanish and Portuguese
    *("jose pepe joseito ze zeca", "francisco paco pancho curro chico", "ignacio nacho inaki", "manuel manolo manu"),
    *("enrique quique kike", "dolores lola", "guadalupe lupe", "rosario charo", "concepcion concha conchita"),
    *("jesus chus chuy", "antonio tono toni tony", "eduardo edu lalo", "alejandro alex jano", "guillermo memo guille"),
    *("joao joaozinho", "luis lucho luisito", "rafael rafa", "roberto beto", "carlos carlitos calin", "pilar pili"),
    *("mercedes merche", "isabel isa chabela", "teresa tere", "maria mari marita", "beatriz bea", "javier javi"),
    # French
    *("emmanuel manu", "jean jeannot", "pierre pierrot", "frederic fred", "nathalie nat", "veronique vero"),
    *("dominique dom domi", "philippe phil", "christophe chris", "stephane steph", "sebastien seb", "benedicte bene"),
    # Italian
    *("giuseppe beppe peppe pino", "luigi gigi gino", "francesco franco ciccio", "giovanni gianni nanni vanni"),
    *("vincenzo enzo", "lorenzo enzo renzo", "antonio toni tonino", "salvatore turi toto", "elisabetta betta elisa"),
    # Dutch and Nordic
    *(
        "cornelis kees cor",
        "johannes jan hans joop",
        "wilhelmus wim willem",
        "hendrik henk rik",
        "gerardus gerard gert",
    ),
    *("pieter piet", "jacobus jaap koos", "antonius ton toon anton", "karl kalle", "lars lasse", "anders andy"),
    # Slavic
    *("aleksandr alexander alexandr sasha sascha shura", "mikhail misha michail", "dmitri dmitry dima mitya"),
    *("vladimir vova volodya", "ivan vanya", "nikolai kolya", "sergei sergey seryozha", "yekaterina ekaterina katya"),
    *("maria masha", "anastasia nastya", "tatiana tanya", "natalia natasha", "yevgeny evgeny zhenya", "elena lena"),
    *("katarzyna kasia", "malgorzata gosia", "agnieszka aga", "krzysztof krzysiek", "piotr piotrek", "jan janek"),
    *("tomasz tomek", "andrzej jedrek", "stanislaw staszek", "wojciech wojtek", "zuzana zuzka", "jiri jirka"),
    # Greek, Hungarian, Turkish, Indian
    *(
        "georgios giorgos george yorgos",
        "ioannis yannis giannis john",
        "konstantinos kostas costas",
        "dimitrios dimitris",
    ),
    *("laszlo laci", "istvan pista", "ferenc feri", "jozsef joska", "mehmet memo", "subramaniam subbu mani"),
    *("venkatesh venkat venky", "rajendra raj rajesh", "krishnamurthy krishna kris", "muhammad mohammed mohamed md"),
    *("mohammad muhammad mohammed mohd",),
)
"""Each text: a name and those that its bearers go by, without accents."""


def _by_name() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in GROUPS:
        names = group.split()
        for name in names:
            found.setdefault(name, set()).update(names)
    return {name: frozenset(names) for name, names in found.items()}


FOREIGN_NICKNAMES = _by_name()
"""Name -> all that stand in a group with it."""
