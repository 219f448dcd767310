"""Every symbolic result, with numbers put in for its symbols, is what Python computes from these numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest

from modlint.dims import (
    Dim,
    Expr,
    Grade,
    Symbol,
    bounds,
    ceildiv,
    divide_exactly,
    factors,
    floordiv,
    maximum,
    minimum,
    product,
    substitute,
    symbol,
    symbols,
    text,
    weight,
)

B, C, H, W = symbol("B"), symbol("C"), symbol("H"), symbol("W")
ANY = symbol("any", lower=-5, upper=5)


def conv(size: Dim, kernel: int, stride: int, padding: int = 0) -> Dim:
    return (size + 2 * padding - kernel) // stride + 1


def only(dim: Dim) -> Symbol:
    (found,) = symbols(dim)
    return found


EQUAL = {
    "sum": (H + W - H, W),
    "square": ((H + 1) * (H - 1), H * H - 1),
    "order": (H * W * B, B * W * H),
    "cancelled": (H - H, 0),
    "same padding": (conv(H, 3, 1, 1), H),
    "halved": (conv(H, 3, 2, 1), (H + 1) // 2),
    "two halvings": (conv(conv(H, 3, 2, 1), 3, 2, 1), (H + 3) // 4),
    "chain": (H // 2 // 3 // 5, H // 30),
    "chain with offsets": (((H + 5) // 3 + 7) // 4, (H + 26) // 12),
    "chain with other terms": ((H // 2 + W) // 3, (H + 2 * W) // 6),
    "exact multiple": ((6 * H + 4) // 2, 3 * H + 2),
    "multiple leaves": ((7 * H + 9) // 4, H + 2 + (3 * H + 1) // 4),
    "common factor": ((6 * H + 5) // 9, (2 * H + 1) // 3),
    "negative divisor": (H // -2, (-H) // 2),
    "rounded up": (-(-H // 2), (H + 1) // 2),
    "rounded up by a negative divisor": (-(H // -16), ceildiv(H, 16)),
    "padded to a multiple": (H + (-H) % 32, 32 * ((H + 31) // 32)),
    "padded to a multiple, twice modulo": (H + (32 - H % 32) % 32, 32 * ((H + 31) // 32)),
    "modulo of a multiple": ((32 * H) % 8, 0),
    "modulo and quotient": (H % 7 + 7 * (H // 7), H),
    "by an expression": (B * H * W // (B * H), W),
    "by an expression with a common factor": (6 * B * H // (9 * B * W), 2 * H // (3 * W)),
    "by an expression modulo": (B * H % H, 0),
    "sum by an expression": ((H * W + H) // (W + 1), H),
    "larger": (maximum(H + 2, H), H + 2),
    "larger by bounds": (maximum(H, 1), H),
    "larger of itself": (maximum(H, H), H),
    "larger of three": (maximum(maximum(H, W), 3), maximum(W, maximum(3, H))),
    "larger with offset": (maximum(H + 3, 8) - 3, maximum(H, 5)),
    "smaller by bounds": (minimum(H, 0), 0),
    "smaller of three": (minimum(minimum(H, W), 3), minimum(W, minimum(3, H))),
    "product": (product([2, H, 3, W]), 6 * H * W),
    "empty product": (product([]), 1),
}


@pytest.mark.parametrize(("left", "right"), EQUAL.values(), ids=EQUAL)
def test_normal_form_makes_equal_dims_identical(left: Dim, right: Dim) -> None:
    assert left == right
    assert hash(left) == hash(right)


DIFFERENT = {
    "symbols of one name": (symbol("H"), symbol("H")),
    "offset": (H, H + 1),
    "floor": (H // 2 * 2, H),
    "rounding": (H // 2, (H + 1) // 2),
    "power": (H * H, H),
    "order of division": (H // W, W // H),
    "extrema": (maximum(H, 5), minimum(H, 5)),
    "number": (H, 1),
    "max of floors": (maximum(H // 2, 7), maximum(H // 2, 8)),
}


@pytest.mark.parametrize(("left", "right"), DIFFERENT.values(), ids=DIFFERENT)
def test_different_dims_are_not_identical(left: Dim, right: Dim) -> None:
    assert left != right


@pytest.mark.parametrize("constant", [H - H, H * 0, 0 * H, (2 * H) % 2, H // H, (H + 1) - H, minimum(H, 0)])
def test_constant_results_are_plain_integers(constant: Dim) -> None:
    assert type(constant) is int


@pytest.mark.parametrize("operation", [floordiv, lambda a, b: a % b, divide_exactly, ceildiv])
@pytest.mark.parametrize("divisor", [0, H - H])
@pytest.mark.parametrize("dividend", [1, H])
def test_division_by_zero_raises(operation: Callable[[Dim, Dim], Dim], divisor: Dim, dividend: Dim) -> None:
    with pytest.raises(ZeroDivisionError):
        operation(dividend, divisor)


def test_division_becomes_one_by_zero_when_the_divisor_does() -> None:
    with pytest.raises(ZeroDivisionError):
        substitute(W // H, {only(H): 0})


TEXTS = {
    "B": B,
    "-H": -H,
    "7": H - H + 7,
    "512*H": 512 * H,
    "-2*H": -2 * H,
    "H - W": H - W,
    "H*W - H - 1": H * W - H - 1,
    "H*H": H * H,
    "(H - 5)//2": (H - 5) // 2,
    "(H - 3)//2": (H - 5) // 2 + 1,
    "H//4": H // 2 // 2,
    "2*(H//2)": H // 2 * 2,
    "16*B*((H - 12)//4)*((W - 12)//4)": B * 16 * conv(conv(conv(H, 5, 1), 2, 2) - 4, 2, 2) * ((W - 12) // 4),
    "H - 2*(H//2)": H % 2,
    "max(5, H) + 1": maximum(H + 1, 6),
    "min(H, W)": minimum(W, H),
    "H//W": H // W,
    "(H + 1)*(W - 2)": (H + 1) * (W - 2),
    "3*(H + 1)": 3 * (H + 1),
}


@pytest.mark.parametrize(("expected", "dim"), TEXTS.items(), ids=TEXTS)
def test_text(expected: str, dim: Dim) -> None:
    assert text(dim) == expected


BOUNDS = {
    "number": (5, (5, 5)),
    "symbol": (H, (1, None)),
    "both limits": (ANY, (-5, 5)),
    "negated": (3 - H, (None, 2)),
    "sum": (H + W, (2, None)),
    "square": (ANY * ANY, (0, 25)),
    "modulo": (H % 32, (0, 31)),
    "parity of a padded size": ((H + 1) // 2 * 2 - H, (0, 1)),
    "product that grows": (H * W - H, (0, None)),
    "product that grows twice": (H * W - H - W, (-1, None)),
    "halved": ((H - 5) // 2, (-2, None)),
    "max": (maximum(ANY, 3), (3, 5)),
    "min": (minimum(H, 7), (1, 7)),
    "number by a symbol": (7 // H, (0, 7)),
    "modulo a symbol": (H // symbol("k", lower=2, upper=4), (0, None)),
}


@pytest.mark.parametrize(("dim", "expected"), BOUNDS.values(), ids=BOUNDS)
def test_bounds(dim: Dim, expected: tuple[int | None, int | None]) -> None:
    assert bounds(dim) == expected


def test_bounds_with_narrower_symbols() -> None:
    assert bounds(2 * H + W, {only(H): (10, 20)}) == (21, None)


QUOTIENTS = {
    "numbers": (6, 3, 2),
    "numbers with a rest": (7, 3, None),
    "monomials": (B * H * W, B * W, H),
    "coefficients": (6 * H, 4, None),
    "coefficient in a part": (6 * H + 3, 6, None),
    "missing atom": (B * H, W, None),
    "sum by a sum": (H * W + H + 2 * W + 2, W + 1, H + 2),
    "square": (H * H - 1, H - 1, H + 1),
    "almost a square": (H * H + 1, H - 1, None),
    "zero": (0, H, 0),
    "number by a symbol": (5, H, None),
    "floors": (B * (H // 2) * (H // 2), H // 2, B * (H // 2)),
    "shifted floors": (B * (H // 2 - 2) * (W // 2 - 3), H // 2 - 2, B * (W // 2 - 3)),
}


@pytest.mark.parametrize(("a", "b", "expected"), QUOTIENTS.values(), ids=QUOTIENTS)
def test_divide_exactly(a: Dim, b: Dim, expected: Dim | None) -> None:
    assert divide_exactly(a, b) == expected


def test_factors_take_a_product_of_shifted_atoms_apart() -> None:
    h, w = only(H), only(W)
    product_and_rest = 512 * (H - 2) * (W + 3) - 4608
    assert isinstance(product_and_rest, Expr)
    coefficient, shifted, rest = factors(product_and_rest)
    assert (coefficient, set(shifted), rest) == (512, {(h, -2), (w, 3)}, -4608)


@pytest.mark.parametrize("dim", [H * W + H * C + 1, H * W * C + H, 2 * H * W + H])
def test_what_is_no_product_has_no_factors(dim: Expr) -> None:
    assert factors(dim)[1] == []


def test_symbols_include_those_inside_of_atoms() -> None:
    assert symbols(maximum(H // 2, W) * B) == {only(H), only(W), only(B)}
    assert symbols(3) == frozenset()


def test_a_symbol_keeps_its_description() -> None:
    described = only(symbol("in_channels", lower=0, upper=9, grade=Grade.CONTRACT))
    assert (described.name, described.lower, described.upper, described.grade) == ("in_channels", 0, 9, Grade.CONTRACT)


def test_substitution_is_simultaneous() -> None:
    assert substitute(H - 2 * W, {only(H): W, only(W): H}) == W - 2 * H


Thunk = Callable[[Mapping[Symbol, int]], int]
VARIABLES = [symbol(name, lower=low, upper=9) for name, low in (("p", 1), ("q", 0), ("r", -9))]
STEPS: dict[str, tuple[Callable[[Dim, Dim], Dim], Callable[[int, int], int]]] = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "floordiv": (lambda a, b: a // b, lambda a, b: a // b),
    "modulo": (lambda a, b: a % b, lambda a, b: a % b),
    "ceildiv": (ceildiv, lambda a, b: -(-a // b)),
    "maximum": (maximum, max),
    "minimum": (minimum, min),
}


def random_dim(rng: random.Random, depth: int) -> tuple[Dim, Thunk]:
    """A dim and, built along with it, the function that computes its value with Python's integers."""
    if depth == 0 or rng.random() < 0.15:
        return random_leaf(rng)
    name = rng.choice(["add", "subtract", "multiply", "floordiv", "floordiv", "modulo", *STEPS])
    symbolic, concrete = STEPS[name]
    left, left_value = random_dim(rng, depth - 1)
    right, right_value = random_dim(rng, depth - 1) if rng.random() < 0.5 else random_leaf(rng)
    if name in {"floordiv", "modulo", "ceildiv"} and (right == 0 or rng.random() < 0.7):
        divisor = rng.choice([1, 2, 2, 3, 4, 6, 32, -1, -2, -3])
        right, right_value = divisor, lambda values: divisor
    return symbolic(left, right), lambda values: concrete(left_value(values), right_value(values))


def random_leaf(rng: random.Random) -> tuple[Dim, Thunk]:
    if rng.random() < 0.35:
        number = rng.randint(-7, 9)
        return number, lambda values: number
    variable = rng.choice(VARIABLES)
    return variable, lambda values: values[only(variable)]


def random_values(rng: random.Random) -> dict[Symbol, int]:
    return {only(variable): rng.randint(only(variable).lower, 9) for variable in VARIABLES}


def evaluated(thunk: Thunk, values: Mapping[Symbol, int]) -> int | None:
    try:
        return thunk(values)
    except ZeroDivisionError:
        return None


@pytest.mark.parametrize("seed", range(8))
def test_random_dims_agree_with_integer_arithmetic(seed: int) -> None:
    rng = random.Random(seed)
    compared = 0
    while compared < 2000:
        dim, thunk = random_dim(rng, rng.randint(1, 4))
        low, high = bounds(dim)
        for _ in range(5):
            values = random_values(rng)
            expected = evaluated(thunk, values)
            if expected is None:
                continue
            assert substitute(dim, values) == expected, (text(dim), values)
            assert (low is None or low <= expected) and (high is None or expected <= high), (text(dim), values)
            compared += 1


def test_random_texts_are_python_expressions_of_the_same_value() -> None:
    rng = random.Random(11)
    for _ in range(500):
        dim, thunk = random_dim(rng, 3)
        values = random_values(rng)
        expected = evaluated(thunk, values)
        if expected is not None:
            names = {variable.name: value for variable, value in values.items()}
            assert eval(text(dim), {"max": max, "min": min}, names) == expected


def test_random_exact_quotients() -> None:
    rng = random.Random(12)
    for _ in range(500):
        a, b = random_dim(rng, 2)[0], random_dim(rng, 2)[0]
        if b != 0:
            assert divide_exactly(a * b, b) == a
            assert a * b // b == a


def test_random_chains_of_layers_collapse_to_one_quotient() -> None:
    rng = random.Random(13)
    for _ in range(300):
        stages = [(rng.randint(1, 7), rng.randint(1, 4), rng.randint(0, 3)) for _ in range(rng.randint(1, 6))]
        size: Dim = H
        for stage in stages:
            size = conv(size, *stage)
        assert isinstance(size, Expr)
        assert text(size).count("//") <= 1
        value = rng.randint(1, 500)
        expected: Dim = value
        for stage in stages:
            expected = conv(expected, *stage)
        assert substitute(size, {only(H): value}) == expected


def test_a_part_that_repeats_is_substituted_once_and_counted_every_time() -> None:
    n, m = symbol("n"), symbol("m")
    halves = [n]
    for _ in range(60):
        halves.append(floordiv(halves[-1], 2) + floordiv(halves[-1], 3))  # type: ignore[arg-type]
    assert weight(n) == 1
    assert weight(halves[3]) == 2 * (1 + weight(halves[2]))
    assert weight(halves[60]) > 2**60
    (atom,) = symbols(n)
    (other,) = symbols(m)
    assert symbols(substitute(halves[60], {atom: m})) == {other}
