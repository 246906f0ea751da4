"""One column of texts, users, projects or statuses at a time, dictionary-encoded (§1.1, §1.4).

1. Texts come as a list, an array of strings, or an `Encoded`, which is used as is after a check:
   codes within the categories, categories distinct and of the right type.
2. A missing text is ``""``.
3. A user is a text; an integer is the user of its decimal text. ``""``, a missing value and the nil UUID
   are not users: code −1.
4. A project is an integer of at least 1.
5. A status is one of `STATUSES`, those of every edition; its code is its position there.
"""

from types import NoneType
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.encoding import MISSING, Encoded, encode
from sessionstats.columns.numbers import INT64_MAX, integer_column
from sessionstats.columns.packed import PackedTexts
from sessionstats.columns.values import (
    Values,
    constant,
    frozen,
    items_of,
    python_values,
    reject,
    reject_first,
)
from sessionstats.errors import DataError
from sessionstats.health import STATUSES

NO_USER: Final = (None, "", "0" * 32, "00000000-0000-0000-0000-000000000000")
"""Values of ``distinct_id`` that mean no user; the last two spell the nil UUID (§1.1)."""

STATUS_CODE: Final = {status: code for code, status in enumerate(STATUSES)}
"""Code of each status: its severity (§1.2)."""

UNKNOWN: Final = -1
"""Code of a text that is not a status."""

DENSE: Final = 4
"""Integers are encoded through a table if their range is at most this many times their number: a table of
that size costs less than sorting them."""

K = TypeVar("K", str, int)


def text_column(name: str, values: Values, default: str | None = "") -> Encoded[str]:
    """A column of texts.

    Parameters
    ----------
    name : str
        Column name, for errors.
    values : iterable of str and None, array of strings, or Encoded
    default : str or None
        What a missing value means; `None` if it is not allowed.

    Returns
    -------
    Encoded
        With read-only codes.

    Raises
    ------
    DataError
        If a value is not a text, or an `Encoded` is inconsistent.

    Examples
    --------
    >>> text_column("release", ["b", None, "b"]).decode()
    ['b', '', 'b']
    """
    if isinstance(values, Encoded):
        _check_encoded(name, values, least_code=0)
        _check_categories(name, "a text", values, (str,))
        return _frozen_codes(values, values.codes)
    texts = python_values(name, "a text", _list_of(name, values), (str,), default)
    return _frozen_codes(encode(texts))


def user_column(values: Values) -> Encoded[str]:
    """Users, code −1 where there is none.

    Parameters
    ----------
    values : iterable of str, int and None, array of strings or integers, or Encoded

    Returns
    -------
    Encoded
        With read-only codes.

    Raises
    ------
    DataError
        If a value is neither a text nor an integer, or an `Encoded` is inconsistent.

    Examples
    --------
    >>> user_column(["b", 7, "7", "", "0" * 32]).decode()
    ['b', '7', '7', None, None]
    """
    name = "distinct_id"
    if isinstance(values, Encoded):
        _check_encoded(name, values, least_code=MISSING)
        _check_categories(name, "a text or an integer", values, (str, int))
        return _frozen_codes(_canonical_users(values), values.codes)
    items = items_of(name, values)
    if isinstance(items, np.ndarray):
        if items.dtype.kind in "iu":
            return _frozen_codes(_canonical_users(encode_integers(items)))
        items = items.tolist()
    if not set(map(type, items)).issubset((str, NoneType)):
        items = python_values(name, "a text or an integer", items, (str, int), "")
        items = [_user_text(row, value) for row, value in enumerate(items)]
    return _frozen_codes(encode(items, missing=NO_USER))


def project_column(values: Values) -> Encoded[int]:
    """Projects.

    Parameters
    ----------
    values : iterable of int, array of integers, or Encoded

    Returns
    -------
    Encoded
        With read-only codes.

    Raises
    ------
    DataError
        If a value is not an integer or is less than 1, or an `Encoded` is inconsistent.

    Examples
    --------
    >>> project_column([7, 1, 7]).decode()
    [7, 1, 7]
    """
    name = "project_id"
    if isinstance(values, Encoded):
        _check_encoded(name, values, least_code=0)
        _check_categories(name, "an integer", values, (int,))
        integer_column(name, values.categories, default=None, least=1)
        return _frozen_codes(values, values.codes)
    items = items_of(name, values)
    if isinstance(items, np.ndarray):
        return _frozen_codes(encode_integers(integer_column(name, items, default=None, least=1)))
    column = encode(python_values(name, "an integer", items, (int,), None))
    if column.categories and not 1 <= min(column.categories) <= max(column.categories) <= INT64_MAX:
        integer_column(name, items, default=None, least=1)  # rejects, naming the row
    return _frozen_codes(column)


def status_column(values: Values) -> NDArray[np.int8]:
    """Statuses as codes into `STATUSES`.

    Parameters
    ----------
    values : iterable of str, array of strings, or Encoded

    Returns
    -------
    (n,) int8, read-only

    Raises
    ------
    DataError
        If a value is not a status.

    Examples
    --------
    >>> status_column(["ok", "crashed"])
    array([0, 5], dtype=int8)
    """
    column = text_column("status", values, default=None)
    by_category = [STATUS_CODE.get(text, UNKNOWN) for text in column.categories]
    codes = np.array(by_category, np.int8)[column.codes]
    if UNKNOWN in by_category:
        reject_first("status", "unknown status", codes == UNKNOWN, column.decode())
    return frozen(codes)


def empty_texts(n: int) -> Encoded[str]:
    """A column of empty texts."""
    return Encoded(constant(0, n, np.int32), ("",))


def no_users(n: int) -> Encoded[str]:
    """A column without users."""
    return Encoded(constant(MISSING, n, np.int32), ())


def encode_integers(values: NDArray[np.integer[Any]]) -> Encoded[int]:
    """Encode an array of integers, with ascending categories.

    Examples
    --------
    >>> encode_integers(np.array([7, 1, 7])).decode()
    [7, 1, 7]
    """
    n = len(values)
    if not n:
        return Encoded(np.empty(0, np.int32), ())
    if values.dtype != np.uint64:  # the only type whose values int64 may not hold
        values = values.astype(np.int64, copy=False)
    least = values.min()
    width = int(values.max()) - int(least) + 1
    if width > DENSE * n:
        distinct, codes = np.unique(values, return_inverse=True)
        return Encoded(codes.astype(np.int32), distinct.tolist())
    places = (values - least).astype(np.intp, copy=False)
    used = np.zeros(width, np.bool_)
    used[places] = True
    code_of = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return Encoded(code_of[places], (np.flatnonzero(used).astype(values.dtype) + least).tolist())


def _list_of(name: str, values: Values) -> list[Any]:
    items = items_of(name, values)
    return items.tolist() if isinstance(items, np.ndarray) else items


def _frozen_codes(column: Encoded[K], given: object = None) -> Encoded[K]:
    """The column with read-only int32 codes, copied if they are the caller's writable ones."""
    codes = frozen(column.codes.astype(np.int32, copy=False), given)
    return column if codes is column.codes else column.with_codes(codes)


def _user_text(row: int | None, value: str | int) -> str:
    try:
        return str(value)
    except ValueError:  # Python does not convert integers of more than 4300 digits to text
        raise DataError("integer of too many digits", column="distinct_id", row=row, value=value) from None


def _canonical_users(column: Encoded[Any]) -> Encoded[str]:
    """Categories as texts, without those that mean no user."""
    if isinstance(column.categories, PackedTexts):
        found = [code for text in NO_USER if text is not None and (code := column.categories.find(text)) >= 0]
        return column.with_codes(_without(column.codes, found)) if found else column
    if set(map(type, column.categories)) <= {str} and not column.code_of.keys() & set(NO_USER):
        return column
    texts = encode((_user_text(None, value) for value in column.categories), missing=NO_USER)
    code_of = np.append(texts.codes, np.int32(MISSING))
    return texts.with_codes(code_of[column.codes])


def _without(codes: NDArray[Any], these: list[int]) -> NDArray[Any]:
    """Codes, with `MISSING` for the given ones."""
    kept = codes.copy()
    for code in these:
        kept[codes == code] = MISSING
    return kept


def _check_encoded(name: str, column: Encoded[Any], least_code: int) -> None:
    codes, size = column.codes, len(column.categories)
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        reject(name, "codes are not a column of integers", None, codes)
    if len(codes) and (codes.min() < least_code or codes.max() >= size):
        wrong = (codes < least_code) | (codes >= size)
        reject_first(name, f"code outside of {size} categories", wrong, codes)


def _check_categories(name: str, expected: str, column: Encoded[Any], allowed: tuple[type, ...]) -> None:
    """Reject a category of a wrong type, naming the first row that has it, and one that occurs twice."""
    if isinstance(column.categories, PackedTexts):
        return  # distinct texts, however they were made
    if not set(map(type, column.categories)).issubset(allowed):
        code, value = next((c, v) for c, v in enumerate(column.categories) if type(v) not in allowed)
        rows = np.flatnonzero(column.codes == code)
        reject(name, f"not {expected}", int(rows[0]) if len(rows) else None, value)
    if len(column.code_of) < len(column.categories):
        twice = next(v for c, v in enumerate(column.categories) if column.code_of[v] != c)
        reject(name, "category occurs twice", None, twice)
