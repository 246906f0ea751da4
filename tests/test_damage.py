"""Files that Arrow cannot read, and texts that a format cannot hold: where, in one line (§1.4)."""

from pathlib import Path
from typing import Any

import pytest

from sessionstats import DataError, Sessions, SessionStatsError, from_arrow, read, sample, write
from sessionstats.columns.encoding import Encoded
from sessionstats.io.records import from_records
from sessionstats.io.writable import LONGEST_CELL

pa = pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
parquet = pytest.importorskip("pyarrow.parquet")

COLUMNS: dict[str, Any] = {"started": [0.5, 1.5], "project_id": [1, 2], "status": ["ok", "exited"]}


def saved(path: Path, table: Any, **options: Any) -> Path:
    parquet.write_table(table, path, **options)
    return path


def rejection(path: Path) -> str:
    with pytest.raises(SessionStatsError) as caught:
        read(path)
    assert caught.value.detail.startswith(str(path))
    assert "\n" not in caught.value.detail
    return caught.value.detail.removeprefix(str(path))


class TestDamage:
    """Row group and column are those of the damage."""

    def damaged(self, path: Path, group: int, column: str, offset: int, width: int) -> Path:
        """A file of three row groups with bytes of a page changed."""
        table = pa.table({**{name: values * 300 for name, values in COLUMNS.items()}, "errors": [7, 8] * 300})
        saved(path, table, row_group_size=200, compression="none", write_page_checksum=True)
        chunk = parquet.ParquetFile(path).metadata.row_group(group)
        places = {chunk.column(at).path_in_schema: chunk.column(at) for at in range(chunk.num_columns)}
        start = places[column].dictionary_page_offset or places[column].data_page_offset
        data = bytearray(path.read_bytes())
        data[start + offset : start + offset + width] = b"\xff" * width
        path.write_bytes(data)
        return path

    @pytest.mark.parametrize("group", [0, 1, 2])
    @pytest.mark.parametrize("column", ["started", "status", "errors"])
    @pytest.mark.parametrize(("offset", "width"), [(0, 8), (30, 4)], ids=["page header", "page"])
    def test_named_by_row_group_and_column(
        self, group: int, column: str, offset: int, width: int, tmp_path: Path
    ) -> None:
        path = self.damaged(tmp_path / "x.parquet", group, column, offset, width)
        assert rejection(path).startswith(f": row group {group}, column {column!r}: damaged (")

    def test_not_a_parquet_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.parquet").write_bytes(b"PAR1" + b"\0" * 30 + b"PAR1")
        assert rejection(tmp_path / "x.parquet").startswith(": not a Parquet file (")

    def test_text_that_is_not_utf8(self, tmp_path: Path) -> None:
        texts = pa.array([b"a", b"\xff\xfe"]).view(pa.string())
        path = saved(tmp_path / "x.parquet", pa.table({**COLUMNS, "release": texts}))
        assert "column 'release', row 1: not UTF-8" in rejection(path)

    def test_errors_of_the_system_stay(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none.parquet")


class TestNoRows:
    """Invalid columns are an error whatever the number of rows."""

    @pytest.mark.parametrize(
        ("columns", "problem"),
        [
            ({"status": pa.array([], "string")}, "no column 'started'"),
            ({"started": pa.array([], "string"), "status": pa.array([], "string")}, "no column 'project_id'"),
            (
                {name: pa.array([], "string") for name in COLUMNS},
                "column 'project_id': an Arrow column of string, where integers are expected",
            ),
        ],
    )
    def test_invalid_columns_are_rejected(
        self, columns: dict[str, Any], problem: str, tmp_path: Path
    ) -> None:
        table = pa.table(columns)
        assert problem in rejection(saved(tmp_path / "x.parquet", table))
        for data in (table, pa.Table.from_batches([], schema=table.schema)):
            with pytest.raises(SessionStatsError, match=problem):
                from_arrow(data)

    @pytest.mark.parametrize("n", [0, 2])
    @pytest.mark.parametrize(
        ("name", "kind"),
        [("distinct_id", "int64"), ("distinct_id", "uint64"), ("distinct_id", "string_view"),
         ("release", "string_view"), ("release", "large_string"), ("started", "string"), ("errors", "null")],
    )  # fmt: skip
    def test_types_that_are_converted(self, name: str, kind: str, n: int, tmp_path: Path) -> None:
        """§1.1: the types of a file are checked without its rows, and then with them."""
        values = {"started": [f"2024-01-29T12:00:0{row}Z" for row in range(n)], "errors": [None] * n}
        column = pa.array(values.get(name, range(n)), None if name in values else "int64").cast(kind)
        table = pa.table({**{other: values[:n] for other, values in COLUMNS.items()}, name: column})
        assert read(saved(tmp_path / "x.parquet", table)) == from_arrow(table)
        assert len(from_arrow(table)) == n

    def test_right_columns(self, tmp_path: Path) -> None:
        write(Sessions.empty(), tmp_path / "x.parquet")
        assert read(tmp_path / "x.parquet") == Sessions.empty()
        assert from_arrow(pa.Table.from_batches([], schema=pa.table(COLUMNS).schema)) == Sessions.empty()


class TestUnwritable:
    """Rejected on writing, with column, row and value; not found on reading back."""

    @pytest.mark.parametrize("name", ["release", "environment", "distinct_id", "abnormal_mechanism"])
    def test_lone_surrogates_in_parquet(self, name: str, tmp_path: Path) -> None:
        rows = [{"started": 0, "project_id": 1, "status": "ok", name: text} for text in ("a", "b\ud800")]
        with pytest.raises(DataError, match=f"column '{name}', row 1: a lone surrogate") as caught:
            write(from_records(rows), tmp_path / "x.parquet")
        assert (caught.value.column, caught.value.row, caught.value.value) == (name, 1, "b\ud800")
        write(from_records(rows)[:1], tmp_path / "x.parquet")
        assert read(tmp_path / "x.parquet") == from_records(rows)[:1]

    def test_a_cell_of_csv(self, tmp_path: Path) -> None:
        def of(size: int) -> Sessions:
            return Sessions(**COLUMNS, environment=["", "x" * size])

        write(of(LONGEST_CELL), tmp_path / "x.csv")
        assert read(tmp_path / "x.csv") == of(LONGEST_CELL)
        with pytest.raises(DataError, match="column 'environment', row 1: more than 131072 characters"):
            write(of(LONGEST_CELL + 1), tmp_path / "x.csv")
        write(of(LONGEST_CELL + 1)[:1], tmp_path / "x.csv")

    def test_categories_that_no_row_has(self, tmp_path: Path) -> None:
        few = sample(5)
        release = Encoded(few.release.codes, (*few.release.categories, "\ud800", "x" * (LONGEST_CELL + 1)))
        columns = [release if column is few.release else column for column in few.columns]
        for name in ("x.csv", "x.parquet"):
            write(Sessions.from_columns(*columns), tmp_path / name)
            assert read(tmp_path / name) == few
