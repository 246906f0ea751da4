"""Case files: one finding each, to be run again anywhere.

1. A case file holds a finding as the JSON report does, so that it can be read without this package; only its
   ``case``, a request of the protocol (§9), is needed to run it again.
2. The expected answer is not taken from the file: the kernel answers anew.
3. The file of a pending request, one line of the protocol, is a case file too.
4. A file appears under its name when it is complete, and replaces what was there: nothing is written through
   a link. Case files of an earlier check are moved aside, so that those of one check are together.
"""

import json
import os
from collections.abc import Iterable, Sequence
from functools import partial
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any, Final

from sessionstats.errors import SessionStatsError
from sessionstats.testing.attempts import Case, Failure, Implementation, attempt
from sessionstats.testing.explanations import explain_failure
from sessionstats.testing.known import Known
from sessionstats.testing.report import FORMAT, Report, finding_to_dict
from sessionstats.testing.suspects import Suspect, Watch, symptoms
from sessionstats.testing.tallies import Tally
from sessionstats.testing.tolerance import ROUNDED, Tolerance
from sessionstats.vectors import load

SCHEMA: Final = "report.schema.json"
"""The JSON Schema of a report, beside this module."""


CASE_FILES: Final = "[0-9][0-9]-*.json"
"""The names that `save` gives."""

EARLIER: Final = "earlier"
"""The subdirectory of case files of earlier checks."""


def report_schema() -> dict[str, Any]:
    """JSON Schema of `Report.to_dict`."""
    described: dict[str, Any] = json.loads(files(__package__).joinpath(SCHEMA).read_text(encoding="utf-8"))
    return described


def put_aside(directory: Path) -> list[Path]:
    """Move the case files of an earlier check to a subdirectory of their own.

    Returns
    -------
    list of path
        Where they are now; one of the same name there is replaced.
    """
    earlier = [path for path in sorted(directory.glob(CASE_FILES)) if _is_ours(path)]
    if not earlier:
        return []
    aside = directory / EARLIER
    aside.mkdir(exist_ok=True)
    return [path.replace(aside / path.name) for path in earlier]


def _is_ours(path: Path) -> bool:
    """Whether a file is a case file that `save` wrote, and not a link."""
    try:
        content = None if path.is_symlink() else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= {"format", "case", "expected"}


def save(findings: Iterable[Suspect], directory: Path) -> list[Path]:
    """Write each finding to a case file; one of the same name is replaced.

    Parameters
    ----------
    findings : iterable of Suspect
    directory : path
        Made if it is not there.

    Returns
    -------
    list of path
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for number, found in enumerate(findings, 1):
        name = found.failure.kind if found.diagnosis is None else found.diagnosis.id
        path = directory / f"{number:02}-{name}.json"
        content = {"format": FORMAT, **finding_to_dict(found)}
        _write(path, json.dumps(content, indent=1) + "\n")
        written.append(path)
    return written


def _write(path: Path, text: str) -> None:
    """Write beside the path, then rename."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "x", encoding="ascii") as file:
            file.write(text)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def read_case(path: str | PathLike[str]) -> dict[str, Any]:
    """The request in a case file, in the file of a pending request, or of a vector.

    Parameters
    ----------
    path : str or path
        Of a case file, of a pending request or of a vector; or the id of a vector.

    Raises
    ------
    SessionStatsError
        If the file holds none.
    """
    vector = next((each for each in load() if each["id"] == path), None)
    try:
        content = vector or json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SessionStatsError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SessionStatsError(f"{path}: not JSON: {error}") from None
    case = content.get("case", content.get("request", content)) if isinstance(content, dict) else None
    if not isinstance(case, dict) or not {"now", "params", "sessions"} <= case.keys():
        raise SessionStatsError(f"{path}: not a case file: it has no request")
    return {name: value for name, value in case.items() if name != "id"}


def replay(
    implementation: Implementation,
    cases: Sequence[Case],
    *,
    tolerance: Tolerance = ROUNDED,
    ordered: bool = False,
    known: Sequence[Known] = (),
) -> Report:
    """Run an implementation on given cases, without drawing or shrinking; each that fails is a finding.

    Parameters
    ----------
    implementation : callable
    cases : sequence of mapping
        Decoded requests of the protocol (§9).
    tolerance, ordered, known
        As for `sessionstats.testing.check`.

    Examples
    --------
    >>> from sessionstats.protocol import respond
    >>> case = {"now": "2024-01-29T12:00:00Z", "params": {"field": "sum(session)"}, "sessions": []}
    >>> replay(respond, [case]).agrees
    True
    """
    watch = Watch(known)
    tally = Tally()
    for number, case in enumerate(cases, 1):
        failure = attempt(implementation, case, tolerance, ordered=ordered, tally=tally)
        new = None if failure is None else watch.news(failure)
        if new is not None:
            explanation = explain_failure(
                [new], implementation, partial(_fails, implementation, new, tolerance), tolerance=tolerance
            )
            watch.suspects.append(Suspect(new, number, explanation, symptoms(new)))
    return Report(None, len(cases), len(cases), tuple(watch.suspects), tuple(watch.stale()), tally)


def _fails(implementation: Implementation, failure: Failure, tolerance: Tolerance, case: Case) -> bool:
    """Whether a case fails with a symptom of a failure."""
    other = attempt(implementation, case, tolerance)
    same = other is not None and other.kind == failure.kind
    return other is not None and same and not symptoms(other).isdisjoint(symptoms(failure))
