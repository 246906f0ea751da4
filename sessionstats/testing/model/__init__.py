"""The model: the whole SPEC implemented a second time, slow and plain, to test the kernel against.

`answer` takes one decoded request of the protocol (§9) and returns its answer. It shares no code with the
kernel and uses nothing but the standard library.
"""

from __future__ import annotations

from .answer import answer, read

__all__ = ["answer", "read"]
