"""The layout of a text: with which part each comment and blank line goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streams.authoring.layout import Collection, Layout, Part, Scalar, layout_of

TEXT = """\
# at the top

# before title
title: T  # behind title
why: >-
  a text # that is no comment

  with a blank line

# before when
when:  # behind when
  all:
    # before the first
    - count: views  # behind views
      # before at_least
      at_least: 1
    - {count: carts, at_least: 1}  # behind carts

    # - count: off
    #   at_least: 1

  # after the list
# before email
email: {strategy: S}
# at the end
"""


def parts(node: Scalar | Collection, path: str = "") -> Iterator[tuple[str, Part]]:
    """Every part with the keys and places that lead to it."""
    if isinstance(node, Collection):
        for number, part in enumerate(node.parts):
            here = f"{path}/{part.key or number}"
            yield here, part
            yield from parts(part.value, here)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return layout_of(TEXT)


def test_comments_that_stand_apart_at_the_top_and_end_are_of_no_part(layout: Layout) -> None:
    assert layout.header == ["# at the top", ""]
    assert layout.end == ["# at the end"]


def test_comments_before_a_part_are_its_own(layout: Layout) -> None:
    leading = {path: part.leading for path, part in parts(layout.root) if part.leading}
    assert leading == {
        "/title": ["# before title"],
        "/when": ["", "# before when"],
        "/when/all/0": ["# before the first"],
        "/when/all/0/at_least": ["# before at_least"],
        "/email": ["# before email"],
    }


def test_comments_behind_a_part_are_its_own(layout: Layout) -> None:
    trailing = {path: part.trailing for path, part in parts(layout.root) if part.trailing}
    assert trailing == {
        "/title": "# behind title",
        "/when": "# behind when",
        "/when/all/0/count": "# behind views",
        "/when/all/1": "# behind carts",
    }


def test_comments_that_are_indented_deeper_stay_with_what_is_before(layout: Layout) -> None:
    tails = {path: part.tail for path, part in parts(layout.root) if part.tail}
    assert tails == {
        "/when/all": ["", "# after the list"],
        "/when/all/1": ["", "# - count: off", "#   at_least: 1"],
    }


def test_texts_are_kept_as_written(layout: Layout) -> None:
    found = dict(parts(layout.root))
    assert found["/title"].value == Scalar("T", block=False)
    why = found["/why"].value
    assert isinstance(why, Scalar)
    assert why.block
    assert why.raw.startswith(">-\n  a text # that is no comment\n\n  with a blank line\n")


def test_brackets_are_known(layout: Layout) -> None:
    found = dict(parts(layout.root))
    flow = {path: part.value.flow for path, part in found.items() if isinstance(part.value, Collection)}
    assert flow == {"/when": False, "/when/all": False, "/when/all/0": False, "/when/all/1": True, "/email": True}


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: 1, # of b\n    c: 2}\n",
        "a: {b: 1,\n    # of c\n    c: 2}\n",
        "a: [{b: 1}, # of the first\n    {c: 2}]\n",
    ],
)
def test_brackets_with_a_comment_inside_are_opened(text: str) -> None:
    [(_, part)] = [found for found in parts(layout_of(text).root) if found[0] == "/a"]
    assert isinstance(part.value, Collection)
    assert not part.value.flow


def test_a_comment_after_brackets_over_several_lines_opens_none() -> None:
    [(_, part), *_] = parts(layout_of("a: {b: 1,\n    c: 2}  # of a\n").root)
    assert isinstance(part.value, Collection)
    assert part.value.flow
    assert part.trailing == "# of a"


@pytest.mark.parametrize("text", ["a: '# no'\n", 'a: "no # comment"\n', "a: no#comment\n", "a: |\n  # no\n"])
def test_a_sign_in_a_text_begins_no_comment(text: str) -> None:
    layout = layout_of(text)
    [(_, part)] = parts(layout.root)
    assert (part.leading, part.trailing, part.tail, layout.end) == ([], "", [], [])


def test_an_item_begins_at_its_dash() -> None:
    found = dict(parts(layout_of("a:\n    -   b: 1\n    -\n      # of b - here\n      b: 2\n").root))
    assert [(found[path].line, found[path].column) for path in ("/a/0", "/a/1", "/a/1/b")] == [(1, 4), (2, 4), (4, 6)]
    assert found["/a/1/b"].leading == ["# of b - here"]


def test_of_comments_behind_one_part_the_last_stays_behind() -> None:
    found = dict(parts(layout_of("a: # first\n  {b: 1} # second\n").root))
    assert (found["/a"].leading, found["/a"].trailing) == (["# first"], "# second")
