"""Settings of every test run.

Hypothesis is deterministic by default: a run in CI tells the same twice. ``--hypothesis-profile=thorough``
draws other examples in every run, and ten times as many.
"""

from hypothesis import settings

settings.register_profile("deterministic", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("deterministic")
