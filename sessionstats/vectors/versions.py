"""Vectors of §4.7: releases compared as versions."""

from collections.abc import Iterator

from sessionstats.vectors.drafts import Draft, draft, rows

RELEASES = (
    "app@1.0",
    "app@1.0.0",
    "app@1.2.0",
    "app@1.10.0",
    "app@1.2.3.4",
    "app@2.0.0-alpha",
    "app@2.0.0-beta+7",
    "app@2.0.0",
    "web@1.2.0+12",
    "web@1.2.0+007",
    "web@1.2.0+abc",
    "a@b@3.0",
    "app@nightly",
    "1.2.0",
    "",
)
"""Releases that do not compare as text does; the last three do not compare at all."""

ASKED = {"groupBy": "release", "includeSeries": "0"}


def versions() -> Iterator[Draft]:
    """All vectors of the section."""
    yield from operators()
    yield from wildcards()
    yield from packages()
    yield from builds()
    yield from rejected()


def _compared(topic: str, query: str, why: str) -> Draft:
    return draft(f"4.7 {topic}", why, rows(release=list(RELEASES)), query=query, **ASKED)


def operators() -> Iterator[Draft]:
    """The six operators, and negation."""
    for query, why in (
        ("release.version:1.0", "1.0 equals 1.0.0: missing parts are 0."),
        ("release.version:=1.2.0", "An equals sign means the same; a build is not compared."),
        ("release.version:!=1.2.0", "Releases that do not participate are left out, not unequal."),
        ("!release.version:1.2.0", "A negated term also leaves out releases that do not participate."),
        ("release.version:>1.2.0", "Numbers compare as numbers: 1.10 is after 1.2."),
        ("release.version:>=1.2.0", "At least."),
        ("release.version:<1.2.3.4", "A fourth number is compared, and is 0 if it is missing."),
        ("release.version:<=2.0.0-alpha", "At most, prereleases included."),
        ("release.version:<2.0.0", "A prerelease is before its final version."),
        (
            "release.version:>2.0.0-alpha",
            "Prereleases compare as texts, and all of them come before the final one.",
        ),
        ("release.version:2", "One number is enough."),
        ("release.version:>=1.2+99", "A build in the operand is not compared."),
        (
            "!release.version:>=1.2.0",
            "The negation of at least is less than, among releases that participate.",
        ),
        (
            "has:release.version",
            "has:release.version selects releases with a package and a readable version.",
        ),
        ("!has:release.version", "A release without a version does not participate."),
        ("release.version:>=1.2.0 release.version:<2.0.0", "A range of versions."),
        ("release.version:>9 OR release:1.2.0", "release compares the whole text instead."),
    ):
        yield _compared("version", query, why)


def wildcards() -> Iterator[Draft]:
    """Wildcards compare the parts before them."""
    for query, why in (
        ("release.version:1.*", "All versions of a major number."),
        ("release.version:1.2.*", "All versions of a minor number."),
        ("release.version:1.2.X", "A capital X is a wildcard."),
        ("release.version:1.*.*", "What follows a wildcard does not matter."),
        ("release.version:>1.2.*", "After all versions of a minor number."),
        ("release.version:<=1.2.*", "Up to all versions of a minor number."),
        ("release.version:!=1.*", "All but the versions of a major number."),
        ("release.version:>=2.*", "Prereleases also have the number."),
        ("release.version:*", "A wildcard alone compares nothing."),
        ("release.version:app@1.2.*", "A package in front must be equal."),
    ):
        yield _compared("wildcard", query, why)


def packages() -> Iterator[Draft]:
    """Packages, alone and in front of versions."""
    for query, why in (
        ("release.package:app", "A package, whether or not the version can be read."),
        ("!release.package:app", "Releases without a package are left out by the negation."),
        ("release.package:a@b", "A release is split at its last at sign."),
        ("release.package:[app, web]", "A list of packages."),
        ("has:release.package", "has:release.package selects releases with a package."),
        ("release.version:app@1.2.0", "A version of a package."),
        ("release.version:>=app@1.2.0", "The package stays equal, whatever the operator."),
        ("release.version:!=app@1.2.0", "And so it does with inequality."),
        ("!release.version:app@1.2.0", "The negated term covers every package."),
        ('release.version:">=1.2.0"', "An operator inside quotes is text, and not part of a version."),
        ('release.version:>="1.2.0"', "An operator before the quotes is an operator."),
    ):
        yield _compared("package", query, why)


def builds() -> Iterator[Draft]:
    """Builds: digits compare as numbers, other text by equality."""
    for query, why in (
        ("release.build:7", "Digits compare as numbers: 007 is 7."),
        ("release.build:>7", "As numbers 12 is more than 7."),
        ("release.build:<=12", "A build that is not a number is not less."),
        ("release.build:!=7", "A build that is not a number differs, and so does a missing one."),
        ("!release.build:7", "The negation covers releases that participate."),
        ("release.build:abc", "Other text compares by equality."),
        ("release.build:>abc", "With text every operator but one is equality."),
        ("release.build:!=abc", "And that one negates."),
        ("release.build:a*", "An asterisk at the end matches the rest."),
        ("release.build:1*", "With an asterisk digits are text."),
        ("has:release.build", "has:release.build selects releases with a build."),
        ("!has:release.build", "Its negation selects releases with a readable version and no build."),
    ):
        yield _compared("build", query, why)
    why = "Builds of any size compare as numbers."
    large = rows(release=[f"app@1.0+{2**53}", f"app@1.0+{2**53 + 1}"])
    yield draft("4.7 build", why, large, query=f"release.build:>{2**53}", **ASKED)


def rejected() -> Iterator[Draft]:
    """Invalid operands."""
    for query, why in (
        ("release.version:[1.0, 2.0]", "Versions have no lists."),
        ("release.build:[1]", "Builds have no lists, not even of one."),
        ("release.version:nightly", "A word is not a version."),
        ("release.version:1.2.3.4.5", "Five numbers are not a version."),
        ("release.version:v1", "With a letter in front it is not a version."),
        ("release.version:1.x", "A lower-case x is not a wildcard."),
        ("release.version:>", "An operator alone has no version."),
    ):
        yield _compared("rejected", query, why)
