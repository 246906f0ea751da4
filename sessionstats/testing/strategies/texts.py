r"""Texts and users as in real data, each with the reason why it is here.

1. A pool is a list of values; those that are easily confused are adjacent, so that a world, which consists of
   neighbours, has both.
2. The first are the simplest.
3. `JOINTS` are what programs put between the parts of a composite key: with ``|``, the release ``a|a`` in the
   environment ``a`` and the release ``a`` in the environment ``a|a`` become one group.
"""

from typing import Any, Final, NamedTuple


class Value(NamedTuple):
    """A value of a column, and why it is tried."""

    value: Any
    reason: str


LONG: Final = "com.example." + "shop-" * 46 + "ab"
"""The beginning of texts of 250 characters."""

RELEASES: Final = (
    Value("app@1.0.0", "usual"),
    Value("app@1.1", "a shorter version"),
    Value("", "missing, as text"),
    Value(None, "missing"),
    Value("app@1.10.0", "sorts before 1.9 as text"),
    Value("app@1.9.0", "sorts before 1.10 as a version"),
    Value("app@1.1.0", "as a version equal to 1.1"),
    Value("app@2.0.0-alpha", "before its final version"),
    Value("app@2.0.0", "final"),
    Value("app@2.0.0-beta+7", "a build"),
    Value("web@1.0.0+12", "another package, a build as number"),
    Value("web@1.0.0+abc", "a build as text"),
    Value("web@1.0.0+012", "the number 12 as a build, with a zero before it"),
    Value("1.0.0", "no package"),
    Value("1.0", "a number for programs that guess types"),
    Value("01.0", "the same number"),
    Value("1e3", "1000 for programs that guess types"),
    Value("1000", "a number"),
    Value("com.example.shop@2.10.0+1001", "the first 16 or 24 characters are those of the next"),
    Value("com.example.shop@2.10.0+1002", "see before"),
    Value("com.example.shop@2.11.0", "its first 16 characters are those before"),
    Value(f"{LONG}01@1.0", "250 characters that differ from the next only at the end"),
    Value(f"{LONG}01@1.1", "see before"),
    Value(f"{LONG}02@1.1", "differs from it after more than 200 characters"),
    Value("é", "one code point, NFC"),
    Value("e\u0301", "the same letter, NFD"),
    Value("É", "the same letter in upper case"),
    Value("e", "the letter without its accent"),
    Value("\uffee", "before 😀 by code point, after it in UTF-16"),
    Value("😀", "outside the basic plane"),
    Value("ß", "lower case of what is SS in upper case"),
    Value("ss", "equal to ß when case is folded"),
    Value('say "hi"', "quotes"),
    Value("it's", "an apostrophe ends a text in SQL"),
    Value("it''s", "an escaped apostrophe"),
    Value("C:\\new", "a backslash that makes a line end where escapes are read"),
    Value("C:\new", "with this line end"),
    Value("tab\there", "a separator of columns"),
    Value("a b", "a space within"),
    Value("a%20b", "the same text in an address"),
    Value("ab", "without it, and LIKE 'a%'"),
    Value("a%", "the wildcard of LIKE"),
    Value("a_b", "another wildcard of LIKE"),
    Value("a*b", "the wildcard of searches"),
    Value("a.b", "the wildcard of regular expressions"),
    Value("A", "upper case"),
    Value("a", "lower case"),
    Value("a ", "a space at the end"),
    Value(" a", "a space at the beginning"),
    Value("\u00a0", "nothing but a space that is not ASCII"),
    Value("constructor", "a property of every object in JavaScript"),
    Value("__proto__", "the prototype of every object in JavaScript"),
    Value("toString", "a method of every object in JavaScript"),
    Value("length", "a property of lists in JavaScript"),
    Value("null", "looks like a missing value"),
    Value("None", "looks like a missing value in Python"),
    Value("NaN", "is read as a missing value by data frames"),
    Value("NA", "is a missing value in R"),
    Value("undefined", "looks like a missing value in JavaScript"),
    Value("true", "looks like a boolean"),
    Value("-", "a placeholder"),
    Value("unknown", "a placeholder"),
    Value("(none)", "a placeholder"),
    Value("latest", "a name that searches with metadata know"),
    Value("a@b@1.2.3.4", "an at sign in the package"),
    Value("a@b@1.2.3.5", "differs from it in the fourth number"),
    Value("app@", "no version"),
    Value("x,y", "a separator of lists"),
    Value("x", "its first element"),
    Value("(p)", "parentheses"),
    Value("[a]", "brackets"),
    Value("{a}", "braces"),
    Value("$a", "a variable of shells, a key of documents"),
    Value("a/b?c#d&e=f+g", "characters of addresses"),
    Value("a\u202eb", "a mark that turns the direction of writing"),
    Value(">1", "a comparison"),
)
"""Releases: versions that do not compare as text does, and texts that are easily mangled."""

ENVIRONMENTS: Final = (
    Value("production", "usual"),
    Value("dev", "usual"),
    Value("", "missing, as text"),
    Value(None, "missing"),
    Value("staging", "usual"),
    Value("Staging", "another case"),
    Value("staging ", "a space at the end"),
    Value("é", "one code point, NFC"),
    Value("e\u0301", "the same letter, NFD"),
    Value("E", "without its accent, in upper case"),
    Value("a b", "a space within"),
    Value("None", "looks like a missing value"),
    Value("null", "looks like a missing value"),
    Value("constructor", "a property of every object in JavaScript"),
    Value("__proto__", "the prototype of every object in JavaScript"),
    Value("0", "false where texts are truth values"),
    Value("00", "the same number"),
    Value("dev:1", "a separator of keys and values"),
    Value("dev%", "the wildcard of LIKE"),
    Value("o'neill", "an apostrophe"),
    Value("x" * 63 + "a", "64 characters that differ from the next only at the end"),
    Value("x" * 63 + "b", "see before"),
    Value("😀", "outside the basic plane"),
    Value("\uffee", "after 😀 in UTF-16"),
)
"""Environments."""

USERS: Final = (
    Value("ann", "usual"),
    Value("ANN", "another case"),
    Value("ann ", "a space at the end"),
    Value("7", "a number as text"),
    Value(7, "the same user as an integer (§1.1)"),
    Value("07", "the same number, another user"),
    Value("7.0", "the same number, another user"),
    Value("", "nobody"),
    Value(0, "somebody"),
    Value("0", "the same"),
    Value(None, "nobody"),
    Value("00000000-0000-0000-0000-000000000000", "the nil UUID, nobody"),
    Value("ben", "usual"),
    Value("00000000000000000000000000000000", "the nil UUID without dashes"),
    Value("00000000-0000-0000-0000-000000000001", "not the nil UUID"),
    Value("00000000-0000-0000-0000-0000000000010", "the first 36 characters are those before"),
    Value("", "nobody"),
    Value("null", "somebody"),
    Value("NaN", "somebody, though data frames read it as missing"),
    Value("é", "one code point, NFC"),
    Value("e\u0301", "the same letter, NFD"),
    Value(-1, "a negative number"),
    Value("-1", "the same user"),
    Value("9007199254740992", "2**53, as text"),
    Value("9007199254740993", "the next number, the same one in binary64"),
    Value("1e3", "1000 as a number"),
    Value("1000", "the same number, another user"),
    Value("4294967297", "1 in 32 bits"),
    Value("1", "a number"),
    Value("constructor", "a property of every object in JavaScript"),
    Value("__proto__", "the prototype of every object in JavaScript"),
    Value("Aa", "the same hash in Java as the next"),
    Value("BB", "see before"),
    Value("costarring", "the same FNV-1a hash of 32 bits as the next"),
    Value("liquid", "see before"),
    Value("plumless", "the same CRC-32 as the next"),
    Value("buckeroo", "see before"),
    Value("hetairas", "the same djb2 hash as the next"),
    Value("mentioner", "see before"),
    Value("u" * 249 + "1", "250 characters that differ from the next only at the end"),
    Value("u" * 249 + "2", "see before"),
    Value("a|b", "a separator of composite keys"),
    Value("ann@example.org", "the name of the next at another address"),
    Value("ann@example.com", "an address"),
    Value("Ann@example.com", "the same in another case"),
)
"""Users: nobody in every spelling, one user as integer and as text, near misses."""

BIG_USERS: Final = (
    Value(2**53, "the last integer before binary64 skips some"),
    Value(2**53 + 1, "the same number in binary64"),
    Value(2**53 + 2, "the next one in binary64"),
    Value(str(2**53 + 1), "the same user as text (§1.1)"),
    Value(2**63 - 1, "the largest integer of 64 bits"),
)
"""Users as integers that not every language reads from JSON."""

JOINTS: Final = ("", "|", "-", ",", ":", "_", "/", " ", ";", ".", "\t", "\u001f", "::")
"""What programs put between the parts of a composite key."""
