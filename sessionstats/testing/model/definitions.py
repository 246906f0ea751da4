"""Every definition that the model uses, in one frozen object (§1 to §8).

1. `DEFINITIONS` holds those of the semantics; each is the function of the same name in its module.
2. `dataclasses.replace` makes a model with other definitions: with one bug, or with another opinion.
3. A function that needs other definitions takes the whole object first, so that a change reaches everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from . import (
    aggregates,
    conditions,
    folding,
    instants,
    ordering,
    parameters,
    question,
    rows,
    search,
    versions,
    window,
)
from .aggregates import Value
from .ordering import Group, Order
from .parameters import Parameters
from .question import Question
from .request import Rules
from .rows import Row
from .search import All, Level, OneOf, Term
from .versions import Parsed, Version
from .window import Dates, Window


@dataclass(frozen=True)
class Definitions:
    """The definitions that the model uses; see the function of each name for its rule."""

    # Rows and sessions (§1)
    instant: Callable[[str | int | float], int | None] = rows.instant
    user: Callable[[str | int | None], str] = rows.user_text
    is_session: Callable[[Row], bool] = rows.is_session
    session_of: Callable[[Row], Hashable] = folding.session_of
    fold_one: Callable[[list[Row]], Row] = folding.fold_one
    fold: Callable[[Definitions, list[Row]], list[Row]] = folding.fold
    health: Callable[[Row], str] = folding.health
    # Parameters and window (§2, §3)
    means_all: Callable[[frozenset[int]], bool] = parameters.means_all
    period: Callable[[str], int | None] = window.period
    default_interval: int = window.HOUR
    is_longer_than_a_day: Callable[[int], bool] = window.is_longer_than_a_day
    date: Callable[[str], int | None] = instants.from_parameter
    dates: Callable[[Definitions, Parameters, int], Dates] = window.read_dates
    begin: Callable[[int, int], int] = window.begin
    aligned: Callable[[int, int, int], tuple[int, int]] = window.aligned
    too_many: Callable[[int, int], bool] = window.too_many
    inside: Callable[[Window, int], bool] = window.inside
    bucket: Callable[[Window, int], int | None] = window.bucket
    # Search (§4)
    build: Callable[[Level], All | OneOf] = search.build
    selects_text: Callable[[str, Term, set[str]], bool] = conditions.selects_text
    selects_unreadable: Callable[[Term], bool] = conditions.selects_unreadable
    status_filter: Callable[[All, Rules], frozenset[str] | None] = conditions.status_filter
    read_release: Callable[[str], Parsed | None] = versions.read_release
    version_rank: Callable[[Version], Any] = versions.version_rank
    version_condition: Callable[[Definitions, Term], Callable[[Parsed], bool]] = versions.version_condition
    build_condition: Callable[[Term], Callable[[Parsed], bool]] = versions.build_condition
    counting: Callable[[Definitions, list[Row], frozenset[str] | None], list[Row]] = question.counting
    # Groups (§5)
    column: Callable[[Row, str], int | str] = ordering.column
    group_key: Callable[[list[int | str]], Hashable] = ordering.group_key
    of_nothing: Callable[[], list[Group]] = ordering.of_nothing
    contributes: Callable[[Definitions, str, Row], bool] = aggregates.contributes
    # Aggregates (§6)
    value: Callable[[Definitions, str, list[Row], Any], Value] = aggregates.value
    total: Callable[[Question, Group, str], Value] = question.total
    series: Callable[[Question, Group, str], list[Value]] = question.series
    session_counts: Callable[[Definitions, list[Row]], dict[str, int]] = aggregates.session_counts
    person: Callable[[Row], Hashable] = aggregates.person
    distinct: Callable[[list[Hashable]], int] = aggregates.distinct
    user_counts: Callable[[Definitions, list[Row]], dict[str, int]] = aggregates.user_counts
    counted_duration: Callable[[Row], float | None] = aggregates.counted_duration
    duration: Callable[[Definitions, str, list[Row]], float | None] = aggregates.duration
    mean: Callable[[list[float]], float] = aggregates.mean
    quantile: Callable[[list[float], int], float] = aggregates.quantile
    milliseconds: Callable[[float], float] = aggregates.to_milliseconds
    rate: Callable[[Definitions, str, list[Row]], float | None] = aggregates.rate
    # Ranking, cap and page (§7)
    primary: Callable[[list[str]], str] = ordering.primary
    rank_classes: Callable[[str, frozenset[str] | None], frozenset[str] | None] = ordering.rank_classes
    rank_total: Callable[[Question, Group, str], Value] = question.rank_total
    rank_key: Callable[[int | float], Any] = ordering.rank_key
    ranked: Callable[[Definitions, list[tuple[Group, Value]], bool], list[Group]] = ordering.ranked
    cap: Callable[[int, bool, int, int], int] = ordering.cap
    page: Callable[[Question, Order, list[Group]], list[Group]] = ordering.page


DEFINITIONS = Definitions()
"""Those of the semantics."""
