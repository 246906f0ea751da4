"""Keys of summaries in four bytes: what is taken out is what was put in (§6.7)."""

import pickle
from itertools import chain
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats.engines.summaries import tallies
from sessionstats.engines.summaries.sorted_keys import MOST_RANGES, SortedKeys

RANGE = 2**32
SHAPES = ((1, 1, 7), (1, 2, RANGE // 2), (3, RANGE, 1), (MOST_RANGES, 2**16, 2**16), (2**30, 2**30, 7))


@st.composite
def keys_of_a_shape(draw: st.DrawFn) -> tuple[tallies.Shape, list[list[int]]]:
    shape = draw(st.sampled_from(SHAPES))
    end = shape[0] * shape[1] * shape[2]
    edges = [key for upper in (1, 2, MOST_RANGES - 1) for key in range(upper * RANGE - 2, upper * RANGE + 2)]
    key = st.sampled_from([0, end - 1, *(edge for edge in edges if edge < end)]) | st.integers(0, end - 1)
    return shape, draw(st.lists(st.lists(key), min_size=1, max_size=4))


def tally(shape: tallies.Shape, keys: list[int]) -> tallies.Tally:
    places = np.unravel_index(np.array(keys, np.int64), shape)
    return tallies.tally(shape, places, np.ones(len(keys), np.int64), np.add)


@given(keys_of_a_shape(), st.integers(1, 5))
def test_keys_come_back(given: tuple[tallies.Shape, list[list[int]]], block: int) -> None:
    shape, parts = given
    with mock.patch.object(tallies, "KEYS_TOGETHER", block):
        together = tallies.merged([tally(shape, part) for part in parts], np.add)
        places = [np.ravel_multi_index(at, shape).tolist() for *at, _ in together.blocks(3)]
    everything = list(chain.from_iterable(parts))
    expected = sorted(set(everything))
    assert together == tally(shape, everything) == pickle.loads(pickle.dumps(together))
    assert together.keys[:].tolist() == list(chain.from_iterable(places)) == expected
    assert together.numbers.tolist() == [everything.count(key) for key in expected]
    for at, key in enumerate(expected):
        assert together.keys[at : at + 2].tolist() == expected[at : at + 2]
        assert [together.keys.find(near) for near in (key, key + 1)] == [at, at + 1]


@pytest.mark.parametrize(("shape", "size"), [*zip(SHAPES, (4, 4, 4, 4, 8), strict=True)])
def test_four_bytes_are_enough_unless_keys_are_huge(shape: tallies.Shape, size: int) -> None:
    keys = tally(shape, [0, 3]).keys
    assert keys.low.itemsize == size
    assert keys != SortedKeys(keys.low, np.append(keys.begins, 1))
    assert keys != "keys"


def test_the_largest_keys_are_renumbered() -> None:
    """§6.7: their last bits, too, which binary64 does not hold."""
    places = [np.array([0, 2**30 - 1]), np.array([5, 2**30 - 1]), np.array([1, 0])]
    last = tallies.tally((2**30, 2**30, 2), places, np.array([3, 5]), np.add)
    moved = last.renumbered((2**30, 2**30, 7), (None, None, np.array([2, 6])))
    assert moved.keys[:].tolist() == [5 * 7 + 6, (2**60 - 1) * 7 + 2]
    assert moved.numbers.tolist() == [3, 5]


def test_keys_of_later_ranges_are_read_alone() -> None:
    """Though the first ranges end before them."""
    keys = tally((3, RANGE, 1), [1, RANGE + 2, 2 * RANGE + 3]).keys
    assert [keys[at:].tolist() for at in (1, 2, 3)] == [[RANGE + 2, 2 * RANGE + 3], [2 * RANGE + 3], []]


def test_tallies_of_more_positions_than_32_bits_number() -> None:
    """§6.7: keys just past 2**32 do not wrap."""
    places = [np.array([0, 0]), np.array([0, 2**16]), np.array([1, 1])]
    wide = tallies.tally((1, 2**16 + 1, 2**16), places, np.array([3, 5]), np.add)
    assert wide.keys[:].tolist() == [1, 2**32 + 1]
    (block,) = wide.blocks(1)
    assert [axis.tolist() for axis in block] == [[0, 0], [0, 2**16], [1, 1], [3, 5]]
    last = [np.array([0]), np.array([2**16 - 1]), np.array([2**16 - 1])]
    narrow = tallies.tally((1, 2**16, 2**16), last, np.array([1]), np.add)
    assert narrow.keys[:].tolist() == [2**32 - 1]
