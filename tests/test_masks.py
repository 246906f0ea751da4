"""From conditions to a mask of rows: AND, OR and negation (§4.1)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats.columns.encoding import encode
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
