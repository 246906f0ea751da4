"""Benchmarks hold no tests, and need the extra ``bench``: pytest leaves them alone."""

collect_ignore_glob = ["*.py"]
