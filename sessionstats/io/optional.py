"""Optional packages: Arrow, Parquet and Dask.

1. The kernel needs only NumPy. Everything else comes with an extra, and is imported when it is first
   needed.
2. A package that is not installed is an error that says how to install it.
"""

from importlib import import_module
from typing import Any

from sessionstats.errors import SessionStatsError


class MissingPackageError(SessionStatsError, ImportError):
    """A package that something optional needs is not installed."""


def needed(package: str, extra: str) -> Any:
    """Import an optional package.

    Parameters
    ----------
    package : str
        Name of the module.
    extra : str
        The extra of ``sessionstats`` that installs it.

    Raises
    ------
    MissingPackageError
        If it is not installed.

    Examples
    --------
    >>> needed("no_such_package", "arrow")
    Traceback (most recent call last):
        ...
    sessionstats.io.optional.MissingPackageError: this needs no_such_package, which is not installed: \
pip install "sessionstats[arrow]"
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package.partition(".")[0]:
            raise
        name = package.partition(".")[0]
        raise MissingPackageError(
            f'this needs {name}, which is not installed: pip install "sessionstats[{extra}]"'
        ) from None
