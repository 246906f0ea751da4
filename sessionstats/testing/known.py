"""Findings that are known already, so that a check reports only what is new.

1. A list of known findings is a JSON list of objects with ``diagnosis``, ``field`` or ``section``, and a
   ``reason``: without one an entry is rejected.
2. An entry with a diagnosis covers what that bug explains; one with a field or a section covers all findings
   there.
3. An entry that nothing matched in a check is reported: it may be out of date.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

from sessionstats.errors import SessionStatsError
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.findings import Finding

SUBJECTS: Final = ("diagnosis", "field", "section")
"""What an entry can name: one of these."""


@dataclass(frozen=True)
class Known:
    """A known finding.

    Parameters
    ----------
    subject : str
        ``diagnosis``, ``field`` or ``section``.
    name : str
        Which one.
    reason : str
        Why it is not to be reported.
    """

    subject: str
    name: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is at the field or section that the entry names."""
        if self.subject == "field":
            return finding.path.field == self.name
        return self.subject == "section" and finding.section == self.name

    def __str__(self) -> str:
        return f"{self.subject} {self.name} ({self.reason})"


def read_known(path: str | PathLike[str]) -> tuple[Known, ...]:
    """Read a file of known findings.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    SessionStatsError
        If it is not such a file; the text says which entry is wrong, and why.
    """
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SessionStatsError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SessionStatsError(f"{path}: not JSON: {error}") from None
    if not isinstance(entries, list):
        raise SessionStatsError(f"{path}: a list of known findings is expected")
    return known_findings(entries, str(path))


def known_findings(entries: Iterable[Any], origin: str = "known") -> tuple[Known, ...]:
    """Known findings from decoded JSON.

    Examples
    --------
    >>> known_findings([{"diagnosis": "nil-user-counted", "reason": "fixed in the next release"}])
    (Known(subject='diagnosis', name='nil-user-counted', reason='fixed in the next release'),)
    >>> known_findings([{"field": "max(session.duration)"}])
    Traceback (most recent call last):
        ...
    sessionstats.errors.SessionStatsError: known: entry 1: a reason is missing
    """
    return tuple(_known(entry, f"{origin}: entry {number}") for number, entry in enumerate(entries, 1))


def _known(entry: Any, where: str) -> Known:
    if not isinstance(entry, Mapping) or not all(isinstance(value, str) for value in entry.values()):
        raise SessionStatsError(f"{where}: an object of texts is expected")
    if not entry.get("reason", "").strip():
        raise SessionStatsError(f"{where}: a reason is missing")
    subjects = [name for name in entry if name != "reason"]
    if len(subjects) != 1 or subjects[0] not in SUBJECTS:
        raise SessionStatsError(f"{where}: one of {', '.join(SUBJECTS)} is expected, not {subjects}")
    subject = subjects[0]
    if subject == "diagnosis" and entry[subject] not in BY_ID:
        raise SessionStatsError(f"{where}: there is no diagnosis {entry[subject]!r}")
    return Known(subject, entry[subject], entry["reason"])
