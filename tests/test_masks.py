"""From conditions to a mask of rows: AND, OR and negation (§4.1)."""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats.columns.encoding import encode
from sessionstats.search.grammar import parse
from sessionstats.search.masks import combine
from sessionstats.search.search import validate_search
from tests.searching import NO_CONTEXT, Row, rows_kept

UNIVERSE: list[Row] = [(p, r, e) for p in (1, 2, 3) for r in ("a", "b", "") for e in ("p", "q", "")]

Test = Callable[[Row], bool]


def trees() -> st.SearchStrategy[tuple[str, Test]]:
    """A search and what it means, built side by side from `any` and `all`."""

    def term(column: int, value: Any, negated: bool) -> tuple[str, Test]:
        key = ("project_id", "release", "environment")[column]
        return f'{"!" * negated}{key}:"{value}"', lambda row: (row[column] == value) != negated

    def group(kind: bool, parts: list[tuple[str, Test]]) -> tuple[str, Test]:
        text = "(" + (" OR " if kind else " ").join(text for text, _ in parts) + ")"
        tests = [test for _, test in parts]
        return text, lambda row: (any if kind else all)(test(row) for test in tests)

    values = st.sampled_from([(0, 1), (0, 2), (1, "a"), (1, "b"), (1, ""), (2, "p"), (2, "q")])
    leaf = st.builds(lambda value, negated: term(*value, negated), values, st.booleans())
    return st.recursive(
        leaf,
        lambda inner: st.builds(group, st.booleans(), st.lists(inner, min_size=1, max_size=4)),
        max_leaves=30,
    )


class TestMasks:
    """§4.1: AND, OR and negation of rows, whatever the tree."""

    @given(trees())
    def test_any_tree(self, tree: tuple[str, Test]) -> None:
        text, test = tree
        assert rows_kept(text, UNIVERSE) == [test(row) for row in UNIVERSE]

    @pytest.mark.parametrize(
        ("text", "test"),
        [
            (
                "(release:a OR environment:p) (project_id:1 OR environment:q) (release:b OR project_id:2)",
                lambda p, r, e: (r == "a" or e == "p") and (p == 1 or e == "q") and (r == "b" or p == 2),
            ),
            (
                "(release:a OR environment:p) ((project_id:1 OR environment:q) has:release)",
                lambda p, r, e: (r == "a" or e == "p") and (p == 1 or e == "q") and bool(r),
            ),
        ],
    )
    def test_several_groups(self, text: str, test: Callable[..., bool]) -> None:
        assert rows_kept(text, UNIVERSE) == [test(*row) for row in UNIVERSE]

    @pytest.mark.parametrize(
        ("text", "tables"),
        [
            ("release:a (environment:p !project_id:1)", (True, True, True)),
            ("release:a release:b", (False, True, False)),
            ("release:a OR release:b", (False, True, False)),
            ("release:a (environment:p OR environment:q)", (False, True, True)),
            ("release:a has:project", (False, True, False)),
        ],
    )
    def test_a_conjunction_is_one_table_per_column(self, text: str, tables: tuple[bool, ...]) -> None:
        columns = tuple(map(encode, zip(*UNIVERSE, strict=True)))
        mask = validate_search(text, NO_CONTEXT).bind(*columns)
        assert mask is not None
        assert mask.tables is not None
        assert tuple(table is not None for table in mask.tables) == tables

    @pytest.mark.parametrize(
        "text", ["", "   ", "has:project", "session.status:healthy", "!release:z has:project"]
    )
    def test_nothing_to_do(self, text: str) -> None:
        columns = tuple(map(encode, zip(*UNIVERSE, strict=True)))
        assert validate_search(text, NO_CONTEXT).bind(*columns) is None

    def test_no_conditions_keep_every_row(self) -> None:
        mask = combine(parse(""), lambda _: None)
        assert mask.everything
        assert mask(*[np.zeros(2, int)] * 3).tolist() == [True, True]

    def test_no_rows(self) -> None:
        columns = encode([]), encode([]), encode([])
        mask = validate_search("release:a OR environment:p", NO_CONTEXT).bind(*columns)
        assert mask is None or mask(*(column.codes for column in columns)).tolist() == []

    def test_deep_and_wide(self) -> None:
        """Nothing recurses, and few masks are held at a time, however deep the search."""
        depth = 5_000
        unit = "has:release (environment:p OR "
        rows = rows_kept(unit * depth + "project_id:1" + ")" * depth, UNIVERSE)
        assert rows == [bool(r) and (e == "p" or p == 1) for p, r, e in UNIVERSE]
        wide = (
            " OR ".join(f"(release:{n} environment:p)" for n in range(depth)) + " OR (release:a project_id:2)"
        )
        assert rows_kept(wide, UNIVERSE) == [r == "a" and p == 2 for p, r, e in UNIVERSE]

    @pytest.mark.parametrize("unit", [("({} {})", "({} OR {})"), ("({1} {0})", "({1} OR {0})")])
    def test_the_largest_part_comes_first(self, unit: tuple[str, str]) -> None:
        """Two masks are held, however deep the search."""
        text = "release:a"
        for _ in range(50):
            text = unit[0].format("(release:b OR environment:p)", unit[1].format("project_id:1", text))
        mask = validate_search(text, NO_CONTEXT).bind(*map(encode, zip(*UNIVERSE, strict=True)))
        assert mask is not None
        held = [(kind == "load") - (table is None) for kind, _, table in mask._steps]
        assert max(accumulate(held)) == 2
