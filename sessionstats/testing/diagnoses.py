"""Placeholder until the table lands."""


def diagnose(case, expected, actual, paths):
    return [(None, None) for _ in paths]
