"""Files that appear under their names only when they are complete.

1. A file is written next to its final name, under a hidden one, and renamed at the end: a reader finds
   the old file or the new one, never a part.
2. If writing fails or is interrupted, the partial file is removed, and the error names the file.
3. Anything but a regular file, such as a pipe or a terminal, cannot be replaced, and is written to directly.
"""

import os
import secrets
import stat
from collections.abc import Callable
from os import PathLike
from pathlib import Path


def whole(path: str | PathLike[str], write: Callable[[str], object]) -> None:
    """Write a file completely or not at all.

    Parameters
    ----------
    path : str or path
        Replaced if it exists; a symbolic link stays one, and its target is replaced.
    write : function of a path
        Writes the file to that path.

    Raises
    ------
    OSError
        If the file cannot be written; it names `path`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     whole(f"{folder}/hello", lambda path: Path(path).write_text("hello"))
    ...     os.listdir(folder)
    ['hello']
    """
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode if os.path.exists(target) else None
        if mode is not None and not stat.S_ISREG(mode):
            write(target)
            return
        _replace(target, mode, write)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from None


def whole_text(path: str | PathLike[str], text: str) -> None:
    """Write a text file completely or not at all, in UTF-8, its lines as they are; raises as `whole` does."""
    whole(path, lambda part: Path(part).write_text(text, encoding="utf-8", newline="\n"))


def _replace(target: str, mode: int | None, write: Callable[[str], object]) -> None:
    folder, name = os.path.split(target)
    part = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(4)}.part")
    try:
        write(part)
        if mode is not None:
            os.chmod(part, stat.S_IMODE(mode))
        os.replace(part, target)
    except BaseException:
        if os.path.exists(part):
            os.unlink(part)
        raise
