"""What is measured for which fields, and the values of fields, by hand (§6)."""

import numpy as np
import pytest

from sessionstats import Sessions
from sessionstats.fields import LATER_FIELDS
from sessionstats.health import HEALTH_CLASSES_WITH_UNHANDLED as CLASSES
from sessionstats.measures import Measures, Needs, evaluate, measure, needs

SESSIONS = Sessions(
    started=[0] * 8,
    project_id=[1] * 8,
    status=["exited", "exited", "crashed", "abnormal", "abnormal", "unhandled", "errored", "ok"],
    duration=[4.0, 2.0, 9.0, None, None, None, None, None],
    quantity=[5, 1, 2, 1, 1, 3, 1, 2],
    distinct_id=["a", "b", "a", "c", "d", "e", "e", ""],
    abnormal_mechanism=["", "", "", "anr_foreground", "anr_background", "", "", ""],
)
SLOT = np.array([0, 0, 0, 0, 0, 0, 0, 1])
"""Slot 0: 14 sessions, of which 6 are healthy, and 5 users, of whom only b is healthy. Slot 1: 2 sessions."""


def measured(name: str, *, by_class: bool = False) -> Measures:
    return measure(SESSIONS, SLOT, 2, needs([LATER_FIELDS[name]], CLASSES, by_class=by_class), CLASSES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sum(session)", [[14], [2]]),
        ("count_unique(user)", [[5], [0]]),
        ("avg(session.duration)", [[3000.0], [None]]),
        ("max(session.duration)", [[4000.0], [None]]),
        ("crash_rate(session)", [[2 / 14], [0.0]]),
        ("crash_rate(user)", [[1 / 5], [None]]),
        ("crash_free_rate(session)", [[1 - 2 / 14], [1.0]]),
        ("crash_free_rate(user)", [[1 - 1 / 5], [None]]),
        ("errored_rate(session)", [[1 / 14], [0.0]]),
        ("errored_rate(user)", [[0.0], [None]]),
        ("abnormal_rate(session)", [[2 / 14], [0.0]]),
        ("abnormal_rate(user)", [[2 / 5], [None]]),
        ("unhandled_rate(session)", [[3 / 14], [0.0]]),
        ("unhandled_rate(user)", [[1 / 5], [None]]),
        ("unhealthy_rate(session)", [[8 / 14], [0.0]]),
        ("anr_rate()", [[2 / 5], [None]]),
        ("foreground_anr_rate()", [[1 / 5], [None]]),
    ],
)
def test_values_of_every_field(name: str, expected: list[list[float | None]]) -> None:
    """§6.1 to §6.6: one column; empty rates and durations are null, empty counts 0."""
    measures = measured(name)
    assert measures.sessions.shape == (2, len(CLASSES) if LATER_FIELDS[name].subject == "session" else 0)
    values = evaluate(LATER_FIELDS[name], measures, CLASSES)
    found = np.where(np.isnan(values), None, values.astype(object))
    assert found.tolist() == expected


def test_values_by_class() -> None:
    """§6.2 to §6.4: one column per selected class; durations belong to healthy sessions."""
    chosen = ("crashed", "healthy", "unhandled")
    for name, expected in (
        ("sum(session)", [[2, 6, 3], [0, 2, 0]]),
        ("count_unique(user)", [[1, 1, 1], [0, 0, 0]]),
        ("max(session.duration)", [[-1, 4000, -1], [-1, -1, -1]]),
    ):
        measures = measured(name, by_class=True)
        values = evaluate(LATER_FIELDS[name], measures, CLASSES, chosen, by_status=True)
        assert np.nan_to_num(values, nan=-1).tolist() == expected
        together = evaluate(LATER_FIELDS[name], measures, CLASSES, chosen)
        assert np.nan_to_num(together, nan=-1).tolist() == [
            [max(row) if -1 in row else sum(row)] for row in expected
        ]
    unselected = evaluate(
        LATER_FIELDS["max(session.duration)"], measured("max(session.duration)"), CLASSES, ["crashed"]
    )
    assert np.isnan(unselected).tolist() == [[True], [True]]


@pytest.mark.parametrize(
    ("names", "by_class", "expected"),
    [
        (["sum(session)", "crash_rate(session)"], True, Needs(True, (), ())),
        (["count_unique(user)"], False, Needs(False, ("all",), ())),
        (
            ["count_unique(user)"],
            True,
            Needs(False, ("abnormal", "all", "crashed", "unhandled", "unhealthy"), ()),
        ),
        (
            ["errored_rate(user)"],
            False,
            Needs(False, ("abnormal", "all", "crashed", "unhandled", "unhealthy"), ()),
        ),
        (["crash_rate(user)", "anr_rate()"], False, Needs(False, ("all", "anr", "crashed"), ())),
        (["p50(session.duration)", "max(session.duration)"], False, Needs(False, (), ("p50", "max"))),
    ],
)
def test_only_what_fields_need_is_measured(names: list[str], by_class: bool, expected: Needs) -> None:
    """§6: sets of users are counted, and durations sorted, only for the fields that show them."""
    assert needs([LATER_FIELDS[name] for name in names], CLASSES, by_class=by_class) == expected
