"""Known bugs, a family a module: each recomputes the wrong answer that it would give.

`sessionstats.testing.diagnoses` is the table of them all.
"""
