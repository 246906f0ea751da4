"""Columns of Arrow texts as codes and distinct texts (extra ``arrow``).

1. Texts that are already a dictionary are looked up once per value of each dictionary, whatever the number of
   rows; chunks that share a dictionary, as those of a row group do, share its codes.
2. Other columns of few texts (releases, environments) are first turned into dictionaries by Arrow. Columns of
   many (users, session ids) go from Arrow's bytes straight to codes (`columns.dictionary`), which is faster.
3. A null is the empty text.
4. Arrow does not guarantee that texts are UTF-8, so they are validated.
"""

from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from sessionstats.columns.dictionary import TextDictionary
from sessionstats.columns.encoding import MISSING, Encoded
from sessionstats.columns.packed import PackedTexts
from sessionstats.columns.values import reject
from sessionstats.errors import DataError
from sessionstats.io.arrow_buffers import nulls_of, numbers_of, texts_of
from sessionstats.io.optional import needed

MANY: Final = ("distinct_id", "session_id")
"""Columns that may have as many texts as rows, and whose texts are rarely read."""


def encoded_texts(name: str, column: Any, texts: TextDictionary | None = None) -> Encoded[str]:
    """A column of texts, encoded.

    Parameters
    ----------
    name : str
        Column name.
    column : pyarrow.ChunkedArray
        Texts of any Arrow type of text, or dictionaries of them.
    texts : TextDictionary, optional
        New texts are added to it.

    Returns
    -------
    Encoded

    Raises
    ------
    DataError
        If a text is not UTF-8.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts = encoded_texts("release", pa.chunked_array([["b", None], ["b", "a"]]))
    >>> texts.codes.tolist(), texts.categories
    ([0, 2, 0, 1], ('b', 'a', ''))
    """
    types = needed("pyarrow", "arrow").types
    if not types.is_dictionary(column.type) and name not in MANY:
        column = column.dictionary_encode()
    texts = TextDictionary() if texts is None else texts
    known: dict[tuple[int, ...], NDArray[np.int32]] = {}
    try:
        if types.is_dictionary(column.type):
            parts = [_codes_of_dictionary(chunk, texts, known) for chunk in column.chunks]
        else:
            parts = [_codes_of_texts(chunk, texts) for chunk in column.chunks]
    except needed("pyarrow", "arrow").ArrowInvalid:
        _reject_first_bytes(name, column)
    # Casting a column of no rows leaves no chunks.
    codes = parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int32), *parts])
    return Encoded(codes, texts.texts if name in MANY else texts.strings)


def _codes_of_dictionary(
    chunk: Any, texts: TextDictionary, known: dict[tuple[int, ...], NDArray[np.int32]]
) -> NDArray[np.int32]:
    values = chunk.dictionary
    place = (len(values), values.offset, *[0 if b is None else b.address for b in values.buffers()])
    codes = known.get(place)
    if codes is None:
        codes = known[place] = _codes_of_texts(values, texts)
    places, nulls = numbers_of(chunk.indices), nulls_of(chunk.indices)
    if nulls is not None:
        codes = np.append(codes, texts.add([""]))
        places = np.where(nulls, len(codes) - 1, places.astype(np.intp))
    if places.dtype == np.int32 and np.array_equal(codes, np.arange(len(codes))):
        return places  # already the codes: used without a copy
    taken: NDArray[np.int32] = codes.take(places)
    return taken


def _codes_of_texts(array: Any, texts: TextDictionary) -> NDArray[np.int32]:
    pa = needed("pyarrow", "arrow")
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        array = array.cast(pa.large_string())  # views of strings
    array.validate(full=True)
    data, offsets = texts_of(array)
    nulls = nulls_of(array)
    if nulls is not None and np.diff(offsets)[nulls].any():  # nulls may hide bytes
        data, offsets = texts_of(array.fill_null(""))
    return texts.add_utf8(data, offsets)


def _reject_first_bytes(name: str, column: Any) -> NoReturn:
    """Reject the first text that is not UTF-8."""
    pa = needed("pyarrow", "arrow")
    texts = column.cast(pa.large_string()).cast(pa.large_binary())
    for row, value in enumerate(texts.to_pylist()):
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            reject(name, "not UTF-8", row, value)
    raise DataError("a dictionary with a text that is not UTF-8", column=name)


def dictionary_array(column: Encoded[str]) -> Any:
    """An encoded column of texts as a `pyarrow.DictionaryArray`; missing values are null.

    Examples
    --------
    >>> dictionary_array(Encoded(np.array([1, -1]), ["a", "b"])).to_pylist()
    ['b', None]
    """
    pa = needed("pyarrow", "arrow")
    missing = column.codes == MISSING
    codes = pa.array(column.codes.astype(np.int32, copy=False), mask=missing if missing.any() else None)
    if isinstance(column.categories, PackedTexts):
        data, offsets = column.categories.utf8()
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        texts = pa.Array.from_buffers(pa.large_string(), len(column.categories), buffers)
        texts.validate(full=True)  # lone surrogates, which a JSON file may hold, are not valid text in Arrow
    else:
        texts = pa.array(column.categories, pa.string())
    return pa.DictionaryArray.from_arrays(codes, texts)
