"""Hostile input of every kind: damaged files, and lines that are not requests.

1. Case ``n`` of a seed is the same on every machine. `files` damages a file of each format and compares what
   is read with the intact one; `lines` sends the protocol unexpected lines.
2. A case fails if it raises anything but the errors of this package, names no location, loses a row, or takes
   longer than `MOST_SECONDS`. A run fails if it takes more memory than `MOST_BYTES`.
3. `limited` runs cases in a process of its own, under these limits, so that even a crash is a finding.

``python -m tests.fuzzing --help`` is the long run; `tests.test_hostile` the short one.
"""

from typing import Final

MOST_SECONDS: Final = 5.0
"""Longest that one case may take."""

MOST_BYTES: Final = 500 * 1024**2
"""Most memory of a process that runs cases."""
