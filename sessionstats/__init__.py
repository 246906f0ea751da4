"""Reference kernel for release-health session statistics."""
