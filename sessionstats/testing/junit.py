"""Results as JUnit XML, which continuous integration shows."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Entry(NamedTuple):
    """One line of a test report.

    Parameters
    ----------
    group, name : str
    failure : str
        What is wrong; empty if nothing is.
    skipped : str
        Why it was not tested; empty if it was.
    """

    group: str
    name: str
    failure: str = ""
    skipped: str = ""


def junit(suite: str, cases: Sequence[Entry]) -> str:
    """A test report.

    Examples
    --------
    >>> print(junit("check", [Entry("6.2", "users", failure="3 < 4")]), end="")
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuite name="check" tests="1" failures="1" skipped="0">
    <testcase classname="6.2" name="users"><failure message="3 &lt; 4"></failure></testcase>
    </testsuite>
    """
    failures, skipped = (sum(bool(getattr(case, name)) for case in cases) for name in ("failure", "skipped"))
    counts = f'tests="{len(cases)}" failures="{failures}" skipped="{skipped}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<testsuite name={_attribute(suite)} {counts}>",
        *map(_element, cases),
        "</testsuite>",
    ]
    return "".join(f"{line}\n" for line in lines)


def _element(case: Entry) -> str:
    inside = ""
    if case.failure:
        first, *rest = _allowed(case.failure).split("\n", 1)
        inside = f"<failure message={quoteattr(first)}>{escape(''.join(rest))}</failure>"
    elif case.skipped:
        inside = f"<skipped message={_attribute(case.skipped)}/>"
    return f"<testcase classname={_attribute(case.group)} name={_attribute(case.name)}>{inside}</testcase>"


def _attribute(text: str) -> str:
    return quoteattr(_allowed(text))


def _allowed(text: str) -> str:
    """A text without characters that XML cannot hold, which are written as escapes."""
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)
