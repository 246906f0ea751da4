"""Who is a user, and how users are counted (§1.1, §6.2)."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, Final

from sessionstats.testing.bugs.bug import Bug, Variant, bug, defined
from sessionstats.testing.model.aggregates import kind, of_users, user_counts, users
from sessionstats.testing.model.definitions import Definitions
from sessionstats.testing.model.ordering import Group
from sessionstats.testing.model.question import Question, total
from sessionstats.testing.model.rows import NIL_USERS, Row, user_text

USERS: Final = "count_unique(user)"
"""The field that counts users."""

MISSING_TEXTS: Final = ("None", "null", "nan", "NaN", "undefined", "anonymous", "unknown")
"""What a missing value becomes where it is written as text."""

NOBODY: Final = "(no user)"
"""A name that no user has."""

NA_TEXTS: Final = frozenset(
    ["#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
     "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
)  # fmt: skip
"""The texts that pandas reads as missing."""

PROTOTYPE: Final = frozenset(
    ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "toLocaleString",
     "propertyIsEnumerable", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"]
)  # fmt: skip
"""The names that every plain object of JavaScript has."""


def person_as(change: Callable[[str], Hashable], detail: str = "") -> Variant:
    """A variant that identifies users by another text; `None` is nobody."""
    return defined(detail, person=lambda row: change(row.user) if row.user else None)


def form(name: Any) -> Callable[[str], str]:
    """A Unicode normalisation."""
    return lambda text: unicodedata.normalize(name, text)


def unaccented(text: str) -> str:
    """A text without accents."""
    return "".join(each for each in form("NFD")(text) if not unicodedata.combining(each))


def read_as(change: Callable[[str | int | None], str | None], detail: str = "") -> Variant:
    """A variant that reads the id of a user differently; `None` leaves it to the semantics."""

    def user(value: str | int | None) -> str:
        text = change(value)
        return user_text(value) if text is None else text

    return defined(detail, user=user)


def numeric(text: str) -> float | str:
    """A text as a number, where it is one."""
    try:
        return float(text)
    except ValueError:
        return text


def number_or_nan(text: str) -> float | str:
    """A text as the number that JavaScript makes of it; "NaN" where it makes none."""
    value = numeric(text.strip() or "0")
    return "NaN" if isinstance(value, str) or math.isnan(value) else value


def number_or_none(text: str) -> float | None:
    """The same, except that anything but a number is nobody."""
    value = number_or_nan(text)
    return None if isinstance(value, str) else value


def of_integers(change: Callable[[int], str]) -> Variant:
    """A variant that reads ids given as numbers differently."""
    return read_as(lambda value: change(value) if type(value) is int else None)


def nobody_if(name: str) -> Callable[[str], str | None]:
    """Reads one name as nobody."""
    return lambda text: None if text == name else text


def missing_as(text: str, *missing: object) -> Callable[[str | int | None], str | None]:
    """Reads some values as a text; whatever else means no user stays nobody."""
    return lambda value: text if value in missing else None


def by_class(change: Callable[[dict[str, int]], dict[str, int]], detail: str = "") -> Variant:
    """A variant with other counts of users by class."""
    return defined(detail, user_counts=lambda d, sessions: change(user_counts(d, sessions)))


def of_class(d: Definitions, sessions: list[Row], *classes: str) -> int:
    """Users with a session of some classes."""
    return users(d, [session for session in sessions if d.health(session) in classes])


def as_sets(*names: str) -> Variant:
    """A variant that counts the users of some classes directly."""

    def counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
        return user_counts(d, sessions) | {name: of_class(d, sessions, name) for name in names}

    return defined(f"{' and '.join(names)} users counted directly", user_counts=counts)


WORST: Final = ("crashed", "abnormal", "unhandled", "errored", "healthy")
"""The classes, the worst first."""


def by_worst(order: tuple[str, ...]) -> Variant:
    """A variant that gives every user one class only, that of the worst session."""

    def counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
        worst: dict[Hashable, int] = {}
        for session in sessions:
            who = d.person(session)
            if who is not None:
                place = order.index(d.health(session))
                worst[who] = min(place, worst.get(who, place))
        found = Counter(order[place] for place in worst.values())
        return {"all": len(worst), **{name: found[name] for name in order}}

    return defined("every user in the class of the worst session", user_counts=counts)


def all_without(*classes: str) -> Variant:
    """A variant whose unhealthy users lack some classes."""

    def counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
        right = user_counts(d, sessions)
        kept = [name for name in WORST[:-1] if name not in classes]
        unhealthy = of_class(d, sessions, *kept)
        rest = unhealthy - right["crashed"] - right["abnormal"] - right["unhandled"]
        return right | {"errored": max(0, rest), "healthy": max(0, right["all"] - unhealthy)}

    return defined(f"{' and '.join(classes)} left out", user_counts=counts)


def errored_holding(*classes: str) -> Variant:
    """A variant whose errored users still hold those of other classes."""

    def counts(d: Definitions, sessions: list[Row]) -> dict[str, int]:
        right = user_counts(d, sessions)
        unhealthy = of_class(d, sessions, *WORST[:-1])
        rest = [name for name in ("crashed", "abnormal", "unhandled") if name not in classes]
        return right | {"errored": max(0, unhealthy - sum(right[name] for name in rest))}

    return defined(f"{' and '.join(classes)} not subtracted", user_counts=counts)


def unclamped(d: Definitions, sessions: list[Row]) -> dict[str, int]:
    """Counts of users that may go below zero."""
    right = user_counts(d, sessions)
    unhealthy = of_class(d, sessions, *WORST[:-1])
    return right | {
        "errored": unhealthy - right["crashed"] - right["abnormal"] - right["unhandled"],
        "healthy": right["all"] - unhealthy,
    }


def total_of(combine: Callable[[list[Any]], Any], applies: Callable[[str], bool]) -> tuple[Variant, Variant]:
    """Variants whose totals are combined from the buckets; the right or the wrong totals rank."""

    def wrong(question: Question, group: Group, field: str) -> Any:
        if not applies(field):
            return total(question, group, field)
        values = [value for value in question.definitions.series(question, group, field) if value is not None]
        return combine(values) if values else total(question, group, field)

    return defined(total=wrong), defined("which also rank the groups", total=wrong, rank_total=wrong)


def is_users(field: str) -> bool:
    """Whether a field is a count of users."""
    return field == USERS


def quantities(d: Definitions, sessions: list[Row]) -> dict[str, int]:
    """Sessions with a user, by class."""
    counts = dict.fromkeys(("all", *WORST), 0)
    for session in sessions:
        if d.person(session) is not None:
            counts["all"] += session.quantity
            counts[d.health(session)] += session.quantity
    return counts


def rates_of_buckets(question: Question, group: Group, field: str) -> Any:
    """The total of a rate of users from counts summed over the buckets."""
    d, within = question.definitions, question.window
    if kind(field) != "rate" or not of_users(field) or "_rate(user)" not in field:
        return total(question, group, field)
    buckets: list[list[Row]] = [[] for _ in within.buckets]
    for session in group.sessions:
        at = d.bucket(within, session.started)
        if at is not None:
            buckets[at].append(session)
    sums: Counter[str] = Counter()
    for sessions in buckets:
        sums.update(d.user_counts(d, sessions))
    if not sums["all"]:
        return None
    name = field.partition("(")[0].removesuffix("_rate")
    crashed = sums["crashed"] / sums["all"]
    return 1 - crashed if name == "crash_free" else crashed if name == "crash" else sums[name] / sums["all"]


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "nil-user-counted", "1.1", "The nil user is counted",
        "The nil UUID means no user: counted, it would make all anonymous sessions one very active user.",
        read_as(lambda value: value if value in NIL_USERS else None),
        read_as(lambda value: value if value == "0" * 32 else None, "written without dashes"),
        read_as(
            lambda value: value if value in NIL_USERS and "-" in str(value) else None,
            "written with dashes",
        ),
        reports=["getsentry/relay#1104"],
    ),
    bug(
        "empty-user-counted", "1.1", "The empty user is counted",
        "An empty id means no user.",
        read_as(lambda value: "(empty)" if value == "" else None),
        reports=["PostHog/posthog#876"],
    ),
    bug(
        "falsy-users-dropped", "1.1", "The user 0 counts as nobody",
        'The integer 0 is the user "0"; only an empty, missing or nil id is nobody.',
        read_as(lambda value: "" if type(value) is int and value == 0 else None, "the integer 0"),
        read_as(lambda value: "" if value in (0, "0") else None, 'the integer 0 and the text "0"'),
    ),
    bug(
        "integer-users-differ", "1.1", "An integer user and its decimal text are two users",
        "An id given as a number is the same user as its decimal text.",
        of_integers(lambda value: f"int:{value}"),
        of_integers(lambda value: f"{value}.0"),
    ),
    bug(
        "integer-users-dropped", "1.1", "Users whose id is a number are dropped",
        "An id may be a number: it stands for its decimal text.",
        of_integers(lambda value: ""),
    ),
    bug(
        "users-through-floats", "1.1", "Users are compared as binary64 numbers",
        'Ids are opaque: 7, "7" and 9007199254740993 are texts, and "07" is not the same user as "7".',
        of_integers(lambda value: str(int(float(value)))),
        person_as(numeric, "texts that are numbers included"),
        person_as(number_or_nan, "anything but a number being one user"),
        person_as(number_or_none, "anything but a number being nobody"),
        person_as(lambda text: int(text) if text.isdecimal() else text, "leading zeros lost"),
    ),
    bug(
        "user-ids-normalized", "1.1", "Users are compared regardless of case, space, accents or Unicode form",
        "Ids are opaque: those that differ in case, space or form are different users.",
        person_as(str.lower, "case"),
        person_as(str.strip, "space at the ends"),
        person_as(str.rstrip, "space at the end"),
        person_as(lambda text: text.strip().lower(), "case and space"),
        person_as(form("NFC"), "form: NFC"),
        person_as(form("NFKC"), "form: NFKC"),
        person_as(lambda text: form("NFC")(text).lower(), "case and form"),
        person_as(unaccented, "accents"),
        person_as(lambda text: unaccented(text).lower(), "case and accents"),
        person_as(lambda text: text.encode("ascii", "ignore").decode() or None, "all but ASCII"),
        person_as(lambda text: text.replace("-", ""), "dashes"),
        person_as(lambda text: text.strip() or None, "space, and nobody if nothing is left"),
    ),
    bug(
        "na-users-dropped", "1.1", 'Users such as "null" or "NA" count as missing',
        "Ids are opaque texts: only an empty, missing or nil id is nobody.",
        person_as(lambda text: None if text in NA_TEXTS else text, "every text that pandas reads as missing"),
        *(person_as(nobody_if(na), f'"{na}"') for na in MISSING_TEXTS),
        person_as(lambda text: None if text.lower() in ("null", "none", "nan") else text, "in any case"),
    ),
    bug(
        "prototype-users-dropped", "6.2", 'Users such as "constructor" are not counted',
        "A plain JavaScript object has names of its own: counting users needs a Set or a Map.",
        person_as(lambda text: None if text in PROTOTYPE else text),
        person_as(lambda text: None if text == "__proto__" else text, 'only "__proto__"'),
    ),
    bug(
        "no-user-counted", "6.2", "Sessions without a user count as users",
        "Sessions without a user add no user: neither one for all of them nor one for each.",
        defined("one for all", person=lambda row: row.user),
        defined("one for each", person=lambda row: row.user or row),
        *(
            defined(f'one for all, "{text}"', person=lambda row, text=text: row.user or text)
            for text in MISSING_TEXTS
        ),
        *(
            read_as(missing_as(text, *missing), f'one for all, where the user is {which}, "{text}"')
            for missing, which in (((None,), "missing"), ((None, ""), "missing or empty"),
                                   ((None, "", 0), "missing, empty or the number 0"))
            for text in (NOBODY, *MISSING_TEXTS)
        ),
    ),
    bug(
        "users-per-project", "6.2", "The same user counts once per project",
        "All projects share one space of users: the same id in two projects is one user.",
        defined(person=lambda row: (row.project, row.user) if row.user else None),
    ),
    bug(
        "users-per-other-column", "6.2", "The same user counts once per release, environment, status or day",
        "A user is an id, whatever the other columns of the sessions say.",
        defined("once per release", person=lambda row: (row.release, row.user) if row.user else None),
        defined("once per environment", person=lambda row: (row.environment, row.user) if row.user else None),
        defined("once per status", person=lambda row: (row.status, row.user) if row.user else None),
        defined("once per day", person=lambda row: (row.started // 86_400_000_000,
            row.user) if row.user else None),
    ),
    bug(
        "count-instead-of-distinct", "6.2", "Sessions are counted instead of distinct users",
        "A user with several sessions is one user.",
        defined(distinct=len),
        defined("weighted by quantity", user_counts=quantities),
        defined("all of them", user_counts=lambda d, sessions: d.session_counts(d, sessions)),
        defined("all of them, which also make groups", contributes=lambda d, field, session: True,
                user_counts=lambda d, sessions: d.session_counts(d, sessions)),
        defined("sessions without a user included", person=lambda row: row.user or row, distinct=len),
        reports=["PostHog/posthog#24081"],
    ),
    bug(
        "errored-holds-crashed", "6.2", "Errored users still include crashed or abnormal ones",
        "Users with a crashed, abnormal or unhandled session are subtracted from the unhealthy ones.",
        errored_holding("crashed", "abnormal", "unhandled"),
        errored_holding("crashed"), errored_holding("abnormal"), errored_holding("unhandled"),
        errored_holding("abnormal", "unhandled"),
        reports=["getsentry/sentry#24920"],
    ),
    bug(
        "difference-not-clamped", "6.2", "The difference of errored users does not stop at 0",
        "A user who both crashed and was abnormal is subtracted twice; the difference stops at 0.",
        defined(user_counts=unclamped),
        defined("but without its sign", user_counts=lambda d, sessions: {
            name: abs(count) for name, count in unclamped(d, sessions).items()}),
        reports=["getsentry/sentry#24924"],
    ),
    bug(
        "abnormal-not-unhealthy", "6.2", "Users of a class are missing from the unhealthy",
        "Unhealthy users are those with any session that is not healthy, abnormal ones included.",
        all_without("abnormal"), all_without("crashed"), all_without("errored"), all_without("unhandled"),
        reports=["getsentry/snuba#945"],
    ),
    bug(
        "classes-as-sets", "6.2", "Users of a class are counted directly instead of subtracted",
        "Healthy users are all minus the unhealthy; errored users are the unhealthy minus those of the other "
        "classes.",
        as_sets("healthy"), as_sets("errored"), as_sets("healthy", "errored"), by_worst(WORST),
        by_worst(("abnormal", *(name for name in WORST if name != "abnormal"))),
    ),
    bug(
        "users-total-sum-of-buckets", "6.2", "Totals of distinct users are the sum of the buckets",
        "A user who comes back in another bucket is one user. Distinct counts do not add up.",
        *total_of(sum, is_users),
        reports=["plausible/analytics#1444", "PostHog/posthog#31364"],
    ),
    bug(
        "users-total-max-of-buckets", "6.2", "Totals of distinct users are one bucket, or their mean",
        "Different users come on different days: one bucket is only a lower bound of the total.",
        *total_of(max, is_users),
        *total_of(lambda values: values[-1], is_users),
        *total_of(lambda values: round(sum(values) / len(values)), is_users),
    ),
    bug(
        "user-rate-from-summed-buckets", "6.5", "Totals of user rates divide sums of the buckets",
        "A user counts once in the parts of a total rate, not once per bucket.",
        defined(total=rates_of_buckets),
        defined("which also rank the groups", total=rates_of_buckets, rank_total=rates_of_buckets),
    ),
)  # fmt: skip
"""The bugs of this family."""
