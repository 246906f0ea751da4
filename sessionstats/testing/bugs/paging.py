"""Pages and their links (§7.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sessionstats.testing import model
from sessionstats.testing.bugs.bug import (
    Answer,
    Bug,
    Case,
    Variant,
    bug,
    defined,
    retouched,
    with_params,
    without,
)
from sessionstats.testing.model import ordering
from sessionstats.testing.model.ordering import Group, Order
from sessionstats.testing.model.question import Question

PAGES: Final = (3, 5, 10, 15, 20, 25, 30, 50, 100, 200, 500, 1000)
"""Sizes that pages often have by default."""


def paged(page: Any, detail: str = "") -> Variant:
    """A variant with another page."""
    return defined(detail, page=page)


def with_ties(question: Question, order: Order, groups: list[Group]) -> list[Group]:
    """A page, and all groups after it that rank as its last does."""
    shown = ordering.page(question, order, groups)
    after = groups[question.offset + len(shown) :]
    return shown + [group for group in after if shown and group.rank == shown[-1].rank]


def of_ranks(question: Question, order: Order, groups: list[Group]) -> list[Group]:
    """The groups of as many different ranks as a page holds."""
    ranks = list(dict.fromkeys(group.rank for group in groups))
    chosen = ranks[question.offset : question.offset + question.page]
    return [group for group in groups if group.rank in chosen]


@dataclass(frozen=True)
class Page:
    """What the links of an answer are computed from."""

    offset: int
    size: int
    shown: int
    """How many base groups it shows."""

    def next(self, text: Any) -> dict[str, Any]:
        """A link to a page with another offset."""
        return {"cursor": f"0:{text}:0"}


def links_as(change: Callable[[str, Page], dict[str, Any]], detail: str) -> Variant:
    """A variant with other links: what is different in ``previous`` and in ``next``."""

    def retouch(case: Case, answer: Answer) -> Answer:
        if "links" not in answer or not isinstance(case["params"], Mapping):
            return answer
        page = _page_of(case, answer)
        links: Mapping[str, Any] = answer["links"]
        return {**answer, "links": {name: {**link, **change(name, page)} for name, link in links.items()}}

    return retouched(detail, retouch)


def next_as(change: Callable[[Page], dict[str, Any]], detail: str) -> Variant:
    """A variant with another link to the next page."""
    return links_as(lambda name, page: change(page) if name == "next" else {}, detail)


def previous_as(change: Callable[[Page], dict[str, Any]], detail: str) -> Variant:
    """A variant with another link to the previous page."""
    return links_as(lambda name, page: change(page) if name == "previous" else {}, detail)


def _page_of(case: Case, answer: Answer) -> Page:
    cursor = str(case["params"].get("cursor") or "0:0:0").split(":")
    offset = int(cursor[1])
    following = int(answer["links"]["next"]["cursor"].split(":")[1])
    keys = {
        tuple(value for name, value in group["by"].items() if name != "session.status")
        for group in answer["body"]["groups"]
    }
    return Page(offset, following - offset, len(keys))


def right_links(case: Case, answer: Answer) -> Answer:
    """The links that the case has without a bug."""
    links = model.answer(case).get("links")
    return answer if links is None else {**answer, "links": links}


def back(params: dict[str, Any]) -> dict[str, Any]:
    """A cursor of a previous page, which is moved back by another page."""
    before, _, rest = str(params.get("cursor") or "").partition(":")
    offset, _, backwards = rest.partition(":")
    size = params.get("per_page")
    if backwards != "1" or not str(size).isdecimal() or not offset.isdecimal():
        return params
    return {**params, "cursor": f"{before}:{max(0, int(offset) - int(str(size)))}:1"}


def first_groups(most: int) -> Callable[[Question, Order, list[Group]], list[Group]]:
    """A page of so many groups where none is asked for."""

    def page(question: Question, order: Order, groups: list[Group]) -> list[Group]:
        shown = ordering.page(question, order, groups)
        return shown[:most] if question.per_page is None else shown

    return page


def first_part(params: dict[str, Any]) -> dict[str, Any]:
    """A cursor whose first part is the offset."""
    cursor = str(params.get("cursor") or "")
    return {**params, "cursor": f"0:{cursor.partition(':')[0]}:0"} if ":" in cursor else params


BUGS: Final[tuple[Bug, ...]] = (
    bug(
        "page-size-ignored", "7.6", "The parameter per_page has no effect on the groups",
        "A page holds ``per_page`` groups.",
        paged(lambda q, order, groups: groups[q.offset :]),
        paged(lambda q, order, groups: groups, "nor cursor"),
    ),
    bug(
        "page-by-default", "7.6", "Without per_page there are only so many groups",
        "Without ``per_page``, an answer holds as many groups as the cap allows.",
        *(paged(first_groups(most), f"{most}") for most in PAGES),
    ),
    bug(
        "links-wrong", "7.6", "The links of the page are wrong",
        "The next page begins where this one ends, and has results if groups remain; the previous one ends "
        "where this one begins.",
        next_as(lambda page: {"results": True}, "the next always has results"),
        next_as(lambda page: {"results": page.shown > 0}, "the next has results if this one has"),
        next_as(lambda page: {"results": page.shown >= page.size},
            "the next has results if this one is full"),
        next_as(lambda page: page.next(page.offset + page.shown),
            "the next begins after the groups of this one"),
        next_as(lambda page: page.next(page.size), "the next always begins after one page"),
        next_as(lambda page: page.next(page.offset + 1), "the next begins one group further on"),
        next_as(lambda page: page.next(f"{page.offset}{page.size}"), "the next joins two numbers as texts"),
        previous_as(lambda page: {"cursor": f"0:{page.offset - page.size}:1"}, "the previous goes below 0"),
        previous_as(lambda page: {"cursor": f"0:{page.offset}:1"}, "the previous is this page"),
        previous_as(lambda page: {"cursor": "0:0:1"}, "the previous is always the first"),
        previous_as(lambda page: {"results": page.offset >= page.size}, "the previous must be a whole page"),
        previous_as(lambda page: {"results": page.offset > page.size}, "the previous is not the first"),
        previous_as(lambda page: {"results": True}, "the previous always has results"),
        previous_as(lambda page: {"results": False}, "the previous never has results"),
        links_as(lambda name, page: {"results": True}, "both always have results"),
        links_as(lambda name, page: {"results": False}, "neither has results"),
        retouched("missing", lambda case, answer: {k: v for k, v in answer.items() if k != "links"}),
    ),
    bug(
        "ties-all-shown", "7.6", "All groups of equal rank at the cut are shown",
        "A page holds as many groups as requested, even if the next group ties with its last.",
        paged(with_ties), paged(of_ranks, "as many ranks as groups were requested"),
        reports=["elastic/elasticsearch#23613"],
    ),
    bug(
        "offset-misread", "7.6", "The offset of the cursor is not counted in groups",
        "The OFFSET of a cursor is a number of base groups, counted from 0: not of pages or status groups.",
        paged(lambda q, order, groups: groups[q.offset * q.page :][: q.page], "pages"),
        paged(lambda q, order, groups: groups[: q.page], "ignored"),
        paged(lambda q, order, groups: groups[max(0, q.offset - 1) :][: q.page], "from 1"),
        paged(lambda q, order, groups: groups[q.offset : q.page], "as the start of a slice only"),
        with_params("a cursor of the previous page goes back once more", back),
        replace(with_params("a cursor of the previous page goes back once more, links aside", back),
                retouch=right_links),
        with_params("the first part of the cursor", first_part),
        replace(with_params("the first part of the cursor, links aside", first_part), retouch=right_links),
        with_params("", without("cursor")),
    ),
)  # fmt: skip
"""The bugs of this family."""
