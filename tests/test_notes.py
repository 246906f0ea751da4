"""Notes on rejected requests: for people, lazily, never part of the endpoint's text (§2.3, §9)."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from sessionstats import DataError, Query, Releases, RequestError, Rules, Sessions, compute
from sessionstats.cli import main
from sessionstats.protocol import respond

NOW = "2024-01-29T12:27:28.303Z"


def rejected(request: str, **world: Any) -> RequestError:
    """The error of a rejected request."""
    with pytest.raises(RequestError) as caught:
        Query.parse(request, now=NOW, **world)
    return caught.value


def notes(request: str, **world: Any) -> list[str]:
    """The notes on a request for `sum(session)` by the day, with more parameters."""
    return list(rejected("field=sum(session)&interval=1d&" + request, **world).notes)


class TestEditions:
    """§9: which other named edition accepts the request, and with which of its rules."""

    @pytest.mark.parametrize(
        ("request_", "note"),
        [
            (
                "interval=1m&statsPeriod=1h",
                "accepted with min_interval=60 (edition 2021); with min_interval=10 (editions 2022, latest)",
            ),
            ("interval=10s&statsPeriod=5m", "accepted with min_interval=10 (editions 2022, latest)"),
            ("interval=15m&statsPeriod=1d", "accepted with min_interval=10 (editions 2022, latest)"),
            # With rounding=hourly six hours are not too long for 2021; but its restriction is not needed.
            (
                "interval=15m&statsPeriod=6h",
                "accepted with min_interval=60 (edition 2021); with min_interval=10 (editions 2022, latest)",
            ),
            ("field=unhandled_rate(session)", "accepted with unhandled=true (edition latest)"),
            ("project=one", "accepted with project_slugs=true (edition latest)"),
            (
                "project=one&interval=10s&statsPeriod=5m",
                "accepted with min_interval=10, project_slugs=true (edition latest)",
            ),
        ],
    )
    def test_of_the_documented_edition(self, request_: str, note: str) -> None:
        """§9: the fewest rules, in their order; only editions that accept the whole request."""
        assert note in notes(request_, projects={"one": 1})

    def test_of_other_editions(self) -> None:
        """§3.6, §3.8, §7.5: whichever rule rejects the request, and whatever its value is."""
        assert notes("interval=15m&statsPeriod=7h", rules=Rules.of("2021")) == [
            "accepted with restrict_date_range=false (editions 2022, latest)"
        ]
        by_release = "groupBy=release&orderBy=release.timestamp"
        releases = Releases(["a"], ["2024-01-01"], [[1]])
        assert notes(by_release, rules=Rules.of("latest"), releases=releases) == [
            "accepted with order_by_release=true (editions documented, 2021, 2022)"
        ]
        few = "accepted with max_intervals=1000 (editions documented, 2021, 2022, latest)"
        assert notes("statsPeriod=3d", rules=Rules(max_intervals=2)) == [few]
        # 90 days from noon by the day are 91 intervals, or 90 in editions that keep the length (§3.7).
        rounded = "statsPeriod=90d&per_page=111"
        assert notes(rounded) == ["accepted with rounding=hourly (editions 2021, 2022)"]

    @pytest.mark.parametrize("request_", ["interval=5h", "statsPeriod=x", "per_page=0", "query=os:linux"])
    def test_none_where_no_edition_accepts_it(self, request_: str) -> None:
        """§9: for a request that every edition rejects."""
        assert notes(request_) == []

    def test_same_request(self) -> None:
        """§9: without `now` the other editions validate at the same instant, whenever the notes are read."""
        error = rejected("field=sum(session)&interval=1m&statsPeriod=1h")
        assert error.notes == error.notes != ()

    def test_a_status_of_another_edition(self) -> None:
        """§1.1, §1.4: the edition that has the status."""
        sessions = Sessions(started=[NOW], project_id=[1], status=["unhandled"])
        with pytest.raises(DataError) as caught:
            compute(sessions, "field=sum(session)&interval=1d", now=NOW)
        assert caught.value.notes == ("edition latest has the status 'unhandled' (unhandled=true)",)


class TestNames:
    """§2.1, §4.2, §5, §7.2: the nearest known name."""

    @pytest.mark.parametrize(
        ("request_", "meant"),
        [
            ("field=sum(sessions)", "sum(session)"),
            ("field=crash_free_rate(users)", "crash_free_rate(user)"),
            ("groupBy=releases", "release"),
            ("groupBy=status", "session.status"),
            ("orderBy=-sum(sessions)", "sum(session)"),
            ("orderBy=release.time", "release.timestamp"),
            ("query=enviroment:prod", "environment"),
            ("query=status:crashed", "session.status"),
        ],
    )
    def test_nearest(self, request_: str, meant: str) -> None:
        """§2.3: for a misspelt field, groupBy, orderBy or search key."""
        assert notes(request_) == [f"did you mean {meant!r}?"]

    @pytest.mark.parametrize("request_", ["field=red", "groupBy=colour", "orderBy=colour", "query=red:1"])
    def test_none_is_near(self, request_: str) -> None:
        """§2.3: no suggestion if no known name is similar."""
        assert notes(request_) == []

    def test_a_field_that_is_not_requested_is_not_misspelt(self) -> None:
        """§7.2: it exists, and no other one is suggested."""
        assert notes("orderBy=crash_rate(session)&field=crash_rate(user)") == []

    def test_only_names_that_the_edition_has(self) -> None:
        """§7.5: no order by release date in editions without one."""
        rules = Rules(order_by_release=False)
        assert notes("groupBy=release&orderBy=release.time", rules=rules) == []

    def test_free_text_is_not_a_key(self) -> None:
        """§4.2: its message says `message`, which nobody wrote."""
        assert notes("query=message") == []


class TestLazy:
    """Notes cost nothing until they are read, and change no text."""

    def test_computed_when_read(self) -> None:
        computed: list[int] = []

        def note() -> list[str]:
            computed.append(1)
            return ["perhaps"]

        error = RequestError("no", note=note)
        assert (str(error), error.detail, repr(error)) == ("no", "no", "RequestError('no')")
        assert computed == []
        assert error.notes == ("perhaps",)
        assert computed == [1]

    def test_never_in_the_protocol(self) -> None:
        """§9: the body has the endpoint's text alone."""
        params = {"field": "sum(session)", "interval": "30m"}
        body = respond({"now": NOW, "params": params, "sessions": []})["body"]
        text = "The interval has to be a multiple of the minimum interval of one hour."
        assert body == {"detail": text}

    @pytest.mark.parametrize("request_", ["field=summ(session)", "field=sum(session)&project=one"])
    def test_survives_pickling(self, request_: str) -> None:
        """Errors travel between processes (Dask)."""
        error = rejected(request_ + "&interval=1d", projects={"one": 1})
        assert pickle.loads(pickle.dumps(error)).notes == error.notes != ()


class TestCommand:
    """``sessionstats query``: a line for each note, and ``--edition``."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "s.jsonl"
        row = {"started": "2024-01-29T11:59:55Z", "project_id": 3, "status": "unhandled"}
        path.write_text(json.dumps(row))
        return path

    def test_second_line(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§3.2: the endpoint's text, and the rule and edition that accept the request."""
        request = "field=sum(session)&interval=15m&statsPeriod=1d"
        assert main(["query", str(path), request, "--now", NOW]) == 2
        assert capsys.readouterr().err.splitlines() == [
            "sessionstats: The interval has to be a multiple of the minimum interval of one hour.",
            "note: accepted with min_interval=10 (editions 2022, latest)",
        ]

    def test_edition(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§9: the named edition, changed by ``--rule``."""
        request = "field=unhandled_rate(session)&interval=10s&statsPeriod=1h"
        arguments = ["query", str(path), request, "--now", NOW, "--format", "json", "--edition", "latest"]
        assert main(arguments) == 0
        totals = json.loads(capsys.readouterr().out)["groups"][0]["totals"]
        assert totals == {"unhandled_rate(session)": 1.0}
        assert main([*arguments, "--rule", "min_interval=60"]) == 2
        assert "minimum interval of one minute" in capsys.readouterr().err

    def test_status_of_another_edition(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§1.4: the row, and the edition that has its status."""
        assert main(["query", str(path), "field=sum(session)&interval=1d", "--now", NOW]) == 2
        assert capsys.readouterr().err.splitlines()[1:] == [
            "note: edition latest has the status 'unhandled' (unhandled=true)"
        ]

    def test_unknown_edition(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """§9: the known ones are listed."""
        assert main(["query", str(path), "field=sum(session)", "--edition", "2023"]) == 2
        problem = capsys.readouterr().err
        assert all(name in problem for name in ("documented", "2021", "2022", "latest"))
