"""Columns that a request does not need, left out on request (§1.1, §1.2); one dictionary for all files."""

from itertools import product
from pathlib import Path

import pytest

from sessionstats import DataError, Query, Sessions, compute, read_chunks, sample, write
from sessionstats.cli import main
from sessionstats.columns.converting import converted
from sessionstats.columns.packed import PackedTexts
from sessionstats.columns.schema import BY_NAME, COLUMNS
from sessionstats.fields import DOCUMENTED_FIELDS
from sessionstats.io import arrow_csv
from sessionstats.measures import unneeded_columns

NOW = "2024-01-29T12:00Z"
SAMPLE = sample(500)
REQUEST = "field=sum(session)&groupBy=release&interval=1d&statsPeriod=14d"


@pytest.fixture(params=["fast", "plain"])
def _either_reader(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if request.param == "fast":
        pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
        monkeypatch.setattr(arrow_csv, "FROM", 0)


REFINED = [
    "",
    "&groupBy=release",
    "&groupBy=environment",
    "&environment=production",
    "&query=release.version:>1.0",
]
BY_STATUS = ["&groupBy=session.status", "&query=session.status:crashed"]


@pytest.mark.parametrize(
    ("field", "rest"),
    [
        *product(DOCUMENTED_FIELDS, REFINED),
        *product(["sum(session)", "count_unique(user)", "p50(session.duration)"], BY_STATUS),
    ],
)
def test_the_answer_does_not_depend_on_them(field: str, rest: str) -> None:
    query = Query.parse(f"field={field}&interval=1d&statsPeriod=14d{rest}", now=NOW)
    unneeded = unneeded_columns(query)
    assert unneeded
    columns = [
        converted(BY_NAME[name], None, len(SAMPLE)) if name in unneeded else getattr(SAMPLE, name)
        for name in COLUMNS
    ]
    assert compute(Sessions.from_columns(*columns), query).to_json() == compute(SAMPLE, query).to_json()


@pytest.mark.parametrize(
    ("request_", "needed"),
    [
        ("field=sum(session)", set()),
        ("field=count_unique(user)", {"distinct_id"}),
        ("field=anr_rate()", {"distinct_id", "abnormal_mechanism"}),
        ("field=p50(session.duration)&groupBy=release", {"duration", "release"}),
        ("field=sum(session)&environment=a&groupBy=session.status", {"environment"}),
        ("field=sum(session)&query=release:a", {"release", "environment"}),
    ],
)
def test_all_others_are_unneeded(request_: str, needed: set[str]) -> None:
    """§5, §6"""
    optional = {"release", "environment", "distinct_id", "duration", "abnormal_mechanism"}
    assert unneeded_columns(Query.parse(f"{request_}&statsPeriod=1d", now=NOW)) == optional - needed


@pytest.mark.usefixtures("_either_reader")
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_they_are_neither_read_nor_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = tmp_path / f"x.{kind}"
    rows = {
        "csv": ["started,project_id,status,duration", "1706486400,1,ok,-1", "1706486400,1,ok,2"],
        "jsonl": [f'{{"started":1706486400,"project_id":1,"status":"ok","duration":{n}}}' for n in (-1, 2)],
    }
    path.write_text("\n".join(rows[kind]))
    command = ["query", str(path), REQUEST, "--now", NOW, "--format", "json"]
    assert main(command) == 2
    assert "negative duration" in capsys.readouterr().err
    assert main([*command, "--needed-columns-only"]) == 0
    captured = capsys.readouterr()
    assert '"sum(session)": 2' in captured.out
    assert "'duration': not needed for this request, and neither read nor checked" in captured.err


@pytest.mark.usefixtures("_either_reader")
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_updates_are_read_whole(tmp_path: Path, kind: str) -> None:
    """§1.2: all columns of an update may decide its position among ties."""
    path = tmp_path / f"x.{kind}"
    rows = {
        "csv": [
            "started,project_id,status,duration,session_id",
            "1706486400,1,ok,1,",
            "1706486400,1,exited,-1,a",
        ],
        "jsonl": [
            '{"started":1706486400,"project_id":1,"status":"ok","duration":1}',
            '{"started":1706486400,"project_id":1,"status":"exited","duration":-1,"session_id":"a"}',
        ],
    }
    path.write_text("\n".join(rows[kind]))
    with pytest.raises(DataError, match="negative duration"):
        list(read_chunks(path, unneeded=["duration"]))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_files_share_their_dictionaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra 'arrow'")
    monkeypatch.setattr(arrow_csv, "FROM", 0)
    for number, part in enumerate((SAMPLE[:200], SAMPLE[200:])):
        write(part, tmp_path / f"{number}.{kind}")
    paths = [tmp_path / f"{number}.{kind}" for number in range(2)]
    first, second = (chunk.distinct_id for chunk in read_chunks(paths))
    texts, more = first.categories, second.categories
    assert isinstance(texts, PackedTexts)
    assert isinstance(more, PackedTexts)
    assert texts.origin is more.origin is not None
    assert first.decode() + second.decode() == SAMPLE.distinct_id.decode()
