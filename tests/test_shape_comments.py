"""Reading shapes from comments, and comparing them with what was computed."""

from __future__ import annotations

import pytest

from modlint.dims import Dim, symbol
from modlint.interpret.comments import ShapeComment, shape_comment
from modlint.rulekit.shapetext import agrees, corrected
from modlint.sources import load
from modlint.syntax import Unit, parse
from modlint.values import Open, Rank

H: Dim = symbol("H")


def _unit(text: str) -> Unit:
    (cell,) = load("example.py", text.encode()).cells
    return parse("example.py", cell)


def _items(comment: str) -> tuple[str, ...] | None:
    found = _stated(f"x = f(y)  {comment}\n")
    return None if found is None else found.items


def _stated(text: str) -> ShapeComment | None:
    """What the comment behind the last statement of a text states."""
    unit = _unit(text)
    return shape_comment(unit, unit.tree.body[-1])


@pytest.mark.parametrize(
    ("comment", "items"),
    [
        ("# [B, 64, 56, 56]", ("B", "64", "56", "56")),
        ("# [bs , 2048 ] then flat", ("bs", "2048")),
        ("# (N, C, H/2, W//2)", ("N", "C", "H/2", "W//2")),
        ("#: torch.Size([64, 10])", ("64", "10")),
        ("# 输出：torch.Size([64, 10])", ("64", "10")),
        ("# shape: (b, t*h, -1)", ("b", "t*h", "-1")),
        ("# [8, 3, 32, 32] -> [8, 16, 32, 32]", ("8", "16", "32", "32")),
        ("# x.shape = (B, cfg.width)", ("B", "cfg.width")),
        ("# [?, 10]", ("?", "10")),
        ("#[64,3,7,7]池化", ("64", "3", "7", "7")),
    ],
)
def test_reads_the_shape_that_a_comment_states(comment: str, items: tuple[str, ...]) -> None:
    assert _items(comment) == items


@pytest.mark.parametrize(
    "comment",
    [
        "# scaled to [0, 1]",
        "# [0, 1]",
        "# [-1, 1]",
        "# permute(0, 2, 1)",
        "# kernel (3, 3)",
        "# see (Smith, 2015)",
        "# [x for x in y]",
        "# (64)",
        "# x[:, 3]",
        "# [B, 3] and [B, 4]",
        "# f(a, b)",
        "# 64 x 32",
        "# TODO",
    ],
)
def test_leaves_other_comments_alone(comment: str) -> None:
    assert _items(comment) is None


@pytest.mark.parametrize(
    "text", ["# [B, 64]\nx = 1\n", "x = '# [B, 32]'\n", "x = 1\n# [B, 64]\n", "x = 1\n\n  # [B, 64]"]
)
def test_reads_no_comment_on_a_line_of_its_own_and_no_text(text: str) -> None:
    assert _stated(text) is None


def test_reads_the_comment_behind_the_last_of_two_statements() -> None:
    stated = _stated("x = f(y); z = g(x);  # [B, 64]\n")
    assert stated is not None and stated.items == ("B", "64")


def test_places_stand_in_the_text() -> None:
    text = "é = 1\nx = f(y)  # -> [B ,  64]\n"
    found = _stated(text)
    assert found is not None
    assert [text[start:end] for start, end in found.spans] == ["B", "64"]


@pytest.mark.parametrize(
    ("items", "shape"),
    [
        (("B", "64", "56", "56"), (8, 64, 56, 56)),
        (("B", "C", "H", "W"), (8, 64, 56, 56)),
        (("1", "64", "56", "56"), (8, 64, 56, 56)),
        (("64", "56", "56"), (8, 64, 56, 56)),
        (("8", "56", "56", "64"), (8, 64, 56, 56)),
        (("B", "64", "56", "56"), (8, 64, H, H)),
        (("56", "56"), (8, 64, 56, 56)),
        (("3", "3"), (8, 64, 56, 56)),
        (("B", "64"), Open(Rank("x"), (32,))),
    ],
)
def test_agrees_with_what_it_may_mean(items: tuple[str, ...], shape: tuple[Dim, ...] | Open) -> None:
    assert agrees(items, shape)


@pytest.mark.parametrize(
    ("items", "shape", "right"),
    [
        (("B", "64", "56", "56"), (8, 64, 112, 112), ("B", "64", "112", "112")),
        (("bs", "2048"), (8, 4608), ("bs", "4608")),
        (("1", "32", "H", "W"), (8, 64, 7, 7), ("1", "64", "H", "W")),
        (("64", "28", "28"), (8, 64, 56, 56), ("64", "56", "56")),
        (("B", "32", "56", "56"), (8, 64, H, H), ("B", "64", "56", "56")),
        (("B", "4096"), (8, 64, 8, 8), None),
    ],
)
def test_corrects_the_numbers_that_contradict(
    items: tuple[str, ...], shape: tuple[Dim, ...], right: tuple[str, ...] | None
) -> None:
    assert not agrees(items, shape)
    assert corrected(items, shape) == right
