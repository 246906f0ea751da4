"""In which order groups stand, and which of them are shown (§7.1 to §7.4, §7.6)."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sessionstats import pipeline
from sessionstats.capping import links as page_links
from sessionstats.capping import max_groups
from sessionstats.fields import STATUS
from sessionstats.request.ordering import ByField
from sessionstats.testing.bugs.diagnosis import Diagnosis, diagnosis
from sessionstats.testing.bugs.evidence import Evidence, Value, rank_by
from sessionstats.testing.bugs.flat import Flat
from sessionstats.testing.findings import GROUPS, GroupKey, Path
from sessionstats.testing.groups import key_of
from sessionstats.testing.oracle import base_of

LINKS: Final = Path(None, None, "links")
"""The place of the links to other pages."""


def _ranked(evidence: Evidence) -> dict[GroupKey, Value]:
    """The ranking value of every base group, by ascending key; empty where releases rank (§7.5)."""
    if evidence.query.by_release_timestamp or evidence.query.order is None:
        return {}
    return {base: evidence.oracle.ranking[base] for base in evidence.by_key}


def _reordered(evidence: Evidence, ordered: Sequence[GroupKey]) -> Iterator[Flat]:
    """The answer if the base groups ranked in this order."""
    if ordered and list(ordered) != list(evidence.oracle.ranking):
        yield evidence.showing(evidence.page(ordered))


def _sliced(evidence: Evidence, first: int, size: int) -> Iterator[Flat]:
    """The answers that show other places of the ranking, with the right links and with links to match."""
    ranking = list(evidence.oracle.ranking)
    if ranking and not _ranked(evidence):
        return
    flat = evidence.showing(ranking[first : first + max(0, size)])
    yield flat
    if LINKS in flat:
        links = zip(("previous", "next"), page_links(first, size, len(ranking)), strict=True)
        yield flat | {LINKS: {name: {"cursor": link.cursor, "results": link.results} for name, link in links}}


@diagnosis("order-reversed", "7.2", "Ascending and descending are taken for each other", broad=True)
def reversed_(evidence: Evidence) -> Iterator[Flat]:
    """``orderBy=F`` is ascending and ``-F`` descending; without ``orderBy`` the largest comes first."""
    order = evidence.query.order
    if order is not None:
        yield evidence.answer(order=dataclasses.replace(order, descending=not order.descending))


@diagnosis("nulls-not-last", "7.3", "Groups without a value rank first, or as 0")
def nulls(evidence: Evidence) -> Iterator[Flat]:
    """Null ranks last in both directions."""
    ranks, order = _ranked(evidence), evidence.query.order
    if None in ranks.values() and order is not None:
        ranked = rank_by(ranks, descending=order.descending)
        without = [base for base in ranked if ranks[base] is None]
        yield from _reordered(evidence, [*without, *(base for base in ranked if base not in without)])
        for instead in (0, 1):
            values = {base: instead if rank is None else rank for base, rank in ranks.items()}
            yield from _reordered(evidence, rank_by(values, descending=order.descending))


@diagnosis("first-field-ranks", "7.1", "Another field ranks the groups")
def other_field(evidence: Evidence) -> Iterator[Flat]:
    """The first field ranks, except that ``sum(session)`` wins wherever it stands."""
    order, fields = evidence.query.order, evidence.query.counting_fields
    if isinstance(order, ByField):
        for field in fields:
            if field != order.field:
                yield evidence.answer(order=ByField(field, order.descending))


@diagnosis("order-ignored", "7.2", "The parameter orderBy has no effect")
def order_ignored(evidence: Evidence) -> Iterator[Flat]:
    """``orderBy`` ranks the groups instead of the first field."""
    yield from evidence.with_params(orderBy=None)


@diagnosis("ranked-by-shown-classes", "7.1", "The count of the selected health classes ranks")
def by_shown_classes(evidence: Evidence) -> Iterator[Flat]:
    """The count over all classes ranks, unless one class is selected that is neither healthy nor errored."""
    order = evidence.query.order
    if isinstance(order, ByField) and order.field.kind == "count" and _ranked(evidence):
        whole = evidence.oracle.whole(include_totals=True, include_series=False)
        ranks: dict[GroupKey, Value] = dict.fromkeys(evidence.by_key, 0)
        for group in pipeline.answer(evidence.oracle.sessions, whole).to_dict()["groups"]:
            base = base_of(key_of(group, evidence.query.group_by))
            ranks[base] = (ranks[base] or 0) + group["totals"][order.field.name]
        yield from _reordered(evidence, rank_by(ranks, descending=order.descending))


@diagnosis("groups-of-zero-dropped", "5", "Groups whose ranking value is 0 are left out")
def of_zero(evidence: Evidence) -> Iterator[Flat]:
    """A group of sessions of which none counts for the first field is a group all the same, with a 0."""
    ranks = _ranked(evidence)
    for none in ((0,), (0, None)):
        kept = [base for base in evidence.oracle.ranking if ranks and ranks[base] not in none]
        yield from _shown(evidence, evidence.page(kept))


@diagnosis("ranked-as-text", "7.1", "Ranking values are compared as text")
def as_text(evidence: Evidence) -> Iterator[Flat]:
    """Values rank as numbers: 10 is more than 9."""
    ranks, order = _ranked(evidence), evidence.query.order
    if order is not None:
        ordered = sorted(
            (base for base in ranks if ranks[base] is not None), key=lambda base: str(ranks[base])
        )
        if order.descending:
            ordered.reverse()
        yield from _reordered(evidence, [*ordered, *(base for base in ranks if ranks[base] is None)])


@diagnosis("groups-not-ranked", "7.1", "Groups are not ranked before they are cut")
def not_ranked(evidence: Evidence) -> Iterator[Flat]:
    """A limit without an order keeps just any groups; it has to keep the first in rank."""
    ranks = _ranked(evidence)
    yield from _reordered(evidence, list(ranks))
    yield from _reordered(evidence, list(ranks)[::-1])
    yield from _reordered(evidence, _by_appearance(evidence))


def _by_appearance(evidence: Evidence) -> list[GroupKey]:
    """Base groups in the order of their first sessions among the rows."""
    keys, index = list(evidence.oracle.index_of), evidence.oracle.group.tolist()
    known = _ranked(evidence)
    return [keys[place] for place in dict.fromkeys(index) if place >= 0 and keys[place] in known]


@diagnosis("top-groups-per-bucket", "7.1", "The top groups are chosen bucket by bucket", broad=True)
def per_bucket(evidence: Evidence) -> Iterator[Flat]:
    """Groups are ranked by their total over the whole window, once for the whole series."""
    order, ranks = evidence.query.order, _ranked(evidence)
    if not isinstance(order, ByField) or not ranks:
        return
    names = tuple(name for name in evidence.query.group_by if name != STATUS)
    whole = evidence.oracle.whole(include_series=True, group_by=names)
    series: dict[GroupKey, list[Any]] = {
        key_of(group, names): group["series"][order.field.name]
        for group in pipeline.answer(evidence.oracle.sessions, whole).to_dict()["groups"]
    }
    size = evidence.query.page_size
    tops: list[GroupKey] = []
    for bucket in range(len(evidence.intervals)):
        values = {base: series[base][bucket] for base in ranks if series[base][bucket]}
        tops += rank_by(values, descending=order.descending)[:size]
    chosen = set(tops)
    yield from _shown(evidence, [base for base in evidence.oracle.ranking if base in chosen])
    peaks = {
        base: max((value for value in series[base] if value is not None), default=None) for base in ranks
    }
    yield from _reordered(evidence, rank_by(peaks, descending=order.descending))
    for bucket in (-1, 0):
        values = {base: series[base][bucket] for base in ranks}
        yield from _reordered(evidence, rank_by(values, descending=order.descending))


def _shown(evidence: Evidence, bases: list[GroupKey]) -> Iterator[Flat]:
    if bases != evidence.shown:
        yield evidence.showing(bases)


@diagnosis("ties-all-shown", "7.6", "The cut keeps, or drops, all groups of equal rank")
def ties(evidence: Evidence) -> Iterator[Flat]:
    """A page holds a fixed number of groups: a rank that several share has to be broken somehow."""
    ranks, shown = _ranked(evidence), evidence.shown
    if ranks and shown and len(shown) < len(ranks):
        last = ranks[shown[-1]]
        yield from _shown(evidence, [*shown, *(b for b in ranks if ranks[b] == last and b not in shown)])
        kept = [base for base in shown if ranks[base] != last]
        yield from _shown(evidence, kept)


@diagnosis("cap-ignored", "7.4", "The cap on data points is not applied")
def cap_ignored(evidence: Evidence) -> Iterator[Flat]:
    """An answer holds at most 10,000 data points, groups × intervals; then the first in rank are kept."""
    if evidence.query.page.size is None:
        yield from _sliced(evidence, evidence.query.page.offset, len(evidence.oracle.ranking))


@diagnosis("cap-counts-status-groups", "7.4", "Status groups count for the cap")
def cap_of_rows(evidence: Evidence) -> Iterator[Flat]:
    """The cap and ``per_page`` count base groups; the status groups of one belong together."""
    query = evidence.query
    if query.by_status and not query.by_release_timestamp:
        classes = max(1, len(query.shown_classes))
        cap = max_groups(query.window.n_intervals, query.rules.max_points)
        for size in (max(1, cap // classes), max(1, query.page_size // classes)):
            yield from _sliced(evidence, query.page.offset, min(size, query.page_size))
        groups = evidence.expected["body"]["groups"]
        for rows in (query.page_size, query.rules.max_points // max(1, query.window.n_intervals)):
            yield evidence.flatten(
                {**evidence.expected, "body": {**evidence.expected["body"], "groups": groups[: max(1, rows)]}}
            )


@diagnosis(
    "cap-without-series", "7.4", "The cap counts intervals that are not answered, or the other way round"
)
def cap_without_series(evidence: Evidence) -> Iterator[Flat]:
    """Without series a group is one data point."""
    query = evidence.query
    if not query.include_series:
        size = max(1, query.rules.max_points // max(1, query.window.n_intervals))
        yield from _sliced(evidence, query.page.offset, min(size, query.page_size))


@diagnosis("cap-off-by-one", "7.4", "The cap lets one group too many or too few through")
def cap_off_by_one(evidence: Evidence) -> Iterator[Flat]:
    """The cap is max(1, ⌊max_points / intervals⌋) groups; a page holds ``per_page`` of them."""
    query = evidence.query
    for size in (query.page_size + 1, query.page_size - 1):
        yield from _sliced(evidence, query.page.offset, size)
    if query.page.size is None and query.include_series:
        intervals = query.window.n_intervals
        for points in (
            query.rules.max_points // (intervals + 1),
            query.rules.max_points // max(1, intervals - 1),
        ):
            yield from _sliced(evidence, query.page.offset, max(1, points))


@diagnosis("offset-misread", "7.6", "The offset of the cursor is not counted in groups", broad=True)
def offset(evidence: Evidence) -> Iterator[Flat]:
    """The OFFSET of a cursor is a number of groups, from 0: neither of pages nor of status groups."""
    page, size = evidence.query.page, evidence.query.page_size
    for first in (page.offset * size, 0, page.offset + 1, max(0, page.offset - 1)):
        yield from _sliced(evidence, first, size)


@diagnosis("page-size-ignored", "7.6", "The parameter per_page has no effect on the groups")
def size_ignored(evidence: Evidence) -> Iterator[Flat]:
    """A page holds ``per_page`` groups."""
    if evidence.query.page.size is not None:
        yield from _sliced(evidence, evidence.query.page.offset, len(evidence.oracle.ranking))


@diagnosis("links-wrong", "7.6", "The links of the page are wrong", broad=True)
def links(evidence: Evidence) -> Iterator[Flat]:
    """The next page begins where this ends, and has results if groups remain; the previous ends here."""
    right = evidence.flat.get(LINKS)
    if right is None:
        return
    page, size, groups = evidence.query.page, evidence.query.page_size, len(evidence.oracle.ranking)
    shown = len(evidence.expected["body"][GROUPS])
    for previous in (right["previous"], {"cursor": f"0:{page.offset - size}:1", "results": page.offset > 0}):
        for results in (True, False, groups >= page.offset + size, shown == size, right["next"]["results"]):
            for cursor in (right["next"]["cursor"], f"0:{page.offset + shown}:0", f"0:{page.offset + 1}:0"):
                yield {
                    **evidence.flat,
                    LINKS: {"previous": previous, "next": {"cursor": cursor, "results": results}},
                }
    yield {name: value for name, value in evidence.flat.items() if name != LINKS}


@diagnosis("include-flag-ignored", "8", "Totals or series appear although they were switched off")
def include_ignored(evidence: Evidence) -> Iterator[Flat]:
    """``includeTotals=0`` leaves the totals out, ``includeSeries=0`` the series."""
    for name in ("include_totals", "include_series"):
        if not getattr(evidence.query, name):
            yield evidence.answer(**{name: True})


@diagnosis("unused-releases-missing", "7.5", "Releases without sessions are missing")
def unused_missing(evidence: Evidence) -> Iterator[Flat]:
    """Ordered by ``release.timestamp``, releases without sessions appear with zeros or nulls."""
    if evidence.query.by_release_timestamp:
        used = [base for base in evidence.oracle.ranking if base in evidence.oracle.index_of]
        yield evidence.showing(evidence.page(used))


DIAGNOSES: Final[tuple[Diagnosis, ...]] = (
    links,
    include_ignored,
    order_ignored,
    reversed_,
    nulls,
    other_field,
    by_shown_classes,
    of_zero,
    unused_missing,
    ties,
    cap_of_rows,
    cap_without_series,
    cap_off_by_one,
    cap_ignored,
    size_ignored,
    as_text,
    not_ranked,
    per_bucket,
    offset,
)
"""Of this family, the most specific first."""
