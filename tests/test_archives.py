"""Archives in .npz form: a file from anywhere is judged like any other input (§1.4).

That what is written is read back to the bit is shown in `tests.test_files`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessionstats import DataError, SessionStatsError, sample
from sessionstats.io.npz import load_npz, save_npz
from tests.test_files import put


class TestNpz:
    """Columns as in memory; a file may come from anywhere, and is judged like any other input (§1.4)."""

    def saved(self, path: Path, **changes: Any) -> Path:
        """A good file with some of its arrays replaced, or left out where `None`."""
        save_npz(sample(3), path / "good.npz")
        with np.load(path / "good.npz") as good:
            arrays = {**good, **{name.replace("__", "."): array for name, array in changes.items()}}
        np.savez(path / "x.npz", **{name: array for name, array in arrays.items() if array is not None})
        return path / "x.npz"

    @pytest.mark.parametrize(
        "changes",
        [
            {"format": None},
            {"format": np.array("sessionstats 2")},
            {"started": None},
            {"started": np.array(["a", "b", "c"])},
            {"started": np.zeros(3, np.float64)},
            {"release__codes": None},
            {"release__texts": np.frombuffer(b"\xff" * 100, np.uint8)},
            {"release__ends": np.array([0.5])},
            {"project_id__texts": np.frombuffer(b"x" * 9, np.uint8)},
            {"distinct_id__texts": np.array([{}], object)},
        ],
    )
    def test_foreign(self, changes: dict[str, Any], tmp_path: Path) -> None:
        path = self.saved(tmp_path, **changes)
        with pytest.raises(SessionStatsError, match="not a file that save_npz wrote") as caught:
            load_npz(path)
        assert caught.value.detail.startswith(f"{path}: ")

    @pytest.mark.parametrize(
        ("changes", "detail"),
        [
            ({"errors": np.array([0, -1, 0])}, "column 'errors', row 1: negative count: -1"),
            ({"errors": np.array([0, 1])}, "column 'errors': has 2 rows, but 'started' has 3"),
            ({"status": np.array([0, 1, 6])}, "column 'status', row 2: code outside of 6 categories: 6"),
            ({"release__codes": np.array([0, -1, 0])}, None),
            ({"duration": np.array([1, 2, -3.0])}, "column 'duration', row 2: negative duration: -3.0"),
        ],
    )
    def test_wrong_values(self, changes: dict[str, Any], detail: str | None, tmp_path: Path) -> None:
        path = self.saved(tmp_path, **changes)
        with pytest.raises(DataError) as caught:
            load_npz(path)
        assert caught.value.detail.startswith(f"{path}, column ")
        assert detail is None or caught.value.detail == f"{path}, {detail}"

    def test_truncated_at_every_length(self, tmp_path: Path) -> None:
        """No length of the file is taken for a whole one, none crashes."""
        save_npz(sample(2), tmp_path / "x.npz")
        whole = (tmp_path / "x.npz").read_bytes()
        for length in range(0, len(whole), 7):
            with pytest.raises(SessionStatsError, match="not a file that save_npz wrote"):
                load_npz(put(tmp_path / "y.npz", whole[:length]))

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
    def test_changed_anywhere(self, place: float, byte: int, tmp_path: Path) -> None:
        """Whatever a byte becomes, the sessions are the same or an error says so."""
        save_npz(sample(2), tmp_path / "x.npz")
        data = bytearray((tmp_path / "x.npz").read_bytes())
        data[int(place * len(data))] = byte
        try:
            loaded = load_npz(put(tmp_path / "y.npz", bytes(data)))
        except SessionStatsError:
            return
        assert loaded == sample(2)

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x93NUMPY", b"hello", b"\x80\x04."])
    def test_other_files(self, data: bytes, tmp_path: Path) -> None:
        with pytest.raises(SessionStatsError, match="not a file that save_npz wrote"):
            load_npz(put(tmp_path / "x.npz", data))

    def test_single_array(self, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.arange(3))
        with pytest.raises(SessionStatsError, match="not a file that save_npz wrote"):
            load_npz(tmp_path / "x.npy")
