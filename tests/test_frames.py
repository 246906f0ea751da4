"""Data frames as sessions, whatever their library and however missing values look (§1.1, §1.4)."""

import re
import sys
from typing import Any

import numpy as np
import pytest

from sessionstats import DataError, Sessions, SessionStatsError, compute

pa = pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
pandas = pytest.importorskip("pandas", reason="needs the extra 'arrow'")
from sessionstats.io.arrow import from_arrow  # noqa: E402

NOW = "2024-01-29T12:00:00Z"
REQUEST = "field=sum(session)&field=count_unique(user)&groupBy=release&interval=1d&statsPeriod=3d"
STARTED = ["2024-01-28T10:00Z", "2024-01-29T11:00Z", "2024-01-29T11:30Z"]
RATES = "field=sum(session)&field=crash_rate(user)"
SESSIONS = Sessions(
    started=STARTED,
    project_id=[1, 2, 1],
    status=["ok", "exited", "crashed"],
    release=["app@1.0", "", "app@1.0"],
    distinct_id=["7", None, "8"],
    errors=[0, 0, 2],
    duration=[0.5, None, 3.0],
    quantity=[1, 1, 4],
)


def frame(**columns: Any) -> Any:
    """`SESSIONS` as a frame of pandas, with other columns in place of its own."""
    made = {
        "started": pandas.to_datetime(STARTED),
        "project_id": [1, 2, 1],
        "status": ["ok", "exited", "crashed"],
        "release": ["app@1.0", np.nan, "app@1.0"],
        "distinct_id": [7, None, 8],
        "errors": [0, None, 2],
        "duration": [0.5, np.nan, 3.0],
        "quantity": [None, 1, 4],
    }
    return pandas.DataFrame(made | columns)


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"distinct_id": pandas.Series([7, pandas.NA, 8], dtype="Int64")},
        {"distinct_id": pandas.Series(["7", pandas.NaT, 8], dtype=object)},
        {"distinct_id": pandas.Categorical(["7", None, "8"])},
        {"errors": pandas.Series([None, pandas.NA, 2], dtype=object)},
        {"release": pandas.Series(["app@1.0", pandas.NA, "app@1.0"], dtype=object)},
        {"release": pandas.Series(["app@1.0", None, "app@1.0"], dtype="string")},
        {"started": pandas.to_datetime([text.removesuffix("Z") for text in STARTED])},
        {"started": pandas.to_datetime(STARTED).tz_convert("Asia/Kathmandu")},
        {"started": STARTED},
        {"duration": pandas.to_timedelta([500, None, 3000], unit="ms")},
        {"extra": [{"a": 1}, "text", 3]},
    ],
    ids=lambda columns: "+".join(
        f"{name} {getattr(values, 'dtype', '')}" for name, values in columns.items()
    ),
)
def test_pandas(columns: dict[str, Any]) -> None:
    """§1.1: NaN, NaT, None and NA are missing; integers are integers even if pandas made them floats."""
    assert from_arrow(frame(**columns)) == SESSIONS


def test_an_index_of_pandas_may_be_a_column() -> None:
    assert from_arrow(frame().set_index("started")) == SESSIONS
    assert from_arrow(frame().set_index(pandas.Index([5, 5, 5], name="extra"))) == SESSIONS


def test_every_library_gives_the_same_answer() -> None:
    """§6.7: `compute` takes pandas, Polars, DuckDB, pyarrow; whole or in chunks."""
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    expected = compute(SESSIONS, REQUEST, now=NOW).to_json()
    table = pa.Table.from_pandas(frame())
    lazy = polars.from_pandas(frame()).lazy()
    relation = duckdb.connect().from_arrow(table)
    for data in (frame(), table, lazy.collect(), lazy, relation, table.to_reader()):
        assert compute(data, REQUEST, now=NOW).to_json() == expected
    assert compute([frame()[:1], lazy.collect()[1:2], SESSIONS[2:]], REQUEST, now=NOW).to_json() == expected


def test_duckdb_decimals() -> None:
    """Literals and sums of DuckDB are decimals."""
    duckdb = pytest.importorskip("duckdb")
    query = """SELECT TIMESTAMP '2024-01-28 10:00' AS started, 1 AS project_id, 'ok' AS status,
                      0.5 AS duration, sum(1) AS quantity, NULL AS release"""
    made = from_arrow(duckdb.connect().sql(query))
    assert (made.duration.tolist(), made.quantity.tolist()) == ([0.5], [1])


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"errors": [0, None, 1.5]}, "column 'errors', row 2: not an integer: 1.5"),
        ({"project_id": [1, np.inf, 1]}, "column 'project_id', row 1: an integer kept as a float, and no"),
        ({"project_id": [1, None, 1]}, "column 'project_id', row 1: missing value"),
        ({"distinct_id": [7, None, 2.0**53 + 2]}, "column 'distinct_id', row 2: an integer kept as a float"),
        ({"started": pandas.to_datetime([None, *STARTED[1:]])}, "column 'started', row 0: missing value"),
        ({"release": ["a", 1, None]}, "column 'release': holds values of several types: int and str"),
        ({"distinct_id": ["a", 1, 1.5]}, "column 'distinct_id': holds values that are neither texts nor"),
    ],
)
def test_invalid_values_are_named(columns: dict[str, Any], problem: str) -> None:
    """§1.4"""
    with pytest.raises(DataError, match=f"^{re.escape(problem)}"):
        from_arrow(frame(**columns))


def test_the_largest_exact_float_is_an_integer() -> None:
    made = from_arrow(frame(distinct_id=[2.0**53, None, 8]))
    assert made.distinct_id.decode() == [str(2**53), None, "8"]


def test_names_of_a_frame_are_shown() -> None:
    with pytest.raises(SessionStatsError, match=r"no column 'status'; the columns are .*quantity, state"):
        from_arrow(frame().drop(columns="status").assign(state="ok"))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("sessions.csv", r"not a path: use read\(path\)"),
        ({"started": []}, r"not columns: use Sessions\(\*\*columns\)"),
        ([{"started": NOW}], r"not records: use from_records\(rows\)"),
        ([1], "not an iterable of int"),
        (None, "not NoneType"),
    ],
)
def test_anything_else_is_rejected_with_advice(data: Any, problem: str) -> None:
    with pytest.raises(TypeError, match=f"^Sessions, a data frame, or an iterable of either .*{problem}$"):
        compute(data, REQUEST, now=NOW)


@pytest.mark.parametrize("missing", [np.nan, np.float32("nan"), pandas.NA, pandas.NaT])
@pytest.mark.parametrize("column", ["release", "distinct_id", "errors"])
def test_unpacking_a_frame_points_to_the_reader(missing: Any, column: str) -> None:
    """§1.4: NaN is neither text nor an integer; its most likely source is a frame."""
    columns = {name: list(frame()[name]) for name in ("started", "project_id", "status")}
    problem = rf"column '{column}', row 1: not an? .*\(.*from_arrow\(frame\) reads it\): "
    with pytest.raises(DataError, match=problem):
        Sessions(**{**columns, column: pandas.Series([None, missing, None], dtype=object)})
    with pytest.raises(TypeError, match=r"no column 'user_id'.* from_arrow\(frame\) reads a data frame"):
        Sessions(**frame(user_id=[1, 2, 3]))


def test_the_answer_as_a_frame_of_polars() -> None:
    """§8: the tidy lines, with types; null is null."""
    polars = pytest.importorskip("polars")
    answer = compute(
        SESSIONS, "field=sum(session)&field=crash_rate(user)&interval=1d&statsPeriod=2d", now=NOW
    )
    made = answer.to_polars()
    assert isinstance(made, polars.DataFrame)
    assert made["part"].to_list() == ["total", "interval", "interval", "interval"]
    assert made["sum(session)"].to_list() == [6, 0, 1, 5]
    assert made["crash_rate(user)"].to_list() == [0.5, None, 0.0, 1.0]


def test_the_error_without_polars_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match=r'pip install "sessionstats\[polars\]"$'):
        compute(SESSIONS, "field=sum(session)&statsPeriod=1h", now=NOW).to_polars()
