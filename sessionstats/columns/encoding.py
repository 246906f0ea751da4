"""Dictionary encoding: a column as small integers and the values they represent.

1. `encode` replaces each value by its position in the list of distinct values, in order of appearance.
2. A missing value has code −1 where the column allows one (only ``distinct_id`` does, §1.1).
3. Everything after this works on codes; strings are touched once per distinct value.
4. Large sets of texts of which only a few are ever read (users) are `PackedTexts`: no strings at all.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Generic, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.packed import PackedTexts

T = TypeVar("T", bound=Hashable)

MISSING: Final = -1
"""Code of a missing value."""


class Encoded(Generic[T]):
    """A dictionary-encoded column; immutable if `codes` is read-only.

    Parameters
    ----------
    codes : (n,) signed integer array
        Positions in `categories`, or −1 for a missing value.
    categories : sequence or array
        The distinct values, in any order; some may be unused. Kept as a tuple, or as `PackedTexts`.

    Examples
    --------
    >>> column = encode(["b", "a", "b"])
    >>> column.codes.tolist(), column.categories
    ([0, 1, 0], ('b', 'a'))
    >>> column.decode()
    ['b', 'a', 'b']
    """

    __slots__ = ("__dict__", "categories", "codes")
    codes: NDArray[Any]
    categories: Sequence[T]

    def __init__(self, codes: NDArray[Any], categories: Sequence[T] | NDArray[Any]) -> None:
        if not isinstance(categories, PackedTexts):
            categories = tuple(categories.tolist() if isinstance(categories, np.ndarray) else categories)
        object.__setattr__(self, "codes", codes)
        object.__setattr__(self, "categories", categories)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice | NDArray[Any]) -> "Encoded[T]":
        return self.with_codes(self.codes[rows])

    def __repr__(self) -> str:
        return f"Encoded({len(self.codes):,} codes, {len(self.categories):,} categories)"

    def with_codes(self, codes: NDArray[Any]) -> "Encoded[T]":
        """The same categories under other codes; shares what has already been computed for them."""
        other: Encoded[T] = Encoded(codes, self.categories)
        other.__dict__.update(self.__dict__)
        return other

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a column is immutable; {name!r} cannot be set")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Encoded, (self.codes, self.categories))

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Codes in ascending order of their values; text by code point (§7.3)."""
        values = tuple(self.categories)
        return np.array(sorted(range(len(values)), key=values.__getitem__), np.intp)  # type: ignore[arg-type]

    @cached_property
    def ranks(self) -> NDArray[np.intp]:
        """Position of each category in ascending order: ``ranks[codes]`` sorts as the values do (§7.3)."""
        ranks = np.empty(len(self.categories), np.intp)
        ranks[self.order] = np.arange(len(ranks))
        return ranks

    @cached_property
    def code_of(self) -> dict[T, int]:
        """Code of each category."""
        return {value: code for code, value in enumerate(self.categories)}

    @property
    def n_used(self) -> int:
        """Number of categories that occur."""
        used = np.zeros(len(self.categories) + 1, np.bool_)
        used[self.codes] = True  # code −1 marks the last entry
        return int(np.count_nonzero(used[:-1]))

    def decode(self) -> list[T | None]:
        """The values themselves, `None` where missing."""
        values: Mapping[int, T] | Sequence[T] = self.categories
        if isinstance(self.categories, PackedTexts):
            values = {code: self.categories[code] for code in set(self.codes.tolist()) if code != MISSING}
        return [values[code] if code != MISSING else None for code in self.codes.tolist()]


def encode(values: Iterable[T], missing: Collection[object] = ()) -> Encoded[T]:
    """Encode values in order of first appearance.

    Parameters
    ----------
    values : iterable of hashable values
    missing : collection of values
        Those that mean a missing value.

    Returns
    -------
    Encoded
        With ``int32`` codes.

    Examples
    --------
    >>> column = encode(["b", "", "a"], missing=[""])
    >>> column.codes.tolist(), column.categories
    ([0, -1, 1], ('b', 'a'))
    """
    values = values if isinstance(values, list) else list(values)
    distinct = dict.fromkeys(values)
    categories = tuple([value for value in distinct if value not in missing] if missing else distinct)
    if len(distinct) == 1:
        return Encoded(np.full(len(values), len(categories) - 1, np.int32), categories)  # 0, or −1: missing
    code_of: dict[Hashable, int] = dict.fromkeys(distinct, MISSING) if missing else {}
    code_of.update(zip(categories, range(len(categories)), strict=True))
    codes = np.fromiter(map(code_of.__getitem__, values), np.int32, len(values))
    return Encoded(codes, categories)


def concat_encoded(parts: Sequence[Encoded[T]]) -> Encoded[T]:
    """The rows of all parts, one after the other, under one list of categories.

    Examples
    --------
    >>> concat_encoded([encode(["a", "b"]), encode(["c", "b"])]).decode()
    ['a', 'b', 'c', 'b']
    """
    same = under_one_list(parts)
    return same[0].with_codes(joined([part.codes for part in same]))


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The values of all parts, one after the other; a column of one value stays one, without memory.

    Examples
    --------
    >>> ok = np.broadcast_to(np.int8(2), 3)
    >>> joined([ok, ok[:1]]).strides, joined([ok, np.array([1])]).tolist()
    ((0,), [2, 2, 2, 1])
    """
    if all(part.strides == (0,) for part in parts):
        one = max(parts, key=len)[:1]
        if all(part[:1].tobytes() == one.tobytes() for part in parts if len(part)):
            return np.broadcast_to(one, sum(map(len, parts)))
    return np.concatenate(parts)


def under_one_list(parts: Sequence[Encoded[T]]) -> list[Encoded[T]]:
    """The same columns with one list of categories; where categories continue each other it costs nothing.

    Examples
    --------
    >>> first, second = under_one_list([encode(["a"]), encode(["b"])])
    >>> first.codes.tolist(), second.codes.tolist(), second.categories
    ([0], [1], ('a', 'b'))
    """
    if (longest := _continuing(parts)) is not None:
        return [longest.with_codes(part.codes) for part in parts]
    merged, categories = _united([part.categories for part in parts])
    # Code −1 finds the last entry.
    codes = [np.append(new, np.int32(MISSING))[part.codes] for new, part in zip(merged, parts, strict=True)]
    first = Encoded(codes[0], categories)
    return [first, *map(first.with_codes, codes[1:])]


def _continuing(parts: Sequence[Encoded[T]]) -> Encoded[T] | None:
    """The part whose categories equal or extend those of every part; `None` if there is none."""
    longest = max(parts, key=lambda part: len(part.categories))
    return longest if all(_continues(longest.categories, part.categories) for part in parts) else None


def _continues(longer: Sequence[Any], shorter: Sequence[Any]) -> bool:
    if longer is shorter:
        return True
    if isinstance(longer, PackedTexts) and isinstance(shorter, PackedTexts):
        return longer == shorter or (longer.origin is not None and longer.origin is shorter.origin)
    return isinstance(longer, tuple) and longer[: len(shorter)] == shorter


def _united(parts: Sequence[Sequence[Any]]) -> tuple[list[NDArray[np.int32]], Sequence[Any]]:
    """New codes of the categories of each part, and all categories."""
    if any(isinstance(part, PackedTexts) for part in parts):
        texts = TextDictionary()
        return [texts.add(part) for part in parts], texts.texts
    code_of: dict[Any, int] = {}
    merged = [[code_of.setdefault(value, len(code_of)) for value in part] for part in parts]
    return [np.array(codes, np.int32) for codes in merged], tuple(code_of)


def same_values(a: Encoded[T], b: Encoded[T]) -> bool:
    """Whether two columns of one length hold the same values, whatever their codes.

    Examples
    --------
    >>> same_values(encode(["b", "a"]), encode(["a", "b"])[::-1])
    True
    """
    both = concat_encoded([a, b]).codes
    return np.array_equal(both[: len(a)], both[len(a) :])
