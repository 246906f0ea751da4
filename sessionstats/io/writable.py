"""Texts that a format cannot hold are rejected on writing, not found on reading back (§1.4)."""

from collections.abc import Callable
from typing import Final

import numpy as np

from sessionstats.columns.encoding import Encoded
from sessionstats.columns.schema import SESSION, Kind
from sessionstats.columns.values import reject
from sessionstats.sessions import Sessions

LONGEST_CELL: Final = 131_072
"""Characters of the longest cell that Python's CSV reader accepts."""

TEXTS: Final = tuple([column.name for column in SESSION if column.kind in (Kind.TEXT, Kind.USER)])
"""The columns of texts."""


def check_cells(sessions: Sessions) -> None:
    """Reject texts that are too long for a cell of CSV.

    Raises
    ------
    DataError
        Naming the column and the first such row.

    Examples
    --------
    >>> sessions = Sessions(started=[0], project_id=[1], status=["ok"], release=["x" * 131_073])
    >>> check_cells(sessions)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sessionstats.errors.DataError: column 'release', row 0: more than 131072 characters, which a cell ...
    """
    problem = f"more than {LONGEST_CELL} characters, which a cell of CSV cannot hold"
    for name in TEXTS:
        reject_texts(name, getattr(sessions, name), lambda text: len(text) > LONGEST_CELL, problem)


def reject_surrogates(name: str, column: Encoded[str]) -> None:
    """Reject lone surrogates, which JSON can write but UTF-8 cannot.

    Raises
    ------
    DataError
        Naming the column and the first such row.
    """
    reject_texts(name, column, _has_surrogate, "a lone surrogate, which a text of Arrow cannot hold")


def reject_texts(name: str, column: Encoded[str], wrong: Callable[[str], bool], problem: str) -> None:
    """Reject the first row whose text is invalid; texts that no row uses do not matter."""
    by_category = np.fromiter(map(wrong, column.categories), np.bool_, len(column.categories))
    if by_category.any():
        rows = np.append(by_category, False)[column.codes].nonzero()[0]  # code −1 finds the last
        if len(rows):
            reject(name, problem, int(rows[0]), column.categories[column.codes[rows[0]]])


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
