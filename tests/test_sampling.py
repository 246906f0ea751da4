"""Synthetic sessions: the same for a seed everywhere, and like those of real applications."""

import hashlib

import numpy as np
import pytest

from sessionstats import Sessions, SessionStatsError, from_records, sample, to_records
from sessionstats.health import EXITED, STATUSES
from sessionstats.instants import DAY, HOUR
from sessionstats.io.sampling import BAD_RELEASE, CRASHING_BADLY, SINCE, UNTIL, WITHOUT_USER

SHARED = sample(200_000, seed=1)


def share(what: np.ndarray) -> float:
    return float(np.mean(what))


@pytest.mark.parametrize(
    ("n", "seed", "digest"),
    [
        (1000, 0, "67ef8473af9bd16a"),
        (1000, 7, "36e4d7978e0d94ae"),
    ],
)
def test_golden(n: int, seed: int, digest: str) -> None:
    """Equal seeds give equal samples under any NumPy: digests made with 2.0 and 2.4, with and without AVX."""
    rows = repr(to_records(sample(n, seed)))
    assert hashlib.sha256(rows.encode()).hexdigest()[:16] == digest


def test_seeds() -> None:
    assert sample(50, seed=3) == sample(50, seed=3)
    assert sample(50, seed=3) != sample(50, seed=4)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few(n: int) -> None:
    sessions = sample(n)
    assert len(sessions) == n
    assert from_records(to_records(sessions)) == sessions


def test_a_sample_is_good_data() -> None:
    """§1.4: sessions that are built without checks pass them."""
    columns = {name: getattr(SHARED, name) for name in Sessions.__slots__ if name != "status"}
    assert Sessions(**columns, status=[STATUSES[code] for code in SHARED.status.tolist()]) == SHARED


@pytest.mark.parametrize(("n", "seed"), [(-1, 0), (1, -1)])
def test_negative(n: int, seed: int) -> None:
    with pytest.raises(SessionStatsError, match="neither may be negative"):
        sample(n, seed)


def test_instants() -> None:
    """Ascending, within two weeks, in whole milliseconds, more by day than by night, all days alike."""
    started = SHARED.started
    assert (np.diff(started) >= np.timedelta64(0)).all()
    assert SINCE <= started[0] < SINCE + np.timedelta64(1, "h")
    assert UNTIL - np.timedelta64(1, "h") < started[-1] < UNTIL
    assert not (started.view(np.int64) % 1000).any()
    hour = started.view(np.int64) % DAY // HOUR
    assert share((hour >= 13) & (hour < 17)) > 4 * share((hour >= 1) & (hour < 5))
    days = np.bincount((started - SINCE).view(np.int64) // DAY)
    assert len(days) == 14
    assert days.max() < 1.1 * days.min()


def test_projects() -> None:
    """Three, of different size, each with releases of its own."""
    assert SHARED.project_id.categories == (1, 2, 3)
    shares = [share(SHARED.project_id.codes == code) for code in range(3)]
    assert shares == pytest.approx([0.5, 0.35, 0.15], abs=0.01)
    names = {
        (p, r.split("@")[0])
        for p, r in zip(SHARED.project_id.decode(), SHARED.release.decode(), strict=True)
        if r
    }
    assert names == {(1, "shop-ios"), (2, "shop-android"), (3, "shop-web")}


def test_rollout() -> None:
    """A release starts small, takes over, and gives way to the next."""
    release = SHARED.release.codes == SHARED.release.code_of["shop-ios@2.3.0"]
    day = (SHARED.started - SINCE).view(np.int64) // DAY
    ios = SHARED.project_id.codes == 0
    shares = [share(release[ios & (day == d)]) for d in range(14)]
    top = int(np.argmax(shares))
    assert shares[top] > 0.8
    assert 0 < shares[top - 2] < 0.2 < shares[top - 1] < 0.9
    assert shares[0] == shares[-1] == 0


def test_crashes_cluster_in_one_release() -> None:
    crashed = SHARED.status == STATUSES.index("crashed")
    of_each = {
        name: share(crashed[SHARED.release.codes == code])
        for name, code in SHARED.release.code_of.items()
        if np.count_nonzero(SHARED.release.codes == code) > 1000
    }
    bad = of_each.pop(BAD_RELEASE)
    assert bad == pytest.approx(CRASHING_BADLY, rel=0.1)
    assert max(of_each.values()) < bad / 5


def test_users_come_back() -> None:
    """Over days, some much more often than others; none in two projects; some sessions have none."""
    user = SHARED.distinct_id.codes
    assert share(user < 0) == pytest.approx(WITHOUT_USER, abs=0.005)
    sessions = np.bincount(user[user >= 0])
    assert sessions.min() >= 1  # no unused category
    assert 4 < sessions.mean() < 8
    assert sessions.max() > 10 * sessions.mean()
    day = (SHARED.started - SINCE).view(np.int64) // DAY
    days = np.unique(user[user >= 0].astype(np.int64) * 14 + day[user >= 0]) // 14
    assert np.median(np.bincount(days)) >= 3
    pairs = np.unique(user[user >= 0].astype(np.int64) * 3 + SHARED.project_id.codes[user >= 0])
    assert len(pairs) == len(sessions)


def test_durations() -> None:
    """Log-normal, to the millisecond, for sessions that have ended."""
    ended = SHARED.status >= EXITED
    assert np.array_equal(np.isnan(SHARED.duration), ~ended)
    logarithm = np.log(SHARED.duration[ended])
    assert logarithm.mean() == pytest.approx(4.0, abs=0.02)
    assert logarithm.std() == pytest.approx(1.2, abs=0.02)
    z = (logarithm - logarithm.mean()) / logarithm.std()
    assert abs(np.mean(z**3)) < 0.05
    assert np.mean(z**4) == pytest.approx(3, abs=0.1)
    assert np.array_equal(SHARED.duration[ended], np.round(SHARED.duration[ended], 3))


def test_statuses_errors_and_mechanisms() -> None:
    shares = {name: share(SHARED.status == code) for code, name in enumerate(STATUSES)}
    assert shares["unhandled"] == 0
    assert shares["exited"] > 0.9
    assert all(0.001 < value < 0.1 for name, value in shares.items() if name not in ("exited", "unhandled"))
    errored = SHARED.status == STATUSES.index("errored")
    assert SHARED.errors[errored].min() == 1
    assert 0.01 < share(SHARED.errors[~errored] > 0) < 0.05
    hung = SHARED.status == STATUSES.index("abnormal")
    mechanism = SHARED.abnormal_mechanism.codes
    assert not mechanism[~hung].any()
    assert np.bincount(mechanism[hung]).min() > 100


def test_environments() -> None:
    shares = {
        name: share(SHARED.environment.codes == code) for name, code in SHARED.environment.code_of.items()
    }
    assert shares == pytest.approx({"production": 0.9, "staging": 0.07, "": 0.03}, abs=0.01)
