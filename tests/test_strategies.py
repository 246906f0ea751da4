"""The strategies: the shapes that break implementations occur, and cases keep the promises of `Claims`."""

import json
import unicodedata
import zlib
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings

from sessionstats.protocol import read_rules, respond
from sessionstats.rules import Rules
from sessionstats.testing.strategies import Claims, cases
from sessionstats.testing.strategies.assembly import assemble
from sessionstats.testing.strategies.recipes import Recipe, draws, simpler
from sessionstats.testing.strategies.texts import BIG_USERS, ENVIRONMENTS, JOINTS, RELEASES, USERS
from sessionstats.vectors import schema

EXAMPLES = 1500
"""Cases among which every shape must occur; fewer than a check draws by default."""

NOTHING_REJECTED = Claims(errors=False, bad_rows=False)

Case = dict[str, Any]
Answer = dict[str, Any]


def draw(claims: Claims, examples: int) -> list[tuple[Case, Answer]]:
    made = (assemble(recipe, claims) for recipe in islice(draws(0), examples))
    return [(case, respond(case)) for case in made]


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Case, Answer]]:
    return draw(Claims(), EXAMPLES)


def has_row(holds: Callable[[Case], bool]) -> Callable[[Case, Answer], bool]:
    return lambda case, answer: any(holds(row) for row in case["sessions"])


def query(case: Case) -> str:
    return str(case["params"].get("query", ""))


def rules(case: Case) -> Rules:
    return read_rules(case.get("rules"))


def fine(case: Case) -> bool:
    return str(case["params"].get("interval"))[-1:] in "sm"


def slug(case: Case) -> bool:
    """Whether a project is named by its slug."""
    asked = case["params"].get("project", "")
    return any(str(value)[:1].isalpha() for value in (asked if isinstance(asked, list) else [asked]))


def repeated(name: str, other: str) -> Callable[[Case, Answer], bool]:
    """Two rows alike in one column, and different in another."""

    def shape(case: Case, answer: Answer) -> bool:
        pairs = {(str(row.get(name)), str(row.get(other))) for row in case["sessions"] if row.get(name)}
        return len(pairs) > len({first for first, _ in pairs})

    return shape


def empty_bucket(case: Case, answer: Answer) -> bool:
    series = [
        s.get("sum(session)", ()) for g in answer["body"].get("groups", ()) for s in [g.get("series", {})]
    ]
    return any(0 in values and any(values) for values in series)


def equal_totals(case: Case, answer: Answer) -> bool:
    totals = [g.get("totals", {}).get("sum(session)") for g in answer["body"].get("groups", ())]
    return len(totals) > len(set(totals))


def in_window(year: int) -> Callable[[Case, Answer], bool]:
    """A window that ends in a year or later, with a session that counts."""

    def shape(case: Case, answer: Answer) -> bool:
        body = answer["body"]
        counted = any(group.get("totals", {}).get("sum(session)") for group in body.get("groups", ()))
        return counted and body["end"] >= str(year)

    return shape


def joined_keys(case: Case, answer: Answer) -> bool:
    """Two groups whose keys are one if they are joined."""
    keys = [tuple(map(str, group["by"].values())) for group in answer["body"].get("groups", ())]
    return any(len({joint.join(key) for key in keys}) < len(set(keys)) for joint in JOINTS)


def environment_in_another_case(case: Case, answer: Answer) -> bool:
    """The parameter names an environment that sessions have in another case only."""
    asked = case["params"].get("environment", "")
    environments = {row.get("environment") or "" for row in case["sessions"]}
    return isinstance(asked, str) and asked not in environments and asked.swapcase() in environments


def confused(normal: Callable[[str], object]) -> Callable[[Case, Answer], bool]:
    """Two different releases, environments or users that some program would confuse."""

    def shape(case: Case, answer: Answer) -> bool:
        for name in ("release", "environment", "distinct_id"):
            texts = {row[name] for row in case["sessions"] if isinstance(row.get(name), str)}
            if len(set(map(normal, texts))) < len(texts):
                return True
        return False

    return shape


def number(text: str) -> object:
    """A text as read by a program that guesses numbers."""
    try:
        return float(text)
    except ValueError:
        return text


def crc(text: str) -> int:
    return zlib.crc32(text.encode())


def like(case: Case, answer: Answer) -> bool:
    """A search for a release that is a pattern of another one."""
    return any(sign in query(case) and "release:" in query(case) for sign in "%_") and answer["status"] == 200


SHAPES: dict[str, Callable[[Case, Answer], bool]] = {
    "a microsecond after an edge": has_row(lambda row: "00:00.000001" in str(row.get("started"))),
    "a microsecond before an edge": has_row(lambda row: "59:59.999999" in str(row.get("started"))),
    "a user in two projects": repeated("distinct_id", "project_id"),
    "a user at two instants": repeated("distinct_id", "started"),
    "a user with two statuses": repeated("distinct_id", "status"),
    "updates of one session": repeated("session_id", "started"),
    "empty user": has_row(lambda row: row.get("distinct_id") == ""),
    "null user": has_row(lambda row: "distinct_id" in row and row["distinct_id"] is None),
    "nil user": has_row(
        lambda row: str(row.get("distinct_id")).startswith("00000000-0000-0000-0000-0000000000")
    ),
    "odd Unicode": has_row(lambda row: not str(row.get("environment")).isascii()),
    "quantity 0": has_row(lambda row: row.get("quantity") == 0),
    "quantity over 1": has_row(lambda row: (row.get("quantity") or 0) > 1),
    "OR": lambda case, answer: " OR " in query(case) and answer["status"] == 200,
    "AND": lambda case, answer: " AND " in query(case) and answer["status"] == 200,
    "negation": lambda case, answer: query(case).startswith("!") and answer["status"] == 200,
    "release metadata": lambda case, answer: bool(case.get("releases")),
    "fifth class": lambda case, answer: rules(case).unhandled and answer["status"] == 200,
    "older rounding": lambda case, answer: rules(case).rounding == "hourly" and answer["status"] == 200,
    "an edition by its name alone": lambda case, answer: isinstance(case.get("rules"), str),
    "an edition that is changed": lambda case, answer: (
        len(case.get("rules", {})) > 1 and "edition" in case["rules"]
    ),
    "a range restricted to 6 hours": lambda case, answer: "to 6 hours" in str(answer["body"].get("detail")),
    "a range restricted to 30 days": lambda case, answer: "last 30 days" in str(answer["body"].get("detail")),
    "a fine range that is not restricted": lambda case, answer: (
        rules(case).restrict_date_range and fine(case) and answer["status"] == 200
    ),
    "a slug": lambda case, answer: slug(case) and answer["status"] == 200,
    "an unknown slug": lambda case, answer: slug(case) and answer["status"] == 403,
    "no order by release date": lambda case, answer: (
        not rules(case).order_by_release and "timestamp" in str(case["params"].get("orderBy"))
    ),
    "a mechanism on a session that is not abnormal": has_row(
        lambda row: row.get("abnormal_mechanism") == "anr_foreground" and row["status"] == "exited"
    ),
    "a page with a next one": lambda case, answer: (
        bool(answer.get("links")) and answer["links"]["next"]["results"]
    ),
    "an empty bucket beside others": empty_bucket,
    "equal totals": equal_totals,
    "a window that begins before 1970": lambda case, answer: answer["body"].get("start", "2") < "1970",
    "sessions after 2038": in_window(2038),
    "sessions after 2106": in_window(2106),
    "a local time off the full hour": has_row(lambda row: str(row.get("started")).endswith((":30", ":45"))),
    "groups whose keys are one if joined": joined_keys,
    "an environment requested in another case": environment_in_another_case,
    "texts equal but for case": confused(str.casefold),
    "texts equal but for spaces at the ends": confused(str.strip),
    "texts equal after normalization": confused(lambda text: unicodedata.normalize("NFC", text)),
    "texts equal in their first 16 characters": confused(lambda text: text[:16]),
    "texts equal in their first 200 characters": confused(lambda text: text[:200]),
    "texts equal as numbers": confused(number),
    "texts of one hash": confused(crc),
    "a search for a pattern of LIKE": like,
    "a property of every object": has_row(lambda row: row.get("release") in ("constructor", "__proto__")),
    "integer users beyond 2**53": has_row(
        lambda row: isinstance(row.get("distinct_id"), int) and row["distinct_id"] > 2**53
    ),
    "a large table": lambda case, answer: len(case["sessions"]) > 1000,
    "many users": lambda case, answer: len({str(row.get("distinct_id")) for row in case["sessions"]}) > 500,
    "no rows": lambda case, answer: case["sessions"] == [],
    "a negative sequence": has_row(lambda row: (row.get("seq") or 0) < 0),
    "rejected request": lambda case, answer: answer["status"] == 400,
    "rejected project": lambda case, answer: answer["status"] == 403,
    "rejected row": lambda case, answer: answer["status"] == 422,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_rare_shapes_occur(shape: str, drawn: list[tuple[Case, Answer]]) -> None:
    """Each occurs more than once in fewer cases than a check draws."""
    assert sum(SHAPES[shape](case, answer) for case, answer in drawn) >= 2


def test_every_value_has_its_reason() -> None:
    """Every value of a pool says why it is there; texts have at most 250 characters."""
    for pool in (RELEASES, ENVIRONMENTS, USERS, BIG_USERS):
        assert all(len(each.reason) > 3 for each in pool)
        assert max(len(str(each.value)) for each in pool) <= 250
    assert max(len(str(each.value)) for each in RELEASES) == 250


def test_the_simplest_session_is_in_the_middle_of_a_bucket() -> None:
    """§3.5: if it is lost there, no edge is to blame."""
    case = assemble(Recipe(bytes(1000), b"", b"", (bytes(100),)))
    (row,) = case["sessions"]
    start, *_ = respond(case)["body"]["intervals"]
    assert row["started"] == start.replace("T00:", "T12:")


def test_cases_are_json_and_conform_to_the_schema(drawn: list[tuple[Case, Answer]]) -> None:
    """§9: cases and the answers to them are what the shipped schema of the protocol says."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    definitions = {"$defs": schema()["$defs"]}
    kind = jsonschema.Draft202012Validator
    request, answer = (kind({**definitions, "$ref": f"#/$defs/{name}"}) for name in ("request", "answer"))
    for case, given_answer in drawn[:300]:
        assert json.loads(json.dumps(case, allow_nan=False)) == case
        request.validate(case)
        answer.validate({name: value for name, value in given_answer.items() if name != "id"})


def test_what_is_not_claimed_is_not_requested() -> None:
    claims = Claims(
        fields=("sum(session)",), group_by=(), search=False, paging=False, errors=False, bad_rows=False
    )
    for case, answer in draw(claims, 200):
        assert set(case["params"]["field"]) == {"sum(session)"}
        assert not case["params"].keys() & {"groupBy", "query", "per_page", "cursor"}
        assert answer["status"] == 200


def test_nothing_is_rejected_that_was_not_claimed() -> None:
    """§2.3: if errors are not claimed, every request is answered, whatever the combination of its parts."""
    assert {answer["status"] for _, answer in draw(NOTHING_REJECTED, EXAMPLES // 3)} == {200}


@given(cases(NOTHING_REJECTED))
@settings(max_examples=50)
def test_hypothesis_draws_the_same_kind_of_cases(case: Case) -> None:
    assert respond(case)["status"] == 200


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (list(islice(draws(seed), 5)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


RECIPE = next(recipe for recipe in draws(0) if len(recipe.rows) > 8 and len(recipe.names) > 2)


@given(simpler(RECIPE))
def test_what_is_simpler_is_never_larger(made: Recipe) -> None:
    """Rows and fields are only left out, and bytes only become smaller."""
    assert len(made.head) == len(RECIPE.head)
    assert all(a <= b for a, b in zip(made.head + made.text, RECIPE.head + RECIPE.text, strict=True))
    assert len(made.rows) <= len(RECIPE.rows)
    assert len(made.names) <= len(RECIPE.names)
    assemble(made)


def test_much_of_what_is_simpler_keeps_nearly_everything() -> None:
    """Shrinking begins with the failing case: it needs cases that are close to it."""
    kept: list[float] = []

    @given(simpler(RECIPE))
    @settings(max_examples=100, database=None, derandomize=True)
    def measure(made: Recipe) -> None:
        same = sum(a == b for a, b in zip(made.head, RECIPE.head, strict=True))
        kept.append(same / len(RECIPE.head) * len(made.rows) / len(RECIPE.rows))

    measure()
    assert sorted(kept)[len(kept) // 2] > 0.5
    assert sorted(kept)[-len(kept) // 10] > 0.9
