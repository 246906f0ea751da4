"""Packed texts and the dictionary that grows: identity is equality of whole texts (§1.1, §6.2)."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionstats.columns import dictionary
from sessionstats.columns.dictionary import TextDictionary, mixed
from sessionstats.columns.packed import Column, PackedTexts, utf8_of, word_columns
from sessionstats.engines.summaries.sorted_sets import SortedTexts

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.text("ab\0é\U0001f600\ud800", max_size=20),
        st.sampled_from(
            ["", "\0", "a", "a\0", "a" * 7, "a" * 8, "a" * 9, "a" * 16, "a" * 8 + "\0", "b" * 300]
        ),
    ),
    max_size=60,
)
"""Texts that differ slightly: in length, in NULs, in what comes after whole words."""

HASHES: dict[str, Callable[[list[Column], int], np.ndarray]] = {
    "good": mixed,
    "all equal": lambda columns, n: np.zeros(n, np.uint64),
    "equal upper bits": lambda columns, n: mixed(columns, n) & ~dictionary.UPPER,
    "equal lower bits": lambda columns, n: mixed(columns, n) & dictionary.UPPER,
    "four": lambda columns, n: mixed(columns, n) & np.uint64(0x1_0000_0001),
}
"""Hashes from good to useless."""


@given(TEXTS)
def test_packed_texts_are_the_texts(texts: list[str]) -> None:
    distinct = list(dict.fromkeys(texts))
    packed = PackedTexts.of(distinct)
    assert list(packed) == [packed[place] for place in range(len(packed))] == distinct
    assert [packed.find(text) for text in distinct] == list(range(len(distinct)))
    data, offsets = packed.utf8()
    expected = utf8_of(distinct)
    assert data.tobytes() == expected[0].tobytes()
    assert offsets.tolist() == expected[1].tolist()
    assert pickle.loads(pickle.dumps(packed)) == packed
    assert packed != PackedTexts.of([*distinct, "one more" * 50])
    assert list(packed.take(np.arange(len(distinct))[::-2])) == distinct[::-2]
    assert "not there at all" not in packed


@given(TEXTS)
def test_packed_texts_in_order_are_the_texts_in_order(texts: list[str]) -> None:
    """§6.7: a summary has no trace of how its users were kept."""
    distinct = list(dict.fromkeys(text for text in texts if text))
    expected, ranks = SortedTexts.of(distinct)
    packed, packed_ranks = SortedTexts.of(PackedTexts.of(distinct))
    assert packed == expected
    assert packed.decode() == sorted(
        distinct, key=lambda text: (len(raw := text.encode("utf-8", "surrogatepass")), raw)
    )
    assert packed_ranks.tolist() == ranks.tolist()


def test_packed_texts_as_a_sequence() -> None:
    texts = PackedTexts.of(["ann", "ben", "cleo"])
    assert (texts[-1], texts[1:], texts.index("ben")) == ("cleo", ("ben", "cleo"), 1)
    assert repr(texts) == "PackedTexts(3 texts, 56 bytes)"
    assert texts != ["ann", "ben", "cleo"]
    with pytest.raises(ValueError, match="'dan' is not one of the texts"):
        texts.index("dan")
    with pytest.raises(ValueError, match="'ann' is not one of the texts"):
        texts.index("ann", 1)
    with pytest.raises(IndexError):
        texts[3]


@settings(max_examples=40)
@pytest.mark.parametrize("hashing", HASHES)
@given(blocks=st.lists(TEXTS, max_size=5), block=st.sampled_from([1, 3, 64]))
def test_codes_are_those_of_a_dict(hashing: str, blocks: list[list[str]], block: int) -> None:
    """§1.1: one user is one text, whatever its hash."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dictionary, "mixed", HASHES[hashing])
        patch.setattr(dictionary, "TEXTS_TOGETHER", block)
        patch.setattr(dictionary, "FIRST_SLOTS", 4)
        users = TextDictionary(["", "first"])
        code_of, earlier = {"": 0, "first": 1}, users.texts
        for texts in blocks:
            codes = users.add(texts).tolist()
            new = dict.fromkeys(text for text in texts if text not in code_of)
            assert sorted(codes[texts.index(text)] for text in new) == [*range(len(code_of), len(users))]
            code_of |= {text: codes[texts.index(text)] for text in new}
            assert codes == [code_of[text] for text in texts]
        assert len(users) == len(code_of)
        assert list(users.texts) == sorted(code_of, key=code_of.__getitem__)
        assert {text: users.find(text) for text in code_of} == code_of
        assert users.find("not there at all") == -1
        assert [earlier.find(text) for text in code_of] == [0, 1, *[-1] * (len(code_of) - 2)]


def test_many_texts() -> None:
    """The table grows, and codes stay; within a block they are in the order of first appearance."""
    numbers = np.random.default_rng(0).integers(0, 100_000, 300_000)
    texts = [f"user-{number}" for number in numbers.tolist()]
    users = TextDictionary()
    codes = users.add(texts)
    code_of = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    assert codes.tolist() == [code_of[text] for text in texts]
    assert (users.add(texts[::-1]) == codes[::-1]).all()
    assert (users.add(users.texts) == np.arange(len(users))).all()
    assert users.texts.nbytes < 28 * len(users)


def test_texts_taken_out_stay_as_they_are() -> None:
    users = TextDictionary(["ann"])
    before = users.texts
    users.add([f"user-{number}" for number in range(5000)])
    assert list(before) == ["ann"]


def test_texts_anywhere_in_the_bytes() -> None:
    """A block may begin and end anywhere, with or without bytes after it."""
    data, offsets = np.frombuffer(b"xxannbenxxxxxxxxxx", np.uint8), np.array([2, 5, 8], np.int32)
    assert list(_added(data, offsets)) == list(_added(data[:8], offsets)) == ["ann", "ben"]
    assert word_columns(*utf8_of([])) == []


def _added(data: np.ndarray, offsets: np.ndarray) -> PackedTexts:
    users = TextDictionary()
    users.add_utf8(data, offsets)
    return users.texts
