"""The runner: it finds, shrinks, explains and continues; the report and case files say the same."""

import json
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from sessionstats import __version__
from sessionstats.cli import main
from sessionstats.protocol import respond
from sessionstats.testing import Claims, Report, check
from sessionstats.testing.artefacts import read_case, replay, report_schema, save
from sessionstats.testing.attempts import attempt
from sessionstats.testing.bugs.registry import BY_ID
from sessionstats.testing.experiments import Cause
from sessionstats.testing.explanations import Explanation
from sessionstats.testing.hypotheses import Hypothesis
from sessionstats.testing.known import known_findings
from sessionstats.testing.model import answer as model_answer
from sessionstats.testing.runner import EXAMPLES, MAX_FINDINGS, SHRINK_SECONDS
from sessionstats.testing.suspects import Suspect, Watch

PEERS = Path(__file__).parent / "peers"

SUMS = Claims(fields=("sum(session)",), group_by=(), errors=False, bad_rows=False, search=False)


def one_too_many(case: dict[str, Any]) -> dict[str, Any]:
    """Every total is one too many: no known bug."""
    answer = respond(case)
    for group in answer["body"].get("groups", ()):
        for name in group.get("totals", ()):
            group["totals"][name] += 1
    return answer


def anonymous_counted(case: dict[str, Any]) -> dict[str, Any]:
    """All sessions without a user are those of one (§1.1)."""
    rows = [{**row, "distinct_id": row.get("distinct_id") or "anonymous"} for row in case["sessions"]]
    return respond({**case, "sessions": rows})


def raises(case: dict[str, Any]) -> dict[str, Any]:
    raise ZeroDivisionError("no sessions")


@pytest.fixture(scope="module")
def wrong() -> Report:
    return check(one_too_many, examples=200, claims=SUMS, shrink_seconds=2)


def test_the_kernel_and_the_model_agree() -> None:
    """§9: no false alarm."""
    assert check(respond, examples=300).agrees
    assert check(model_answer, examples=300, seed=3).agrees


def test_a_finding_is_small(wrong: Report) -> None:
    """Shrinking leaves next to nothing, and findings without a diagnosis are reported once."""
    assert len(wrong.findings) == 1
    found = wrong.findings[0]
    assert found.diagnosis is None
    assert len(found.failure.case["sessions"]) <= 1
    assert found.found_after <= 3


def test_the_same_seed_finds_the_same(wrong: Report) -> None:
    again = check(one_too_many, examples=200, claims=SUMS, shrink_seconds=2)
    assert again.findings[0].found_after == wrong.findings[0].found_after


def test_a_diagnosis() -> None:
    """§1.1: a text that is not a user."""
    claims = Claims(errors=False, bad_rows=False, updates=False)
    report = check(anonymous_counted, examples=400, claims=claims, max_findings=1)
    assert report.to_dict()["findings"][0]["diagnosis"] == "no-user-counted"
    assert "(diagnosis no-user-counted)" in str(report)


def test_known_findings_are_not_reported_again() -> None:
    known = known_findings([{"field": "sum(session)", "reason": "being fixed"}])
    assert check(one_too_many, examples=100, claims=SUMS, known=known).agrees
    stale = check(respond, examples=30, claims=SUMS, known=known)
    assert stale.stale == known
    assert "did not occur: field sum(session) (being fixed)" in str(stale)


def test_a_known_bug_covers_what_is_too_small_to_name_it() -> None:
    """§6.3: durations in single precision, where the answers differ by less than causes are told apart by."""
    (known,) = known_findings([{"diagnosis": "duration-single-precision", "reason": "being fixed"}])
    row = {"started": "2024-01-29T11:30:00Z", "project_id": 1, "status": "exited", "duration": 1e-9}
    params = {"field": "avg(session.duration)", "statsPeriod": "1h"}
    case = {"now": "2024-01-29T12:00:00Z", "params": params, "sessions": [row]}
    single = {**case, "sessions": [{**row, "duration": 9.999999717180685e-10}]}
    failure = attempt(lambda _: respond(single), case)
    assert failure is not None
    assert Watch((known,)).news(failure) is None
    assert Watch().news(failure) == failure


def test_a_cause_takes_over_an_earlier_finding_that_it_gives() -> None:
    """§3.3: the first case was too rare to name the bug; another answer is not taken over."""
    row = {"started": "2024-01-28T10:00:00Z", "project_id": 1, "status": "ok"}
    params = {"field": "sum(session)", "start": "2024-01-28", "end": "2024-01-29", "interval": "1d"}
    case = {"now": "2024-01-30T12:00:00Z", "params": params, "sessions": [row]}
    bug = BY_ID["day-of-end-included"]
    named = Explanation(Cause((Hypothesis(bug, bug.variants[0]),), 20, 20, True))
    given, other = attempt(bug.variants[0], case), attempt(one_too_many, case)
    assert given is not None
    assert other is not None
    assert Suspect(given, 9, named).accounts_for(Suspect(given, 1))
    assert not Suspect(given, 9, named).accounts_for(Suspect(given, 1, named))
    assert not Suspect(given, 9, named).accounts_for(Suspect(other, 1))


def test_an_exception_is_a_breakdown() -> None:
    report = check(raises, examples=20, shrink_seconds=1)
    assert report.broke_down
    assert "ZeroDivisionError: no sessions" in str(report)


def test_answers_that_come_and_go() -> None:
    """§6.7: the same request, another answer."""
    calls = count()
    report = check(
        lambda case: one_too_many(case) if next(calls) % 3 else respond(case), examples=50, claims=SUMS
    )
    assert "unsteady" in {found.failure.kind for found in report.findings}
    assert "answered in two ways" in str(report)


def test_json_conforms_to_the_schema(wrong: Report) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    jsonschema.Draft202012Validator.check_schema(report_schema())
    known = known_findings([{"section": "6.5", "reason": "being fixed"}])
    for report in (
        wrong,
        check(raises, examples=5, shrink_seconds=1),
        check(respond, examples=5, known=known),
    ):
        jsonschema.validate(json.loads(json.dumps(report.to_dict(), allow_nan=False)), report_schema())


def test_case_files_are_replayed(wrong: Report, tmp_path: Path) -> None:
    (path,) = save(wrong.findings, tmp_path)
    case = read_case(path)
    assert case == wrong.findings[0].failure.case
    assert not replay(one_too_many, [case]).agrees
    assert replay(respond, [case]).agrees


@pytest.mark.skipif(which("perl") is None, reason="needs perl")
def test_a_wrong_program_in_another_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """§3.5: a Perl program counts sessions at the end of the window; report and replay both say so."""
    off = "search filters paging ordering includes limits editions metadata updates quantity errors bad-rows"
    program = ("--", "perl", str(PEERS / "sums.pl"))
    claims = ("--fields", "sum(session)", "--group-by", "", *(f"--no-{name}" for name in off.split()))
    options = ("--json", str(tmp_path / "report.json"), "--save", str(tmp_path), "--max-findings", "1")
    assert main(["check", *claims, *options, "--shrink-seconds", "3", *program]) == 1
    assert "(diagnosis end-inclusive)" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["findings"][0]["section"] == "3.5"
    saved = str(tmp_path / "01-end-inclusive.json")
    assert main(["check", "--replay", saved, "--save", str(tmp_path), *program]) == 1
    oracle = ("--", sys.executable, "-m", "sessionstats", "oracle")
    assert main(["check", "--replay", saved, "--save", str(tmp_path / "right"), *oracle]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--examples", "0"), "--examples: must be more than 0, not 0"),
        (("--fields", "sum(sesion)"), "unknown field 'sum(sesion)'"),
        (("--known", "nowhere.json"), "nowhere.json"),
        (("--replay", "nowhere.json"), "nowhere.json"),
        (("--tolerance-users", "2"), "--tolerance-users must be at least 0"),
    ],
)
def test_usage(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--save", str(tmp_path), *arguments, "--", sys.executable, "-c", "pass"]) == 2
    assert message in capsys.readouterr().err


def crash_after_abnormal(case: dict[str, Any]) -> dict[str, Any]:
    """A user with an abnormal session is not counted as crashed: no known bug."""
    unlucky = {row.get("distinct_id") for row in case["sessions"] if row["status"] == "abnormal"}
    rows = [
        {**row, "status": "abnormal"}
        if row["status"] == "crashed" and row.get("distinct_id") in unlucky
        else row
        for row in case["sessions"]
    ]
    return respond({**case, "sessions": rows})


def test_what_is_not_supported_is_counted() -> None:
    """§9: not compared, not failed, and listed by capability."""

    def without_search(case: dict[str, Any]) -> dict[str, Any]:
        return {"unsupported": "search"} if "query" in case["params"] else respond(case)

    report = check(without_search, examples=200)
    assert report.agrees
    n = report.tally.unsupported["search"]
    assert 50 < n < 150
    assert f"Not supported, and not compared: {n} cases (search {n})." in str(report)
    assert {"4.1", "4.5", "4.7"} <= set(report.tally.not_reached)


def test_a_program_that_supports_nothing_does_not_agree() -> None:
    """§9: a verdict about no cases is not a verdict."""
    report = check(lambda case: {"unsupported": "anything"}, examples=20)
    assert not report.agrees
    assert not report.broke_down
    assert str(report).startswith("Nothing was compared in 20 cases from seed 0.")


def test_the_report_says_what_was_checked() -> None:
    """Version, seed, claims, rules that were reached and that were not, and why it ended."""
    report = check(respond, examples=300, claims=SUMS)
    text = str(report)
    assert f"sessionstats {__version__}; claims: sum(session); groupBy nothing; no search" in text
    assert "not reached: " in text
    assert "§6.3" in text.partition("not reached: ")[2]
    assert "§6.1" not in text.partition("not reached: ")[2]
    assert set(check(respond, examples=500).tally.not_reached) <= {"1.5"}
    stopped = check(one_too_many, examples=300, claims=SUMS, max_findings=1, shrink_seconds=0.5)
    assert "Stopped early: 1 finding is enough" in str(stopped)


def test_a_report_is_short_and_shows_control_characters() -> None:
    """However large the cases are and whatever an exception says."""
    rows = [{"started": 0, "project_id": 1, "status": "ok"}] * 5000
    case = {
        "now": "1970-01-01T01:00:00Z",
        "params": {"field": "sum(session)", "statsPeriod": "1h"},
        "sessions": rows,
    }

    def evil(case: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("\x1b[2J" + "\n" * 500)

    cases = [{**case, "params": {**case["params"], "interval": f"{n}h"}} for n in (1, 2, 3, 4, 6, 8, 12, 24)]
    for implementation in (one_too_many, evil):
        text = str(replay(implementation, cases))
        assert text.count("\n") < 200
        assert "\x1b" not in text


def test_far_too_many_groups_are_one_finding() -> None:
    """§7.4: a hundred thousand groups are not compared, explained and reported one by one."""
    group: dict[str, Any] = {"by": {}, "totals": {}, "series": {}}
    params = {"field": "sum(session)", "statsPeriod": "1h"}
    case = {"now": "2024-01-29T12:00:00Z", "params": params, "sessions": []}
    flood = {"status": 200, "body": {**respond(case)["body"], "groups": [group] * 100_000}}
    (found,) = replay(lambda _: flood, [case]).findings
    assert [finding.message for finding in found.failure.findings] == [
        "the answer has 100,000 groups instead of 1"
    ]
    assert len(found.failure.actual["body"]["groups"]) == 100


def test_a_limit_on_rows_is_found_and_made_small() -> None:
    """§6.1: only the first rows count; the smallest case has hardly more than that."""

    def first_rows(case: dict[str, Any]) -> dict[str, Any]:
        return respond({**case, "sessions": case["sessions"][:350]})

    (found,) = check(first_rows, max_findings=1, claims=replace(SUMS, updates=False, quantity=False)).findings
    assert 350 < len(found.failure.case["sessions"]) <= 352


def test_no_row_is_left_over() -> None:
    """A case that still fails without some row is not the smallest."""
    claims = Claims(updates=False, errors=False, bad_rows=False)
    (found,) = check(crash_after_abnormal, max_findings=1, claims=claims).findings
    assert sorted(row["status"] for row in found.failure.case["sessions"]) == ["abnormal", "crashed"]


def test_agreement_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pending request was answered: its file is removed, and so is the directory if it is empty."""
    monkeypatch.chdir(tmp_path)
    oracle = [sys.executable, "-m", "sessionstats", "oracle"]
    assert main(["check", "--examples", "5", "--", *oracle]) == 0
    assert list(tmp_path.iterdir()) == []
    Path("kept").mkdir()
    assert main(["check", "--examples", "5", "--save", "kept", "--", *oracle]) == 0
    assert list(Path("kept").iterdir()) == []


def test_findings_of_an_earlier_check_are_moved_aside(
    wrong: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The directory holds what the last check found; earlier findings are not lost."""
    (path,) = save(wrong.findings, tmp_path)
    mine, oracle = tmp_path / "02-mine.json", [sys.executable, "-m", "sessionstats", "oracle"]
    mine.write_text("{}")
    assert main(["check", "--replay", str(path), "--save", str(tmp_path), "--", *oracle]) == 0
    assert path.exists()
    assert main(["check", "--examples", "5", "--save", str(tmp_path), "--", *oracle]) == 0
    assert f"Case files of an earlier check, now in {tmp_path / 'earlier'}: 1" in capsys.readouterr().out
    assert sorted(tmp_path.rglob("*.json")) == [mine, tmp_path / "earlier" / path.name]


def test_nothing_is_written_through_a_link(wrong: Report, tmp_path: Path) -> None:
    """A link is replaced by the file, and its target stays as it is."""
    target = tmp_path / "target"
    target.write_text("mine")
    (path,) = save(wrong.findings, tmp_path)
    for link in (path, tmp_path / "pending.jsonl"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    save(wrong.findings, tmp_path)
    oracle = [sys.executable, "-m", "sessionstats", "oracle"]
    assert main(["check", "--examples", "5", "--save", str(tmp_path), "--", *oracle]) == 0
    assert target.read_text() == "mine"


def test_a_replay_names_no_seed() -> None:
    """Cases that were not drawn have no seed; one case is singular."""
    case = {"now": "2024-01-29T12:00:00Z", "params": {"field": "sum(session)"}, "sessions": []}
    report = replay(respond, [case])
    assert str(report) == "No disagreement in 1 case."
    assert report.to_dict()["seed"] is None


def test_help_shows_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    """The help cannot import the runner, but its numbers are those of the runner."""
    assert main(["check", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for default in (EXAMPLES, MAX_FINDINGS, f"{SHRINK_SECONDS:g}"):
        assert f"(default: {default})" in printed
