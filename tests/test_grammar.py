r"""The grammar of a search (§4.1) and the errors of its structure (§4.4)."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessionstats.errors import RequestError
from sessionstats.search.grammar import parse
from sessionstats.search.tree import And, FreeText, Or, Term, Value, leaves

# Text made of fragments that mean something in the grammar: it reaches more corners than random text.
FRAGMENTS = (
    "a",
    "release",
    "has",
    "session.status",
    "release:a",
    'release:"a b"',
    "has:release",
    "release:[a, b]",
)
SYNTAX = st.lists(
    st.sampled_from((*':!"\\*[](), \né', ">=", " OR ", " AND ", *FRAGMENTS)),
    max_size=20,
).map("".join)


def term(key: str, *texts: str, **how: bool) -> Term:
    return Term(key, tuple(Value(text) for text in texts), **how)


def only_term(text: str) -> Term:
    tree = parse(text)
    assert isinstance(tree, And)
    (child,) = tree.children
    assert isinstance(child, Term)
    return child


def rejection(text: str) -> str:
    with pytest.raises(RequestError) as caught:
        parse(text)
    assert (caught.value.status, caught.value.parameter, caught.value.value) == (400, "query", text)
    return caught.value.detail


class TestTerms:
    """§4.1: what a term is."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("release:a", term("release", "a")),
            ("!release:a", term("release", "a", negated=True)),
            ("release:[a, b]", term("release", "a", "b", is_list=True)),
            ("!release:[a,b]", term("release", "a", "b", is_list=True, negated=True)),
            ("release:[a , b]", term("release", "a", "b", is_list=True)),
            ("release:[a]", term("release", "a", is_list=True)),
            ("has:release", term("release", has=True)),
            ("!has:release", term("release", has=True, negated=True)),
            ('"a:b":c', term("a:b", "c")),
            ('has:"a:b"', term("a:b", has=True)),
            ("has:a/b", term("has", "a/b")),
            ("a.b-c_1:x:y", term("a.b-c_1", "x:y")),
            ("release:OR", term("release", "OR")),
            ("release:a\\b", term("release", "a\\b")),
            ("release:a\nb", term("release", "a\nb")),
        ],
    )
    def test_forms(self, text: str, expected: Term) -> None:
        assert only_term(text) == expected

    @pytest.mark.parametrize("text", ["[a,,b]", "[]", "[a]b", "[a]X", "[a", "[,a]", "[a,]b", "[a,,]", "xa]"])
    def test_bracket_that_opens_no_list_is_text(self, text: str) -> None:
        """§4.1: a bracket that does not open a well-formed list is ordinary text."""
        assert only_term(f"release:{text}") == term("release", text)

    def test_bracket_with_a_space_inside_is_text_up_to_the_space(self) -> None:
        """§4.1: `[a b]` is not a list, and an unquoted value ends at a space."""
        assert parse("release:[a b]") == And((term("release", "[a"), FreeText("b]")))
        assert parse("release:[ a]") == And((term("release", "["), FreeText("a]")))
        assert parse("release:[a ]") == And((term("release", "[a"), FreeText("]")))

    @pytest.mark.parametrize(
        ("text", "elements"),
        [
            ('[a, release:"b"]', [("a", False), ('release:"b"', False)]),
            ('[""]', [("", True)]),
            ('["a, b]", c]', [("a, b]", True), ("c", False)]),
            ("[a(b, c)d]", [("a(b", False), ("c)d", False)]),
            ('["a, b"c]', [('"a', False), ('b"c', False)]),
            ('["a"b"]', [('"a"b"', False)]),
            ('[ab"]', [('ab"', False)]),
        ],
    )
    def test_elements(self, text: str, elements: list[tuple[str, bool]]) -> None:
        """§4.1: an unquoted element runs to the next comma, space or bracket, whatever it holds."""
        found = only_term(f"release:{text}")
        assert found.is_list
        assert [(value.text, value.quoted) for value in found.values] == elements

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ('""', Value("", quoted=True)),
            ('"a b"', Value("a b", quoted=True)),
            (r'"a\"b"', Value('a"b', quoted=True)),
            (r"a\"b", Value('a"b')),
            ("a*b*", Value("a*b*", stars=(1, 3))),
            (r"a\*b*", Value("a*b*", stars=(3,))),
            (r"a*\*b*", Value("a**b*", stars=(1, 4))),
            (r"*\*b*", Value("**b*", stars=(0, 3))),
            (r"\\*", Value("\\*")),
            ('"*"', Value("*", quoted=True, stars=(0,))),
            (">=1", Value(">=1", operator=">=")),
            ("!=1*", Value("!=1*", operator="!=", stars=(3,))),
            ('">=1"', Value(">=1", quoted=True)),
            ('>="1 0"', Value(">=1 0", quoted=True, operator=">=")),
        ],
    )
    def test_values(self, text: str, value: Value) -> None:
        """§4.1, §4.6: quotes, escapes and operators."""
        assert only_term(f"release:{text}").values == (value,)
        assert value.wildcard == bool(value.stars)
        assert value.operator + value.operand == value.text

    def test_open_ended(self) -> None:
        """§4.7: only an unescaped asterisk at the very end leaves a value open."""
        values = only_term(r"release:[a*, a\*, a*b, a\**]").values
        assert [value.open_ended for value in values] == [True, False, False, True]

    @pytest.mark.parametrize(
        "text", ["a", "()", "(  )", '"a (b"', "a/b:c", ":a", "!a", "!", '"OR"', "a]", "é:a"]
    )
    def test_free_text(self, text: str) -> None:
        """§4.1: anything without a key is free text, and so is `()`."""
        (leaf,) = parse(text).children
        assert isinstance(leaf, FreeText)


class TestStructure:
    """§4.1: AND, OR and parentheses."""

    @pytest.mark.parametrize("text", ["", " ", "   "])
    def test_empty(self, text: str) -> None:
        assert parse(text) == And(())

    @pytest.mark.parametrize("text", ["has:a has:b OR has:c", "has:a and has:b oR has:c"])
    def test_and_binds_tighter(self, text: str) -> None:
        tree = parse(text)
        a, b, c = (term(key, has=True) for key in "abc")
        assert tree == Or((And((a, b)), c))

    def test_words_need_no_space_beside_parentheses(self) -> None:
        """§4.1: a word ends at a parenthesis; neighbours are ANDed."""
        a, b, c = (term(key, has=True) for key in "abc")
        assert parse("(has:a)has:b OR(has:c)") == Or((And((And((a,)), b)), And((c,))))
        assert parse("(a:[b])has:b") == And((And((term("a", "b", is_list=True),)), b))

    def test_parentheses_make_a_group_of_their_own(self) -> None:
        """§4.5, §7.5: the tree distinguishes the top level from what is in parentheses."""
        a, b, c = (term(key, has=True) for key in "abc")
        assert parse("(has:a)") == And((And((a,)),))
        assert parse("has:a (has:b OR has:c)") == And((a, Or((b, c))))
        assert parse("release:x(has:b)") == And((term("release", "x"), And((b,))))

    @given(st.recursive(st.sampled_from("abc"), lambda inner: st.lists(inner, min_size=1, max_size=3)))
    def test_leaves_are_in_text_order(self, tree: object) -> None:
        def write(node: object) -> str:
            return f"has:{node}" if isinstance(node, str) else f"({' '.join(map(write, node))})"  # type: ignore[arg-type]

        text = write(tree)
        assert [leaf.key for leaf in leaves(parse(text)) if isinstance(leaf, Term)] == [
            word[0] for word in text.replace("(", "").replace(")", "").split("has:")[1:]
        ]


class TestErrors:
    """§4.4: texts and order."""

    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            ("release:", "Empty string after 'release:'"),
            ("!release: a", "Empty string after 'release:'"),
            ("release:(a)", "Empty string after 'release:'"),
            ("has:", "Empty string after 'has:'"),
            ('release:a"b c', "Invalid quote at 'a\"b': quotes must enclose text or be escaped."),
            ('release:"a b', "Invalid quote at '\"a': quotes must enclose text or be escaped."),
            ('release:ab"', "Invalid quote at 'ab\"': quotes must enclose text or be escaped."),
            ('release:"a"X', "Invalid quote at '\"a\"X': quotes must enclose text or be escaped."),
            ('release:"a"b', "Invalid quote at '\"a\"b': quotes must enclose text or be escaped."),
            ("release:[a,]", "Lists should not have empty values"),
            ("release:[a, ]", "Lists should not have empty values"),
            ("OR release:a", "Condition is missing on the left side of 'OR' operator"),
            ("and release:a", "Condition is missing on the left side of 'AND' operator"),
            ("release:a OR", "Condition is missing on the right side of 'OR' operator"),
            ("release:a (has:b AND)", "Condition is missing on the right side of 'AND' operator"),
            ("OR", "Condition is missing on the left side of 'OR' operator"),
            ("has:a OR and has:b", "Missing condition in between two condition operators: 'OR AND'"),
        ],
    )
    def test_texts(self, text: str, detail: str) -> None:
        assert rejection(text) == detail

    @pytest.mark.parametrize(
        ("text", "around", "column"),
        [
            ("release:a)", "se:a)", 10),
            ("has:a) has:bcd", "as:a) has:", 6),
            (")", ")", 1),
            ("has:a) b", "as:a) b", 6),
            ("(has:a", "(has:a", 1),
            ("has:a ((has:b)", "s:a ((has:", 7),
            ("(has:a (has:b)", "(has:a", 1),
            ("(has:a (has:b", "(has:a", 1),
        ],
    )
    def test_parse_error(self, text: str, around: str, column: int) -> None:
        """§4.4: up to five characters up to the one at fault, five after it, and its column."""
        fault = column - 1
        assert around == text[max(0, fault - 4) : fault + 1] + text[fault + 1 : fault + 6]
        assert rejection(text) == (
            f"Parse error at '{around}' (column {column}). This is commonly caused by unmatched parentheses. "
            "Enclose any text in double quotes."
        )

    @pytest.mark.parametrize(
        ("text", "start"),
        [
            ("release:) release:", "Empty string"),
            ("has:a) release:", "Parse error"),
            ("(release:", "Parse error"),
            ("(release:)", "Empty string"),
            ("(release:) (", "Empty string"),
            ("release: (", "Empty string"),
            ("(release:))", "Empty string"),
            ('(release:a"b release:)', "Invalid quote"),
            ("OR release:", "Empty string"),
            ("OR (", "Parse error"),
            ("(OR) AND", "Condition is missing on the left side of 'OR'"),
            ("has:a OR OR (OR)", "Missing condition in between"),
        ],
    )
    def test_order(self, text: str, start: str) -> None:
        """§4.4: terms and parentheses in text order, then missing conditions."""
        assert rejection(text).startswith(start)


class TestAnyText:
    """§4.4: whatever the text, a tree or a rejection, in linear time."""

    @given(st.one_of(SYNTAX, st.text()))
    @example("a:[" * 3)
    def test_only_request_errors(self, text: str) -> None:
        try:
            tree = parse(text)
        except RequestError as error:
            assert error.detail  # noqa: PT017
        else:
            assert list(leaves(tree)) or not text.strip(" ()")

    @given(SYNTAX)
    def test_a_quoted_text_is_one_value_whatever_it_holds(self, text: str) -> None:
        """§4.1: quotes enclose any text."""
        escaped = text.replace("\\", "/").replace('"', r"\"").replace("*", r"\*")
        found = only_term(f'release:"{escaped}"')
        assert found.values == (Value(text.replace("\\", "/"), quoted=True),)

    @pytest.mark.parametrize(
        "unit",
        [
            "(", ")", "a:[", "a:[x, ", "a:[x(", "a:[x,(", '"', '"a ', 'a:"', 'a:["x, ', "\\", "*", "a:*",
            " OR ", "has:a OR ", "(has:a OR ", "[", "a", "!", "a:b(", "a:[x   ,   ", 'a:"\\"',
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("end", ["", ')]"'])
    def test_linear_time(self, unit: str, end: str) -> None:
        """Quadratic reading of 2**16 characters would take minutes; this takes a quarter of a second."""
        text = unit * (2**16 // len(unit)) + end
        started = time.process_time()
        try:
            parse(text)
        except RequestError as error:
            assert len(error.detail) <= len(text) + 200  # noqa: PT017
        assert time.process_time() - started < 15

    def test_deep_nesting(self) -> None:
        """Nothing recurses: 20,000 parentheses are read, and walked, like any others."""
        depth = 20_000
        tree = parse("(has:a OR " * depth + "has:b" + ")" * depth)
        assert sum(1 for _ in leaves(tree)) == depth + 1
        assert rejection("(" * depth).startswith("Parse error at '((((((' (column 1)")


def test_explicit_and_binds_tighter_than_or() -> None:
    """§4.1: `a OR b AND c` is `a OR (b AND c)`, as it is without AND."""
    for text in ("has:a OR has:b AND has:c", "has:a OR has:b has:c"):
        tree = parse(text)
        assert isinstance(tree, Or)
        first, second = tree.children
        assert isinstance(first, Term)
        assert isinstance(second, And)
        assert [leaf.key for leaf in second.children if isinstance(leaf, Term)] == ["b", "c"]
