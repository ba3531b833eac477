"""What a journey must not ask, as each replay would ask it again: the clock, chance, the machine, other systems."""

from enum import StrEnum


class Slip(StrEnum):
    """What kind of slip it is."""

    NOT_AWAITED = "a step that is not awaited"
    HIDES_ERRORS = "except without a kind of error"
    CLOCK = "the clock"
    CHANCE = "chance"
    OUTSIDE = "something outside"
    SLEEP = "sleep"
    SEVERAL_AT_ONCE = "several steps at once"
    SHARED = "something that all runs share"
    ORDER = "an order that varies"
    FOREIGN_AWAIT = "something awaited that is no step"
    FINALLY = "a step in finally"
    PRINTS = "something printed"


MOMENT = "gives another moment at each replay. Write `j.now`."
CHANCE = "gives another answer at each replay. Write `await j.split(...)`, or `await j.call(...)` with an activity."
AGAIN = "is done again at each replay. Put it into an activity and `await j.call(...)`."
FACT = "is asked again at each replay, when it may have changed. Write `await j.check(...)`, or ask in an activity."

NOT_REPEATABLE: dict[str, tuple[Slip, str]] = {
    **dict.fromkeys(
        ("time.sleep", "asyncio.sleep"),
        (Slip.SLEEP, "holds up every other run. Write `await j.wait(timedelta(...))`."),
    ),
    **dict.fromkeys(
        (
            *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
            *("time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter"),
            *("time.localtime", "time.gmtime", "time.strftime", "time.ctime"),
            *("pendulum.now", "pendulum.today", "arrow.now", "arrow.utcnow"),
        ),
        (Slip.CLOCK, MOMENT),
    ),
    **dict.fromkeys(
        (
            *("random", "secrets", "numpy.random", "os.urandom", "uuid.uuid1", "uuid.uuid4", "faker"),
            *("hash", "id", "os.getpid"),
        ),
        (Slip.CHANCE, CHANCE),
    ),
    **dict.fromkeys(
        (
            *("requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client", "smtplib", "socket"),
            *("subprocess", "os.system", "os.popen", "open", "input", "io.open", "tempfile", "shutil"),
            *("os.listdir", "os.scandir", "os.walk", "os.path.exists", "os.remove", "glob", "pathlib.Path.cwd"),
            *("psycopg", "asyncpg", "sqlite3", "sqlalchemy.create_engine", "sqlmodel.create_engine"),
            *("sqlalchemy.orm.Session", "sqlmodel.Session", "models.database.engine", "boto3", "redis"),
        ),
        (Slip.OUTSIDE, AGAIN),
    ),
    **dict.fromkeys(
        (
            *("os.getenv", "os.environ", "models.playbook.load", "models.playbook.current_playbook"),
            *("platform", "socket.gethostname", "os.cpu_count"),
        ),
        (Slip.OUTSIDE, FACT),
    ),
    **dict.fromkeys(
        ("asyncio.gather", "asyncio.create_task", "asyncio.ensure_future", "asyncio.wait", "asyncio.wait_for"),
        (
            Slip.SEVERAL_AT_ONCE,
            "cannot be used on steps, which are taken one after another. Await each by itself.",
        ),
    ),
    **dict.fromkeys(
        ("asyncio", "threading", "concurrent.futures", "anyio", "trio", "multiprocessing"),
        (Slip.FOREIGN_AWAIT, AGAIN),
    ),
    **dict.fromkeys(
        ("print", "logging", "structlog", "loguru", "warnings.warn"),
        (Slip.PRINTS, "is written again at each replay. Write `await j.note(...)`, which stands on the timeline once."),
    ),
}
"""Function or module -> what is wrong with calling it in a journey, and what to do instead."""

FILE_METHODS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "iterdir", "rglob"})
"""Methods that read or write a file, whatever they are called on."""

CHANGING_METHODS = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "add", "discard", "update", "setdefault", "popitem"),
        *("appendleft", "popleft", "sort", "reverse"),
    }
)
"""Methods that change a list, a set or a dictionary."""

ORDER_KEPT_BY = frozenset({"sorted", "set", "frozenset", "len", "sum", "min", "max", "any", "all"})
"""What may take a set, for its order does not matter there."""
ORDER_TAKEN_BY = frozenset({"list", "tuple", "iter", "enumerate", "dict", "zip", "map", "filter", "reversed"})
"""What makes an order of a set."""


def not_repeatable(full_name: str) -> tuple[Slip, str] | None:
    """What is wrong with `datetime.datetime.now` or anything below a module; None for what may be repeated."""
    parts = full_name.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((NOT_REPEATABLE[name] for name in names if name in NOT_REPEATABLE), None)
