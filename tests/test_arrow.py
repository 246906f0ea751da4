"""Sessions from Arrow data of any producer, answers as tables, Parquet files (§1.1, §1.4, §8)."""

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from sessionstats import (
    DataError,
    Releases,
    Sessions,
    SessionStatsError,
    compute,
    from_records,
    from_updates,
    read,
    sample,
)
from sessionstats.columns.packed import PackedTexts
from sessionstats.columns.schema import UPDATE_COLUMNS
from sessionstats.testing.strategies import sessions as session_rows

pa = pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
from sessionstats.io.arrow import from_arrow, to_arrow  # noqa: E402
from sessionstats.io.parquet import write_parquet  # noqa: E402
from tests.reading import updates_in  # noqa: E402

SAMPLE = sample(500)
NOW = "2024-01-29T12:00:00Z"


def table(**columns: Any) -> Any:
    n = max((len(column) for column in columns.values()), default=1)
    required = {"started": [0] * n, "project_id": [1] * n, "status": ["ok"] * n}
    return pa.table(required | columns)


def test_round_trip() -> None:
    """§1.1: every column, also cut into pieces with dictionaries of their own."""
    assert from_arrow(to_arrow(SAMPLE)) == SAMPLE
    assert from_arrow(to_arrow(from_arrow(to_arrow(SAMPLE)))) == SAMPLE
    pieces = [to_arrow(SAMPLE[a : a + 100]) for a in range(0, 500, 100)]
    assert from_arrow(pa.concat_tables(pieces)) == SAMPLE
    assert from_arrow(to_arrow(SAMPLE).slice(7, 100)) == SAMPLE[7:107]
    assert from_arrow(to_arrow(Sessions.empty())) == Sessions.empty()
    assert from_arrow(to_arrow(SAMPLE).schema.empty_table()) == Sessions.empty()


def test_every_producer() -> None:
    """Tables, batches, readers and whatever else speaks the PyCapsule interface."""
    whole = to_arrow(SAMPLE)
    plain = pa.table({name: _plain(whole.column(name)) for name in whole.column_names})
    for data in (whole, plain):
        assert from_arrow(data) == SAMPLE
        assert from_arrow(pa.RecordBatchReader.from_batches(data.schema, data.to_batches())) == SAMPLE
        assert from_arrow(data.combine_chunks().to_batches()[0]) == SAMPLE


def _plain(column: Any) -> Any:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


@pytest.mark.parametrize("dictionaries", [True, False])
def test_polars(dictionaries: bool) -> None:
    """Views of strings, categoricals, enums."""
    polars = pytest.importorskip("polars")
    columns = {name: to_arrow(SAMPLE).column(name).to_pylist() for name in to_arrow(SAMPLE).column_names}
    frame = polars.DataFrame(columns, schema_overrides={"duration": polars.Float64})
    if dictionaries:
        kinds = {"release": polars.Categorical, "status": polars.Enum(sorted(set(columns["status"])))}
        frame = frame.cast({**kinds, "distinct_id": polars.Categorical})
    assert from_arrow(frame) == SAMPLE
    assert from_arrow(polars.concat([frame[:100], frame[100:]], rechunk=False)) == SAMPLE


def test_pandas() -> None:
    """Categoricals, and missing values as pandas has them."""
    pandas = pytest.importorskip("pandas", minversion="3")
    frame = to_arrow(SAMPLE).to_pandas()
    assert frame["release"].dtype == "category"
    assert from_arrow(frame) == SAMPLE
    frame = frame.astype({"release": "str", "distinct_id": "str", "status": object})
    assert from_arrow(frame.astype({"errors": "Int64"})) == SAMPLE
    assert from_arrow(pandas.concat([frame, frame])) == SAMPLE + SAMPLE


def test_duckdb() -> None:
    """A relation, with an enum."""
    duckdb = pytest.importorskip("duckdb")
    sessions = to_arrow(SAMPLE)
    relation = duckdb.connect().from_arrow(sessions)
    assert from_arrow(relation) == SAMPLE
    enum = "status::enum('ok', 'errored', 'exited', 'abnormal', 'crashed')"
    assert from_arrow(relation.select(f"* replace ({enum} as status)")) == SAMPLE


def test_no_copy_where_types_allow() -> None:
    """Numbers, instants and codes stay in Arrow's memory."""
    data = to_arrow(SAMPLE).combine_chunks()
    sessions = from_arrow(data)

    def address(name: str, *, indices: bool = False) -> int:
        chunk = data.column(name).chunk(0)
        return int((chunk.indices if indices else chunk).buffers()[1].address)

    for name in ("started", "errors", "quantity"):
        assert getattr(sessions, name).__array_interface__["data"][0] == address(name)
    for name in ("release", "environment", "abnormal_mechanism"):
        codes = getattr(sessions, name).codes
        assert codes.__array_interface__["data"][0] == address(name, indices=True)
    seconds = data.set_column(7, "duration", pa.array(np.arange(500.0)))
    duration = from_arrow(seconds).duration
    assert duration.__array_interface__["data"][0] == seconds.column("duration").chunk(0).buffers()[1].address


def test_nulls_are_missing_values() -> None:
    """§1.1: the default of each column."""
    nulls = {name: [None, value] for name, value in {"errors": 3, "quantity": 2, "duration": 1.5}.items()}
    texts = {name: [None, "a"] for name in ("release", "environment", "distinct_id", "abnormal_mechanism")}
    expected = Sessions(started=[0, 0], project_id=[1, 1], status=["ok", "ok"], **nulls, **texts)
    assert from_arrow(table(**nulls, **texts)) == expected
    as_dictionaries = {name: pa.array(values).dictionary_encode() for name, values in texts.items()}
    assert from_arrow(table(**nulls, **as_dictionaries)) == expected
    none_at_all = dict.fromkeys([*nulls, *texts], pa.nulls(2))
    assert from_arrow(table(**none_at_all)) == from_arrow(table(errors=[0, 0]))


def test_odd_dictionaries() -> None:
    """Nulls and repeated values inside of dictionaries, small and unsigned indices, users as numbers."""
    odd = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None], pa.uint8()), pa.array(["a", None, "a"]))
    for name in ("release", "distinct_id"):
        values = getattr(from_arrow(table(**{name: odd})), name).decode()
        missing = "" if name == "release" else None
        assert values == ["a", missing, "a", missing]
        twice = pa.chunked_array([odd, odd])
        assert getattr(from_arrow(table(**{name: twice})), name).decode() == values * 2
    repeated = pa.DictionaryArray.from_arrays([0, 1, 2], ["a", "b", "a"])
    assert from_arrow(table(release=repeated)).release.decode() == ["a", "b", "a"]
    users = from_arrow(table(distinct_id=pa.array([7, None, 2**64 - 1], pa.uint64()))).distinct_id
    assert users.decode() == ["7", None, "18446744073709551615"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_instants(unit: str, zone: str | None) -> None:
    """§1.1: of any unit; with a zone they are instants, without they are UTC; also as text, date, number."""
    second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    started = pa.array([90 * second, 0], pa.int64()).cast(pa.timestamp(unit, zone))
    assert from_arrow(table(started=started)).started.astype(np.int64).tolist() == [90_000_000, 0]
    for other in (["1970-01-01T00:01:30Z", "1970-01-01"], [90, 0], [90.0, 0.0]):
        assert from_arrow(table(started=other)).started.astype(np.int64).tolist() == [90_000_000, 0]
    day = pa.array([1, 0], pa.date32())
    assert from_arrow(table(started=day)).started.astype("M8[D]").astype(int).tolist() == [1, 0]


def test_updates_are_folded() -> None:
    """§1.2"""
    columns = {"session_id": ["a", "a", None], "seq": [1, 0, None], "duration": [5, None, None]}
    data = table(**columns, status=["exited", "ok", "ok"])
    updates = {name: data.column(name).to_pylist() for name in data.column_names}
    assert from_arrow(data) == from_updates(**updates)
    assert len(from_arrow(data)) == 2


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (
            {"project_id": ["1"]},
            "column 'project_id': an Arrow column of string, where integers are expected",
        ),
        (
            {"project_id": [True]},
            "column 'project_id': an Arrow column of bool, where integers are expected",
        ),
        ({"project_id": [0]}, "column 'project_id', row 0: less than 1: 0"),
        ({"project_id": [1, None]}, "column 'project_id', row 1: missing value: None"),
        ({"release": [1]}, "column 'release': an Arrow column of int64, where texts are expected"),
        (
            {"release": pa.array([1]).dictionary_encode()},
            "column 'release': an Arrow column of int64, where texts",
        ),
        ({"distinct_id": [True]}, "column 'distinct_id': an Arrow column of bool, where texts or integers"),
        ({"errors": [1, -1]}, "column 'errors', row 1: negative count: -1"),
        ({"errors": [1.0, 1.5]}, "column 'errors', row 1: not an integer: 1.5"),
        ({"duration": ["1"]}, "column 'duration': an Arrow column of string, where numbers are expected"),
        ({"duration": [1.0, float("inf")]}, "column 'duration', row 1: infinite duration: inf"),
        ({"started": [None, 1]}, "column 'started', row 0: missing value: None"),
        ({"started": [True]}, "column 'started': an Arrow column of bool, where instants are expected"),
        ({"started": [-1]}, "column 'started', row 0: outside the years 1970-2262: -1"),
        ({"started": pa.nulls(1)}, "column 'started', row 0: missing value: None"),
        ({"status": ["ok", "gone"]}, "column 'status', row 1: unknown status: 'gone'"),
        ({"status": ["ok", None]}, "column 'status', row 1: missing value: None"),
    ],
)
def test_invalid_values_and_types_are_named(columns: dict[str, Any], problem: str) -> None:
    """§1.4"""
    with pytest.raises(DataError, match=f"^{re.escape(problem)}"):
        from_arrow(table(**columns))


def test_data_that_is_not_a_table_of_sessions_is_rejected() -> None:
    with pytest.raises(SessionStatsError, match="list has no __arrow_c_stream__ and no __arrow_c_array__"):
        from_arrow([1])
    with pytest.raises(SessionStatsError, match="no column 'status'; the columns are started, project_id"):
        from_arrow(table().drop_columns(["status"]))
    with pytest.raises(SessionStatsError, match="column 'status' is there twice"):
        from_arrow(table().append_column("status", pa.array(["ok"])))
    with pytest.raises(SessionStatsError, match="Int64Array is not a table of columns"):
        from_arrow(pa.array([1, 2]))


@given(session_rows())
def test_arrow_rows_are_records(rows: list[dict[str, Any]]) -> None:
    """§1.1, §1.2: the same sessions as from records, whatever is missing."""
    columns = {name: [row.get(name) for row in rows] for name in UPDATE_COLUMNS}
    columns["distinct_id"] = [None if user is None else str(user) for user in columns["distinct_id"]]
    try:
        data = pa.table(columns)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # instants as texts and as numbers in one column
        columns["started"] = [str(np.datetime64(0, "us")) for _ in rows]
        rows = [row | {"started": "1970-01-01"} for row in rows]
        data = pa.table(columns)
    if rows:
        assert from_arrow(data) == from_records(rows)


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "sessions.parquet"
    write_parquet(SAMPLE, path)
    assert read(path) == SAMPLE
    blocks = list(updates_in(path, 90))
    assert [len(block.sessions) for block in blocks] == [90] * 5 + [50]
    assert Sessions.concat(block.sessions for block in blocks) == SAMPLE


def test_invalid_parquet_is_named(tmp_path: Path) -> None:
    """§1.4: file, row and column."""
    from pyarrow import parquet

    path = tmp_path / "x.parquet"
    parquet.write_table(table(errors=[0, 0, -3], extra=[[1], [2], [3]]), path)
    with pytest.raises(
        DataError, match=f"^{re.escape(str(path))}, column 'errors', row 2: negative count: -3"
    ):
        list(updates_in(path, 2))
    parquet.write_table(pa.table({"started": [1]}), path)
    with pytest.raises(SessionStatsError, match=r"x\.parquet: no column 'project_id'"):
        read(path)
    path.write_bytes(b"PAR1, not")
    with pytest.raises(SessionStatsError, match=r"x\.parquet: not a Parquet file \("):
        read(path)


def test_the_answer_as_a_table() -> None:
    """§8: one line per observation, with types that a data frame keeps; null is null."""
    query = (
        "field=sum(session)&field=crash_free_rate(user)&field=p50(session.duration)"
        "&groupBy=release&groupBy=project&interval=1d&statsPeriod=3d"
    )
    answer = compute(SAMPLE, query, now=NOW)
    made = answer.to_arrow()
    assert [str(kind) for kind in made.schema.types] == [
        *("string", "int64", "string", "timestamp[s, tz=UTC]", "timestamp[s, tz=UTC]"),
        *("int64", "double", "double"),
    ]
    totals = made.filter(pa.compute.equal(made["part"], "total"))
    assert totals["sum(session)"].to_pylist() == answer.totals["sum(session)"].tolist()
    assert totals["release"].to_pylist() == answer.by["release"].tolist()
    intervals = made.filter(pa.compute.equal(made["part"], "interval"))
    rates = intervals["crash_free_rate(user)"]
    assert rates.null_count == np.isnan(answer.series["crash_free_rate(user)"]).sum() > 0
    assert rates.fill_null(np.nan).to_numpy().tobytes() == answer.series["crash_free_rate(user)"].tobytes()
    starts = intervals["start"].cast(pa.timestamp("us")).to_numpy()[: len(answer.intervals)]
    assert (starts == answer.intervals).all()


def test_the_answer_as_a_data_frame() -> None:
    pytest.importorskip("pandas")
    frame = compute(SAMPLE, "field=sum(session)&groupBy=project&statsPeriod=1d", now=NOW).to_pandas()
    per_hour = frame[frame["part"] == "interval"].groupby("project")["sum(session)"].sum()
    total = frame[frame["part"] == "total"].set_index("project")["sum(session)"]
    assert per_hour.to_dict() == total.to_dict()
    assert str(frame["start"].dtype) == "datetime64[s, UTC]"
    nothing = compute(SAMPLE, "field=sum(session)&groupBy=project&statsPeriod=1d", now=0).to_pandas()
    assert list(nothing.columns) == ["project", "part", "start", "end", "sum(session)"]
    # §7.5: a release without sessions has no project, and projects stay integers.
    releases = Releases(["none", SAMPLE.release.decode()[0]], [0, 1], [[1], [1]])
    request = "field=sum(session)&groupBy=project&groupBy=release&orderBy=release.timestamp&statsPeriod=90d"
    ordered = compute(SAMPLE, f"{request}&interval=1d&includeSeries=0", now=NOW, releases=releases)
    assert [type(project) for project in ordered.to_pandas()["project"]][:2] == [type(None), int]


def test_users_of_a_file_are_one_dictionary(tmp_path: Path) -> None:
    """§1.1: a user has one code in all blocks, whose columns are joined without comparing texts."""
    path = tmp_path / "sessions.parquet"
    write_parquet(SAMPLE, path)
    blocks = [block.sessions for block in updates_in(path, 90)]
    last = blocks[-1].distinct_id
    for block in blocks:
        assert isinstance(block.distinct_id.categories, PackedTexts)
        assert list(last.categories[: len(block.distinct_id.categories)]) == list(
            block.distinct_id.categories
        )
    together = Sessions.concat(blocks)
    assert together.distinct_id.categories is last.categories
    assert together.release.categories == blocks[-1].release.categories
    assert together.distinct_id.decode() == SAMPLE.distinct_id.decode()
    assert Sessions.concat(pickle.loads(pickle.dumps(blocks))) == SAMPLE


def test_texts_that_are_not_utf8_are_named() -> None:
    """§1.4: Arrow does not check."""
    wrong = pa.array([b"a", b"b", b"\xff", b"c"], pa.binary()).view(pa.string())
    for column in (wrong, wrong.dictionary_encode(), pa.chunked_array([wrong[:2], wrong[2:]])):
        for name in ("release", "distinct_id"):
            with pytest.raises(DataError, match=rf"^column '{name}', row 2: not UTF-8: b'\\xff'"):
                from_arrow(table(**{name: column}))


def test_no_user_in_packed_texts() -> None:
    """§1.1: the empty text and the nil UUID, also where users are not strings."""
    nil = "00000000-0000-0000-0000-000000000000"
    users = from_arrow(table(distinct_id=["ann", "", nil, nil.replace("-", ""), "ann"])).distinct_id
    assert users.decode() == ["ann", None, None, None, "ann"]
    assert users.n_used == 1
