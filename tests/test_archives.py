"""Archives in .npz form: a file from anywhere is validated like any other input (§1.4).

`tests.test_files` shows that what is written is read back to the bit.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessionstats import DataError, Sessions, SessionStatsError, read, sample, write
from sessionstats.io.npz import ARRAYS, iter_npz
from tests.test_files import put

FOREIGN = "not an archive of sessions"


def arrays_of(path: Path, n: int = 3) -> dict[str, Any]:
    write(sample(n), path / "good.npz")
    with np.load(path / "good.npz") as good:
        return dict(good)


def rejection(path: Path) -> SessionStatsError:
    """The error for a file, which is the same whether it is read in small blocks or whole."""
    with pytest.raises(SessionStatsError) as caught:
        list(iter_npz(path, 2))
    with pytest.raises(SessionStatsError) as again:
        read(path)
    assert again.value.detail == caught.value.detail
    assert caught.value.detail.startswith(f"{path}")
    return caught.value


class TestForeign:
    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"format": None}, "'format' occurs 0 times"),
            ({"format": np.frombuffer(b"sessionstats 1", np.uint8)}, "the format is not 'sessionstats 2'"),
            ({"format": np.zeros(10**6, np.uint8)}, "the format is not 'sessionstats 2'"),
            ({"format": np.array("sessionstats 2")}, "format is of type <U14 instead of |u1"),
            ({"started": None}, "'started' occurs 0 times"),
            ({"started": np.array(["a", "b", "c"])}, "started is of type <U1 instead of <i8"),
            ({"started": np.zeros(3, np.float64)}, "started is of type <f8 instead of <i8"),
            ({"started": np.zeros(3, np.bool_)}, "started is of type |b1 instead of <i8"),
            ({"errors": np.zeros(3, ">i8")}, "errors is of type >i8 instead of <i8"),
            ({"errors": np.zeros((3, 1), np.int64)}, "not an array of shape (3, 1)"),
            ({"errors": np.int64(1)}, "not an array of shape ()"),
            ({"errors": np.zeros(2, np.int64)}, "errors has 2 rows, but started has 3"),
            ({"distinct_id__codes": np.zeros(4, np.int32)}, "distinct_id.codes has 4 rows"),
            ({"release__codes": None}, "'release.codes' occurs 0 times"),
            ({"colour": np.zeros(3)}, "'colour' occurs 1 times"),
            ({"release__texts": np.frombuffer(b"\xff", np.uint8), "release__ends": np.array([1])}, "decode"),
            ({"release__ends": np.array([0.5])}, "release.ends is of type <f8"),
            ({"release__ends": np.array([5])}, "release.ends does not cut"),
            ({"release__ends": np.array([], np.int64)}, "release.ends does not cut"),
            ({"release__ends": np.array([-1, 10**6])}, "release.ends does not cut"),
            ({"distinct_id__texts": np.array([{}], object)}, "type |O"),
        ],
    )
    def test_arrays(self, changes: dict[str, Any], problem: str, tmp_path: Path) -> None:
        """Other arrays, types, shapes and lengths than the format's, each named."""
        arrays = arrays_of(tmp_path) | {name.replace("__", "."): a for name, a in changes.items()}
        np.savez(tmp_path / "x.npz", **{name: array for name, array in arrays.items() if array is not None})
        error = rejection(tmp_path / "x.npz")
        assert FOREIGN in error.detail
        assert problem in error.detail

    def test_ends_that_wrap_around_are_rejected(self, tmp_path: Path) -> None:
        """Ends whose 64-bit differences wrap around are not ascending."""
        arrays = arrays_of(tmp_path)
        ends = np.array([2**63 - 1, -(2**62), len(arrays["release.texts"])])
        np.savez(tmp_path / "x.npz", **(arrays | {"release.ends": ends}))
        assert "release.ends does not cut" in rejection(tmp_path / "x.npz").detail

    @pytest.mark.parametrize(
        ("texts", "ends", "problem"),
        [
            ("é".encode(), [1, 2], "decode"),  # each end cuts the character
            (b"\xff", [1], "decode"),
            (b"aba", [1, 2, 3], "category occurs twice: 'a'"),
        ],
    )
    def test_users_that_are_not_texts_are_rejected(
        self, texts: bytes, ends: list[int], problem: str, tmp_path: Path
    ) -> None:
        """Users are read without a string for each, but are validated as well."""
        changes = {"distinct_id.texts": np.frombuffer(texts, np.uint8), "distinct_id.ends": np.array(ends)}
        np.savez(tmp_path / "x.npz", **(arrays_of(tmp_path) | changes))
        assert problem in rejection(tmp_path / "x.npz").detail

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x93NUMPY", b"hello", b"\x80\x04."])
    def test_other_files(self, data: bytes, tmp_path: Path) -> None:
        assert FOREIGN in rejection(put(tmp_path / "x.npz", data)).detail

    def test_single_array(self, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.arange(3))
        assert FOREIGN in rejection((tmp_path / "x.npy").rename(tmp_path / "x.npz")).detail


class TestValues:
    @pytest.mark.parametrize(
        ("changes", "detail"),
        [
            ({"errors": np.array([0, -1, 0])}, "column 'errors', row 1: negative count: -1"),
            (
                {"status": np.array([0, 1, 6], "i1")},
                "column 'status', row 2: code outside of 6 categories: 6",
            ),
            ({"release__codes": np.array([0, -1, 0], "i4")}, "column 'release', row 1: code outside of"),
            ({"project_id__values": np.array([0, 1, 2])}, "column 'project_id'"),
            ({"duration": np.array([1, 2, -3.0])}, "column 'duration', row 2: negative duration: -3.0"),
        ],
    )
    def test_invalid_values_are_named_by_column_and_row(
        self, changes: dict[str, Any], detail: str, tmp_path: Path
    ) -> None:
        """§1.4: rows are those of the file, whatever the blocks."""
        arrays = arrays_of(tmp_path) | {name.replace("__", "."): a for name, a in changes.items()}
        np.savez(tmp_path / "x.npz", **arrays)
        error = rejection(tmp_path / "x.npz")
        assert isinstance(error, DataError)
        assert detail in error.detail

    def test_valid_values_that_were_changed_are_detected(self, tmp_path: Path) -> None:
        """Only the digest can detect it."""
        arrays = arrays_of(tmp_path)
        np.savez(tmp_path / "x.npz", **(arrays | {"errors": arrays["errors"] + 1}))
        assert "the file is damaged" in rejection(tmp_path / "x.npz").detail

    def test_no_sessions(self, tmp_path: Path) -> None:
        write(Sessions.empty(), tmp_path / "x.npz")
        assert read(tmp_path / "x.npz") == Sessions.empty()


def rewritten(path: Path, change: Callable[[zipfile.ZipFile, str, bytes], None]) -> Path:
    """The valid file, each of whose members `change` rewrites."""
    arrays_of(path)
    with zipfile.ZipFile(path / "good.npz") as good, zipfile.ZipFile(path / "x.npz", "w") as new:
        for entry in good.infolist():
            change(new, entry.filename, good.read(entry))
    return path / "x.npz"


def with_header(data: bytes, **changes: Any) -> bytes:
    """An array in .npy form under another header, with the right checksums."""
    header = {"descr": "<i8", "fortran_order": False, "shape": (3,)} | changes
    output = io.BytesIO()
    np.lib.format.write_array_header_1_0(output, header)
    return output.getvalue() + data[-24:]


class TestArchive:
    """What the archive declares agrees with what is there, before anything is allocated."""

    @pytest.mark.parametrize(
        "changes",
        [{"shape": (2,)}, {"shape": (4,)}, {"shape": (10**12,)}, {"shape": (-3,)}, {"shape": (True,)},
         {"shape": (3, 1)}, {"shape": ()}, {"fortran_order": True}],
        ids=str,
    )  # fmt: skip
    @pytest.mark.parametrize("name", ["started", "errors", "quantity"])
    def test_headers(self, name: str, changes: dict[str, Any], tmp_path: Path) -> None:
        def change(new: zipfile.ZipFile, member: str, data: bytes) -> None:
            new.writestr(member, with_header(data, **changes) if member == f"{name}.npy" else data)

        assert f"{name} has 24 bytes, which are not an array" in rejection(rewritten(tmp_path, change)).detail

    def test_compressed(self, tmp_path: Path) -> None:
        """A small file can declare terabytes; a format without compression cannot."""

        def change(new: zipfile.ZipFile, member: str, data: bytes) -> None:
            new.writestr(member, data, zipfile.ZIP_DEFLATED)

        assert "is compressed" in rejection(rewritten(tmp_path, change)).detail

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_members_that_occur_twice_are_rejected(self, tmp_path: Path) -> None:
        def change(new: zipfile.ZipFile, member: str, data: bytes) -> None:
            for _ in range(2 if member == "errors.npy" else 1):
                new.writestr(member, data)

        assert "'errors' occurs 2 times" in rejection(rewritten(tmp_path, change)).detail

    def test_sizes_larger_than_the_file(self, tmp_path: Path) -> None:
        """Members that overlap, or that end after the file does."""
        arrays_of(tmp_path)
        data = bytearray((tmp_path / "good.npz").read_bytes())
        entry = data.rindex(b"PK\x01\x02")
        struct.pack_into("<II", data, entry + 20, 10**9, 10**9)
        assert "larger than the file" in rejection(put(tmp_path / "x.npz", bytes(data))).detail

    def test_truncated_at_every_length(self, tmp_path: Path) -> None:
        """A file cut at any length is rejected, and none causes a crash."""
        arrays_of(tmp_path)
        whole = (tmp_path / "good.npz").read_bytes()
        for length in range(0, len(whole), 101):
            assert FOREIGN in rejection(put(tmp_path / "y.npz", whole[:length])).detail

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
    def test_changed_anywhere(self, place: float, byte: int, tmp_path: Path) -> None:
        """Whatever a byte becomes, the sessions are the same or an error says so."""
        arrays_of(tmp_path)
        data = bytearray((tmp_path / "good.npz").read_bytes())
        data[int(place * len(data))] = byte
        try:
            loaded = read(put(tmp_path / "y.npz", bytes(data)))
        except SessionStatsError:
            return
        assert loaded == sample(3)

    def test_all_arrays_are_written(self, tmp_path: Path) -> None:
        assert {name: array.dtype.str for name, array in arrays_of(tmp_path).items()} == ARRAYS
