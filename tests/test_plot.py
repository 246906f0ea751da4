"""The answer as a chart: what is drawn is what was answered (§8)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sessionstats import Result, Sessions, SessionStatsError, compute, sample, write
from sessionstats.cli import main
from sessionstats.display.plot import COLOURS, MOST_ROWS

matplotlib = pytest.importorskip("matplotlib", reason="needs the extra 'plot'")
matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.dates import date2num  # noqa: E402

NOW = "2024-01-29T12:00:00Z"
FIELDS = "field=sum(session)&field=crash_free_rate(user)&field=p95(session.duration)"
SAMPLE = sample(2000)


@pytest.fixture(autouse=True)
def _close_figures() -> Any:
    yield
    pyplot.close("all")


def answered(request: str) -> Result:
    return compute(SAMPLE, f"{FIELDS}&interval=1d&statsPeriod=14d&{request}", now=NOW)


def drawn(ax: Any) -> list[Any]:
    """The lines of rows, without those of the window's edges."""
    return [line for line in ax.get_lines() if len(line.get_xdata()) > 2]


@pytest.mark.parametrize("field", ["sum(session)", "crash_free_rate(user)", "p95(session.duration)"])
def test_a_line_per_row(field: str) -> None:
    """§8: each row's series, a value from the start of its interval to the end, null as a gap."""
    answer = answered("groupBy=release&per_page=5")
    ax = answer.plot(field)
    lines = drawn(ax)
    assert len(lines) == len(answer) == 5
    assert len({line.get_color() for line in lines}) == 5
    for line, values in zip(lines, answer.series[field], strict=True):
        assert line.get_drawstyle() == "steps-post"
        assert np.array_equal(line.get_ydata(), [*values, values[-1]], equal_nan=True)
        assert np.array_equal(line.get_xdata()[:-1], answer.intervals)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == answer.by["release"].tolist()
    assert ax.get_title(loc="left") == field


def test_edges_of_the_window() -> None:
    """§3: start and end."""
    answer = answered("")
    edges = [line.get_xdata()[0] for line in answer.plot().get_lines() if len(line.get_xdata()) == 2]
    window = np.array([answer.query.window.start, answer.query.window.end], "datetime64[us]")
    assert date2num(edges).tolist() == date2num(window).tolist()


def test_a_band_around_rates_only() -> None:
    """Its ends are those of `Result.uncertainty`."""
    answer = answered("groupBy=release&per_page=3")
    assert not answer.plot("sum(session)").collections
    bands = answer.plot("crash_free_rate(user)").collections
    assert len(bands) == 3
    bounds = answer.uncertainty("crash_free_rate(user)").series
    assert bounds is not None
    for band, low, high in zip(bands, bounds.low, bounds.high, strict=True):
        heights = np.concatenate([path.vertices[:, 1] for path in band.get_paths()])
        assert set(heights.tolist()) == {*low[~np.isnan(low)].tolist(), *high[~np.isnan(high)].tolist()}


def test_the_first_rows_of_many() -> None:
    answer = answered("groupBy=release")
    ax = answer.plot()
    assert [line.get_color() for line in drawn(ax)] == list(COLOURS)
    assert ax.get_title(loc="left") == f"sum(session), the first {MOST_ROWS} of {len(answer)} rows"


def test_axes_of_the_caller() -> None:
    figure, axes = pyplot.subplots(2)
    assert answered("").plot("sum(session)", ax=axes[1]) is axes[1]
    assert not axes[0].get_lines()
    assert pyplot.get_fignums() == [figure.number]


@pytest.mark.parametrize(
    ("field", "labels"),
    [
        ("crash_free_rate(user)", {"100.0%", "92.0%"}),
        ("sum(session)", {"0", "30"}),
        ("p95(session.duration)", {"0 min", "10 min"}),
    ],
)
def test_values_read_as_people_read_them(field: str, labels: set[str]) -> None:
    ax = answered("").plot(field)
    ax.figure.canvas.draw()
    assert labels <= {text.get_text() for text in ax.get_yticklabels()}


def test_names_of_strangers_are_text() -> None:
    """No formula, and no row that a leading underscore hides from the legend."""
    names = ["_hidden", "$x^2$", r"$\undefined$", ""]
    sessions = Sessions(
        started=["2024-01-29T11:30Z"] * 4, project_id=[1] * 4, status=["ok"] * 4, release=names
    )
    ax = compute(sessions, "field=sum(session)&groupBy=release&statsPeriod=1h", now=NOW).plot()
    ax.figure.canvas.draw()
    texts = {text.get_text().strip("\u200b").replace("\\$", "$") for text in ax.get_legend().get_texts()}
    assert texts == {"_hidden", "$x^2$", r"$\undefined$", '""'}


def test_nothing_to_draw() -> None:
    """An answer without rows is an empty chart; one without series is an error."""
    assert not drawn(compute(SAMPLE[:0], "field=sum(session)&groupBy=release&interval=1d", now=NOW).plot())
    with pytest.raises(SessionStatsError, match="includeSeries=0"):
        answered("includeSeries=0").plot()
    with pytest.raises(SessionStatsError, match="no field 'x' in the answer; there is sum"):
        answered("").plot("x")


@pytest.mark.parametrize("extension", ["svg", "png", "pdf"])
def test_command(extension: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every field has its chart; the answer is printed as well."""
    path, picture = str(tmp_path / "s.csv"), tmp_path / f"p.{extension}"
    write(SAMPLE, path)
    request = f"{FIELDS}&interval=1d&statsPeriod=14d"
    assert main(["query", path, request, "--now", NOW, "--plot", str(picture)]) == 0
    assert capsys.readouterr().out == f"{answered('')}\n"
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert picture.read_bytes().startswith(starts[extension])
    if extension == "svg":
        assert picture.read_text().count('<g id="axes_') == 3


def test_unknown_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "s.csv")
    write(SAMPLE[:10], path)
    assert (
        main(["query", path, FIELDS + "&interval=1d", "--now", NOW, "--plot", str(tmp_path / "p.xyz")]) == 2
    )
    assert "p.xyz: Format 'xyz' is not supported" in capsys.readouterr().err
