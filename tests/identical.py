"""Results that are equal to the bit (§6.7), and the answers of one engine by name."""

from sessionstats import Query, Result, Sessions
from sessionstats.engines.blocks import BlockEngine, Settings
from sessionstats.engines.plain import PlainEngine
from sessionstats.pipeline import answer_with


def plain_answer(sessions: Sessions, query: Query) -> Result:
    """The answer of the plain engine, whatever the number of sessions."""
    return answer_with(lambda: PlainEngine(sessions, query), query)


def block_answer(sessions: Sessions, query: Query, settings: Settings = Settings()) -> Result:  # noqa: B008
    """The answer of the block engine, whatever the number of sessions."""
    return answer_with(lambda: BlockEngine(sessions, query, settings), query)


def assert_identical(actual: Result, expected: Result) -> None:
    """Same keys, links, fields, types, shapes and bits."""
    assert actual.links == expected.links
    assert len(actual) == len(expected)
    assert {name: keys.tolist() for name, keys in actual.by.items()} == {
        name: keys.tolist() for name, keys in expected.by.items()
    }
    for part in ("totals", "series"):
        ours, theirs = getattr(actual, part), getattr(expected, part)
        assert list(ours) == list(theirs)
        for field, values in theirs.items():
            assert ours[field].dtype == values.dtype, field
            assert ours[field].shape == values.shape, field
            assert ours[field].tobytes() == values.tobytes(), field
    assert actual.to_json() == expected.to_json()
