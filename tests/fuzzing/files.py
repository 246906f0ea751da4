"""Files of every format with one damage, against the intact one (§1.4)."""

import random
from pathlib import Path
from typing import Final

import numpy as np

from sessionstats import Sessions, SessionStatsError, read, write

FORMATS: Final = (".csv", ".jsonl", ".npz", ".parquet")
"""The formats, in turn."""

WITH_DIGEST: Final = (".npz",)
"""Formats in which no byte can change the sessions without an error."""

BYTES: Final = b"\x00\xff\x80\"'\\,;:{}[]\n\r\t 019-+.eETZnN\xef\xbb\xbf"
"""Bytes that mean something somewhere; half of those drawn are others."""


def intact() -> Sessions:
    """Sessions with every kind of value, in every column."""
    n = 60
    texts = ["", "app@1.0", 'a "quoted", b', "été", "line\nbreak", "tab\t", "日本"]
    return Sessions(
        started=np.arange(n) * 3600.25,
        project_id=[1 + i % 3 for i in range(n)],
        release=[texts[i % 7] for i in range(n)],
        environment=[texts[i % 5] for i in range(n)],
        status=[("ok", "exited", "errored", "crashed", "abnormal")[i % 5] for i in range(n)],
        errors=[i % 4 for i in range(n)],
        distinct_id=[None if i % 6 == 0 else f"user-{i % 9}" for i in range(n)],
        duration=[None if i % 4 == 0 else i / 7 for i in range(n)],
        abnormal_mechanism=["anr_foreground" if i % 5 == 4 else "" for i in range(n)],
        quantity=[1 + i % 2 for i in range(n)],
    )


class Files:
    """The intact files, and cases made of them.

    Parameters
    ----------
    folder : Path
        Where files are written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sessions = intact()
        self.data = {}
        for suffix in FORMATS:
            write(self.sessions, folder / f"intact{suffix}")
            self.data[suffix] = (folder / f"intact{suffix}").read_bytes()

    def run(self, seed: int, number: int) -> str:
        """What became of a damaged file: ``same``, ``rejected`` or ``other values``.

        Raises
        ------
        AssertionError
            If rows are lost, an error names no file, or a digest does not notice the damage.
        """
        random_ = random.Random(f"file {seed} {number}")
        suffix = FORMATS[number % len(FORMATS)]
        path = self.folder / f"damaged{suffix}"
        # A text that ends early is still one; that is why files appear under their names when they are whole.
        path.write_bytes(damaged(self.data[suffix], random_, cut_off=suffix != ".csv"))
        try:
            sessions = read(path)
        except SessionStatsError as error:
            rejection = error
        else:
            return self._compared(suffix, sessions)
        assert str(path) in rejection.detail, f"no location: {rejection.detail}"
        return "rejected"

    def _compared(self, suffix: str, sessions: Sessions) -> str:
        if sessions == self.sessions:
            return "same"
        assert suffix not in WITH_DIGEST, "other sessions, despite the digest"
        assert len(sessions) >= len(self.sessions), f"{len(self.sessions) - len(sessions)} rows lost"
        return "other values"


def damaged(data: bytes, random_: random.Random, *, cut_off: bool) -> bytes:
    """The data with one damage: bytes changed, inserted, removed, doubled, or the end cut off."""
    at, width = random_.randrange(len(data)), random_.choice((1, 1, 1, 2, 4, 8))
    some = bytes(
        random_.choice(BYTES) if random_.random() < 0.5 else random_.randrange(256) for _ in range(width)
    )
    kind = random_.randrange(6)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << random_.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + some + data[at:]
    if kind == 2:
        return data[:at] + data[at + width :]
    if kind == 3:
        return data[:at] + data[at : at + width] + data[at:]
    if kind == 4 and cut_off and data[at - 1 : at] not in (b"\n", b"}"):  # not after a whole line
        return data[:at]
    return data[:at] + some + data[at + width :]
