"""Names of columns that are not ours: mapped, rejected with a mapping, or left out (§1.5)."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionstats import (
    DataError,
    Sessions,
    SessionStatsError,
    from_records,
    read,
    read_chunks,
    sample,
    to_records,
    write,
)
from sessionstats.cli import main
from sessionstats.columns.schema import UPDATE_COLUMNS
from sessionstats.io.bad_rows import ReadReport
from sessionstats.io.names import COMMON, SDK_KEYS, ColumnNamesError, Naming, plain
from sessionstats.protocol import respond

ROW: dict[str, Any] = {"started": "2024-01-29T12:00:00Z", "project_id": 1, "status": "exited"}
GOOD = [*ROW]


def mapping_of(*names: str) -> dict[str, str | None]:
    """The mapping that the error about names shows."""
    with pytest.raises(ColumnNamesError) as caught:
        Naming().of([*GOOD, *names])
    assert str(dict(caught.value.mapping)) in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.mapping) == (str(caught.value), caught.value.mapping)
    return dict(caught.value.mapping)


class TestNames:
    @given(st.sampled_from(sorted(set(UPDATE_COLUMNS) - set(GOOD))), st.data())
    def test_another_spelling_of_a_column_is_an_error(self, ours: str, data: st.DataObject) -> None:
        letters = [data.draw(st.sampled_from([c.lower(), c.upper()])) for c in plain(ours)]
        gaps = data.draw(
            st.lists(st.sampled_from(["", " ", "-", "_"]), min_size=len(letters), max_size=len(letters))
        )
        theirs = "".join(letter + gap for letter, gap in zip(letters, gaps, strict=True))
        if theirs != ours:
            assert mapping_of(theirs) == {theirs: ours}

    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("user", "distinct_id"),
            ("user_id", "distinct_id"),
            ("userId", "distinct_id"),
            ("duration_ms", "duration"),
            ("durationMs", "duration"),
            ("duration_s", "duration"),
            ("session", "session_id"),
            ("count", "quantity"),
            ("sessions", "quantity"),
            ("env", "environment"),
            ("version", "release"),
        ],
    )
    def test_a_common_name_of_an_absent_column_is_an_error(self, theirs: str, ours: str) -> None:
        assert mapping_of(theirs) == {theirs: ours}
        assert Naming().of([*GOOD, ours, theirs]).left_out == [theirs]

    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("start", "started"),
            ("start_time", "started"),
            ("started_at", "started"),
            ("project", "project_id"),
        ],
    )
    def test_so_is_one_of_a_required_column(self, theirs: str, ours: str) -> None:
        names = [name for name in GOOD if name != ours]
        with pytest.raises(ColumnNamesError) as caught:
            Naming().of([*names, theirs])
        assert caught.value.mapping == {theirs: ours}

    def test_all_are_reported_at_once(self) -> None:
        """Of two names that may be the same column, the second is to be left out."""
        assert mapping_of("user", "user_id", "env", "note") == {
            "user": "distinct_id",
            "user_id": None,
            "env": "environment",
        }
        assert mapping_of("Release", "release") == {"Release": None}

    @pytest.mark.parametrize("key", sorted(SDK_KEYS))
    def test_keys_of_what_sdks_send(self, key: str) -> None:
        assert mapping_of(key) == {key: None}
        with pytest.raises(ColumnNamesError, match="from_payloads, or from_envelopes"):
            Naming().of([*GOOD, key])
        assert Naming({key: None}).of([*GOOD, key]).left_out == []
        assert Naming({key: "release"}).of([*GOOD, key]).theirs["release"] == key

    def test_names_that_are_mapped_or_left_out_are_accepted(self) -> None:
        names = Naming({"user_id": "distinct_id", "env": None}).of([*GOOD, "user_id", "env", "note"])
        assert dict(names.theirs) == {**{name: name for name in GOOD}, "distinct_id": "user_id"}
        assert names.left_out == ["note"]

    @pytest.mark.parametrize(
        ("columns", "problem"),
        [
            ({"a": "colour"}, "'a' is mapped to 'colour', which is not a column; the columns are started, "),
            ({"distinct_id": "user_id"}, r"which is not a column \(write 'user_id': 'distinct_id'\)"),
            ({"a": "release"}, "no column 'a', which is mapped; the columns are started, project_id, status"),
            ({"status": "release"}, "no column 'status'"),
            ({"started": "release", "status": "release"}, "both 'started' and 'status' are release"),
        ],
    )
    def test_invalid_mappings_are_rejected(self, columns: dict[str, str | None], problem: str) -> None:
        with pytest.raises(SessionStatsError, match=problem):
            Naming(columns).of(GOOD)

    def test_twice(self) -> None:
        with pytest.raises(SessionStatsError, match="column 'release' is there twice"):
            Naming().of([*GOOD, "release", "release"])

    def test_all_missing_columns_are_named_at_once(self) -> None:
        problem = "no column 'started' or 'project_id'; the columns are status, 'user, hashed'"
        with pytest.raises(SessionStatsError, match=problem):
            Naming().of(["status", "user, hashed"])

    def test_common_names_are_not_columns(self) -> None:
        assert not set(COMMON) & {plain(name) for name in UPDATE_COLUMNS}


@pytest.mark.parametrize(
    ("columns", "theirs", "seconds"),
    [
        ({"duration_ms": "duration"}, "duration_ms", 1.5),
        ({"duration_ms": "duration_ms"}, "duration_ms", 1.5),
        ({"duration": "duration_ms"}, "duration", 1.5),
        ({"length": "duration_ms"}, "length", 1.5),
        ({"duration_s": "duration"}, "duration_s", 1500.0),
        ({}, "duration", 1500.0),
    ],
)
def test_milliseconds_are_converted(
    columns: dict[str, str | None], theirs: str, seconds: float, tmp_path: Path
) -> None:
    row = ROW | {theirs: 1500}
    assert from_records([row], columns=columns).duration.tolist() == [seconds]
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    assert read(tmp_path / "x.jsonl", columns=columns).duration.tolist() == [seconds]
    (tmp_path / "x.csv").write_text(f"{','.join(row)}\n{','.join(map(str, row.values()))}\n")
    assert read(tmp_path / "x.csv", columns=columns).duration.tolist() == [seconds]


@given(
    st.permutations(UPDATE_COLUMNS),
    st.lists(st.booleans(), min_size=len(UPDATE_COLUMNS), max_size=len(UPDATE_COLUMNS)),
)
def test_renamed_records_are_the_same_sessions(order: list[str], renamed: list[bool]) -> None:
    theirs = {name: f"x{name}" if other else name for name, other in zip(order, renamed, strict=True)}
    records = to_records(sample(20))
    columns = {name: ours for ours, name in theirs.items() if name != ours}
    moved = [{theirs[name]: record[name] for name in order if name in record} for record in records]
    assert from_records(moved, columns=columns) == from_records(records)


class TestErrorsUseTheNameOfTheData:
    """§1.4"""

    def test_in_records(self) -> None:
        with pytest.raises(DataError, match=r"^column 'length', row 0: negative duration: -1$"):
            from_records([ROW | {"length": -1}], columns={"length": "duration_ms"})


class TestProjects:
    def test_texts_are_mapped(self, tmp_path: Path) -> None:
        rows = [ROW | {"project_id": project} for project in ("web", "app", 7, "web")]
        assert from_records(rows, projects={"web": 1, "app": 2}).project_id.decode() == [1, 2, 7, 1]
        lines = "".join(f"{row['started']},{row['project_id']},ok\n" for row in rows)
        (tmp_path / "x.csv").write_text(f"started,project_id,status\n{lines}")
        sessions = read(tmp_path / "x.csv", projects={"web": 1, "app": 2})
        assert sessions.project_id.decode() == [1, 2, 7, 1]

    def test_others_are_bad_rows(self) -> None:
        with pytest.raises(DataError, match="column 'project_id', row 1: not an integer: 'app'"):
            from_records([ROW | {"project_id": "web"}, ROW | {"project_id": "app"}], projects={"web": 1})


def test_columns_that_are_not_ours_are_reported_once(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text(f"{json.dumps(ROW | {'note': 1, name: 2})}\n" * 2)
    report = ReadReport()
    assert len(read([tmp_path / "a.jsonl", tmp_path / "b.jsonl"], report=report)) == 4
    assert report.left_out == ["note", "a", "b"]
    assert report.rows == 4


@pytest.mark.parametrize("key", sorted(SDK_KEYS))
def test_rows_of_a_request_with_keys_of_sdks_are_rejected(key: str) -> None:
    """§9: 422; other unknown keys are ignored."""
    case = {"id": 1, "now": "2024-01-29T13:00:00Z", "params": "field=sum(session)&statsPeriod=1h"}
    answer = respond({**case, "sessions": [ROW | {"Release": 1, "user": 2}, ROW | {key: None}]})
    assert answer["status"] == 422
    assert answer["body"]["detail"] == f"row 1: keys of what SDKs send, not of a session: {key!r}"
    assert respond({**case, "sessions": [ROW | {"Release": 1, "user": 2}]})["status"] == 200


class TestCommand:
    REQUEST = (
        "field=sum(session)&field=p50(session.duration)&statsPeriod=1d",
        *("--now", "2024-01-29T13:00Z", "--format", "csv"),
    )

    def put(self, path: Path, header: str, *rows: str) -> str:
        path.write_text("\n".join([header, *rows, ""]))
        return str(path)

    def test_the_error_shows_the_options_to_write(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = self.put(
            tmp_path / "x.csv",
            "start time,project,status,user,duration_ms,Status",
            "2024-01-29T12:00:00Z,web,exited,ann,1500,x",
        )
        assert main(["query", file, *self.REQUEST]) == 2
        said = capsys.readouterr().err
        assert said == (
            f"sessionstats: {file}: 'start time' is probably started, 'project' is probably project_id, "
            "'user' is probably distinct_id, 'duration_ms' is probably duration in milliseconds, 'Status' is "
            "probably status: --column 'started=start time' --column project_id=project --column "
            "distinct_id=user --column duration=duration_ms --leave-out Status\n"
        )
        pairs = ("started=start time", "project_id=project", "distinct_id=user", "duration=duration_ms")
        options = [f"--column={pair}" for pair in pairs] + ["--leave-out", "Status", "--project", "web=7"]
        assert main(["query", file, *self.REQUEST, *options]) == 0
        output = capsys.readouterr()
        assert output.err == ""
        assert output.out.splitlines()[1].endswith(",1,1500.0")

    def test_other_columns_are_listed(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = self.put(
            tmp_path / "x.csv", "started,project_id,status,note,x\x1b", "2024-01-29T12:00:00Z,1,exited,a,b"
        )
        assert main(["query", file, *self.REQUEST]) == 0
        assert (
            capsys.readouterr().err == "sessionstats: 'note', 'x\\x1b': not a column of ours, and left out\n"
        )

    @pytest.mark.parametrize(
        ("seconds", "said"), [((90000, 86401, 5), True), ((90000, 5), False), ((86400,), False)]
    )
    def test_a_median_beyond_a_day_is_reported(
        self, seconds: tuple[int, ...], said: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = [f"2024-01-29T12:00:00Z,1,exited,{each}" for each in (*seconds, "", "")]
        file = self.put(tmp_path / "x.csv", "started,project_id,status,duration", *rows)
        assert main(["query", file, *self.REQUEST]) == 0
        assert ("longer than a day: are these milliseconds?" in capsys.readouterr().err) == said

    @pytest.mark.parametrize("text", ["started", "=x", "started="])
    def test_an_invalid_option_is_rejected(
        self, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = self.put(tmp_path / "x.csv", "started,project_id,status")
        assert main(["query", file, *self.REQUEST, "--column", text]) == 2
        assert capsys.readouterr().err == f"sessionstats: --column: {text!r} is not of the form OURS=THEIRS\n"


def test_an_archive_has_its_own_names(tmp_path: Path) -> None:
    write(sample(3), tmp_path / "x.npz")
    with pytest.raises(SessionStatsError, match=r"x\.npz: an archive has its own names of columns"):
        Sessions.concat(read_chunks(tmp_path / "x.npz", columns={"a": None}))
