"""Every answer of the fact store is compared with all assignments of small numbers to the symbols."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product as combinations

import pytest

from modlint.dims import Answer, Dim, Expr, Grade, Symbol, maximum, minimum, substitute, symbol, symbols
from modlint.facts import Facts
from modlint.progressions import Allowed

YES, NO, MAYBE = Answer.YES, Answer.NO, Answer.MAYBE


def only(dim: Dim) -> Symbol:
    (found,) = symbols(dim)
    return found


Fact = Callable[[Facts], Answer]
Test = Callable[[dict[Symbol, int]], bool]
B, C, H, W = symbol("B"), symbol("C"), symbol("H"), symbol("W")
K = symbol("K", lower=2, upper=6)


def equal(a: Dim, b: Dim) -> Fact:
    return lambda facts: facts.assume_equal(a, b)


def at_least(a: Dim, least: int) -> Fact:
    return lambda facts: facts.assume_at_least(a, least)


def multiple(a: Dim, k: int) -> Fact:
    return lambda facts: facts.assume_divisible(a, k)


ASSUMPTIONS: dict[str, tuple[list[Fact], Answer]] = {
    "not cut off": ([equal(minimum(H, 8), H), equal(H, 9)], NO),
    "cut off at the limit": ([equal(minimum(H, 8), H), equal(H, 8)], MAYBE),
    "not raised": ([equal(maximum(H, 8), H), equal(H, 7)], NO),
    "whole windows in both axes": ([equal((H // 7) * (W // 7) * 49, H * W), equal(H % 7, 0)], YES),
    "a window cut in one axis": ([equal((H // 7) * (W // 7) * 49, H * W), equal(W, 8)], NO),
    "same number": ([equal(3, 3)], YES),
    "other number": ([equal(3, 4)], NO),
    "same dim": ([equal(2 * H // 2, H)], YES),
    "symbol": ([equal(H, 7)], MAYBE),
    "symbol again": ([equal(H, 7), equal(H, 7)], YES),
    "symbol otherwise": ([equal(H, 7), equal(H, 8)], NO),
    "below the lower limit": ([equal(H, 0)], NO),
    "above the upper limit": ([equal(K, 7)], NO),
    "offset of itself": ([equal(H, H + 1)], NO),
    "two symbols": ([equal(H, W), equal(H + 1, W + 1)], YES),
    "two symbols and an offset": ([equal(H, W), equal(H, W + 1)], NO),
    "circle": ([equal(H, W), equal(W, C), equal(C, H)], YES),
    "circle that grows": ([equal(H, W + 1), equal(W, C + 1), equal(C, H + 1)], NO),
    "even is odd": ([equal(2 * H, 2 * W + 1)], NO),
    "even is even": ([equal(2 * H, 2 * W + 4), equal(H, W + 2)], YES),
    "even": ([equal(2 * (H // 2), H), equal(H % 2, 0)], YES),
    "even and odd": ([multiple(H, 2), equal(H, 2 * W + 1)], NO),
    "even and a multiple of six": ([multiple(H, 3), multiple(H, 2), multiple(H, 6)], YES),
    "half of an even one": ([multiple(H, 2), equal(2 * (H // 2), H)], YES),
    "not a multiple": ([multiple(H, 32), equal(H, 100)], NO),
    "multiple with an offset": ([multiple(H, 4), multiple(H + 2, 4)], NO),
    "multiple of itself": ([multiple(H, 4), multiple(H + 4, 8), multiple(H, 8)], NO),
    "quotient": ([equal(H // 2, 5), at_least(H, 12)], NO),
    "quotient in range": ([equal(H // 2, 5), at_least(H, 10)], YES),
    "quotient then value": ([equal(H // 2, 5), equal(H, 11)], MAYBE),
    "quotient then other value": ([equal(H // 2, 5), equal(H, 12)], NO),
    "quotient and parity decide": ([equal(H // 2, 5), multiple(H, 2), equal(H, 10)], YES),
    "tower": ([equal(2 * ((3 * (H // 2) + 1) // 4), 20), equal(H // 2, 15)], NO),
    "tower in range": ([equal(2 * ((3 * (H // 2) + 1) // 4), 20), at_least(-H, -29)], YES),
    "tower between its values": ([equal(2 * ((H + 1) // 2), 21)], NO),
    "features of a square": ([equal(512 * (H // 64) * (W // 64), 4608)], MAYBE),
    "features of no rectangle": ([equal(512 * (H // 64) * (W // 64), 4609)], NO),
    "features with sides": ([equal((H // 2) * (W // 2), 9), equal(H, 5)], NO),
    "features with one side": ([equal((H // 2) * (W // 2), 9), equal(H, 3), equal(W // 2, 9)], YES),
    "features too small": ([at_least(H, 100), at_least(W, 100), equal((H // 8) * (W // 8), 49)], NO),
    "features with offsets": ([equal(16 * ((H - 12) // 4) * ((W - 12) // 4), 400), equal(H, 20)], NO),
    "features of a square input": ([equal(H, W), equal((H // 2) * (W // 2), 12)], NO),
    "features of a fitting square input": ([equal(H, W), equal((H // 2) * (W // 2), 16), equal(H // 2, 4)], YES),
    "tokens and one more": ([equal((H // 16) * (W // 16) + 1, 197), at_least(H, 33), equal(W // 16, 196)], NO),
    "common factor of both sides": ([equal(B * (H // 4) * 8, 56 * B), equal(H // 4, 7)], YES),
    "square of a symbol": ([equal(H * H, 50)], NO),
    "root": ([equal(H * H, 49), equal(H, 7)], YES),
    "polynomial": ([equal(H * H, H + 6), equal(H, 3)], YES),
    "polynomial without a root": ([equal(H * H, H + 5)], NO),
    "itself within a polynomial": ([equal(H, H * W), equal(W, 1)], YES),
    "order": ([at_least(H - W, 1), at_least(W - H, 0)], NO),
    "order of three": ([at_least(H - W, 0), at_least(W - C, 0), at_least(H - C, 0)], MAYBE),
    "limit": ([at_least(H, 5), at_least(H, 3)], YES),
    "crossed limits": ([at_least(H, 5), at_least(-H, -4)], NO),
    "limits that meet": ([at_least(H, 5), at_least(-H, -5), equal(H, 5)], YES),
    "limit of a sum": ([at_least(H + W, 10), equal(H, 3), at_least(W, 7)], YES),
    "limit through an equation": ([equal(H, W + 3), at_least(H, 4)], YES),
    "limit against an equation": ([equal(H, W + 3), at_least(-H, -3)], NO),
    "two unknowns": ([equal(3 * H, 2 * W), multiple(H, 2)], YES),
    "two unknowns that do not fit": ([equal(3 * H + 6 * W, 10)], NO),
    "groups": ([multiple(C, 32), equal(C, 4 * K)], NO),
    "padded size": ([equal(maximum(H, 8), 7)], NO),
    "padded size below": ([equal(maximum(H, 8), 8), equal(H, 9)], NO),
    "cut size": ([equal(minimum(H, 8), 8), at_least(H, 8)], YES),
    "unrelated": ([equal(H, 7), equal(W, 8)], MAYBE),
    "by an expression": ([multiple(8, 3)], NO),
}


@pytest.mark.parametrize(("facts", "expected"), ASSUMPTIONS.values(), ids=ASSUMPTIONS)
def test_last_assumption(facts: list[Fact], expected: Answer) -> None:
    store = Facts()
    *earlier, last = facts
    assert NO not in [fact(store) for fact in earlier]
    assert last(store) is expected


def test_queries_record_nothing() -> None:
    store = Facts()
    assert (store.equal(H, 7), store.less(H, 9), store.divisible(H, 2)) == (MAYBE, MAYBE, MAYBE)
    assert store.resolve(H) == H
    assert store.equal(H, 8) is MAYBE


QUERIES: dict[str, tuple[Fact, list[Fact], Answer]] = {
    "less": (lambda facts: facts.less(H, W), [at_least(W - H, 3)], YES),
    "not less": (lambda facts: facts.less(H, W), [at_least(H - W, 0)], NO),
    "less than the lower limit": (lambda facts: facts.less(H, 1), [], NO),
    "divisible by a symbol": (lambda facts: facts.divisible(6 * H, H), [], YES),
    "divisible by another symbol": (lambda facts: facts.divisible(H, W), [], MAYBE),
    "divisible by a known symbol": (lambda facts: facts.divisible(H, W), [equal(W, 4), multiple(H, 8)], YES),
    "not divisible": (lambda facts: facts.divisible(4 * H + 2, 4), [], NO),
    "equal": (lambda facts: facts.equal(H // 2, W // 2), [equal(H, W)], YES),
    "never equal": (lambda facts: facts.equal(H // 2, W), [equal(W, H + 2)], NO),
}


@pytest.mark.parametrize(("query", "facts", "expected"), QUERIES.values(), ids=QUERIES)
def test_queries(query: Fact, facts: list[Fact], expected: Answer) -> None:
    store = Facts()
    assert NO not in [fact(store) for fact in facts]
    assert query(store) is expected


def test_what_is_impossible_leaves_no_trace() -> None:
    store = Facts()
    store.assume_equal(H // 2, 5)
    before = (store.allowed(only(H)), store.resolve(W))
    assert store.assume_equal(H + W, 5) is NO
    assert (store.allowed(only(H)), store.resolve(W)) == before


def test_undo_takes_back_bindings_limits_and_equations() -> None:
    store = Facts()
    mark = store.mark()
    for fact in (equal(C, 3), at_least(H, 9), equal((H // 2) * (W // 2), 16), multiple(B, 4)):
        assert fact(store) is MAYBE
    store.undo(mark)
    assert [str(store.allowed(only(dim))) for dim in (B, C, H, W)] == ["at least 1"] * 4


def test_the_worse_founded_symbol_is_replaced() -> None:
    stated, contract = symbol("s", grade=Grade.STATED), symbol("c", grade=Grade.CONTRACT)
    assumed = symbol("a", grade=Grade.ASSUMED)
    store = Facts()
    store.assume_equal(stated, assumed)
    store.assume_equal(assumed, contract)
    assert store.resolve(assumed) == store.resolve(contract) == stated
    assert store.grade_of(assumed, contract, 3) is Grade.STATED
    assert store.grade_of(3) is Grade.STATED


def lenet(size: Dim) -> Dim:
    return ((size - 4) // 2 - 4) // 2


ALLOWED: dict[str, tuple[list[Fact], str]] = {
    "free": ([], "at least 1"),
    "number": ([equal(H, 7)], "7"),
    "limit": ([at_least(lenet(H), 1)], "at least 16"),
    "multiple": ([multiple(H, 32)], "a multiple of 32"),
    "multiple from": ([multiple(H, 32), at_least(H, 70)], "a multiple of 32, at least 96"),
    "multiple within": ([multiple(H, 32), at_least(-H, -224)], "a multiple of 32 in 32..224"),
    "odd": ([equal(H % 2, 1)], "1 more than a multiple of 2"),
    "interval": ([equal(H // 32, 7)], "224..255"),
    "features": (
        [equal(512 * (H // 64) * (W // 64), 4608), at_least(H, 64), at_least(W, 64)],
        "64..127 or 192..255 or 576..639",
    ),
    "features and limits": ([equal((H // 64) * (W // 64), 9), at_least(H, 130), at_least(W, 130)], "192..255"),
    "features that fit in one way": (
        [at_least(H, 130), at_least(W, 130), equal((H // 64) * (W // 64), 9), equal(H, W)],
        "192..255",
    ),
    "features and a side": ([equal((H // 64) * (W // 64), 9), equal(W, 64)], "576..639"),
    "square input": ([equal(H, W), equal(16 * lenet(H) * lenet(W), 400)], "32..35"),
    "other symbol": ([equal(H, W + 2), equal(W // 2, 3)], "8..9"),
    "skip connections, deepest first": (
        [equal(2 * (H // 2**k // 2), H // 2**k) for k in (3, 2, 1, 0)],
        "a multiple of 16",
    ),
    "whole windows": ([equal((H // 7) * (W // 7) * 49, H * W)], "a multiple of 7"),
    "long rows": ([equal(H % 784, 14)], "14 more than a multiple of 784"),
    "shorter than a table": ([equal(minimum(H, 128), H)], "1..128"),
    "longer than a filter": ([equal(maximum(H, 8), H)], "at least 8"),
    "patches and a token": ([equal((H // 16) * (W // 16) + 1, 197), equal(H, W)], "224..239"),
    "residues": (
        [equal((H % 4) * (H % 4 - 1), 0), at_least(-H, -9)],
        "1 more than a multiple of 4 in 1..9 or a multiple of 4 in 4..8",
    ),
}


@pytest.mark.parametrize(("facts", "expected"), ALLOWED.values(), ids=ALLOWED)
def test_allowed(facts: list[Fact], expected: str) -> None:
    store = Facts()
    assert NO not in [fact(store) for fact in facts]
    assert str(store.allowed(only(H))) == expected


@pytest.mark.parametrize("facts", [[equal(H, W * C)], [equal(H * W, C * B + 1)], [equal(H // W, 3)]])
def test_allowed_is_silent_about_what_it_cannot_tell(facts: list[Fact]) -> None:
    store = Facts()
    assert NO not in [fact(store) for fact in facts]
    assert store.allowed(only(H)) is None


def test_witnesses_are_usual_sizes_where_they_fit() -> None:
    store = Facts()
    store.assume_at_least(lenet(H), 1)
    store.assume_equal(H, W)
    assert store.witnesses(map(only, (B, H, W)), 2) == [
        {only(B): 2, only(H): 56, only(W): 56},
        {only(B): 3, only(H): 224, only(W): 224},
    ]


def test_witnesses_fit_the_features() -> None:
    store = Facts()
    store.assume_equal(16 * lenet(H) * lenet(W), 400)
    store.assume_at_least(H, 20)
    assert store.witnesses([only(H), only(W)])[0] == {only(H): 32, only(W): 32}


def test_witnesses_are_square_where_a_square_fits() -> None:
    store = Facts()
    store.assume_equal((H // 28) * (W // 28), 4)
    assert store.witnesses([only(H), only(W)])[0] == {only(H): 56, only(W): 56}
    oblong = Facts()
    oblong.assume_equal(H - W, 28)
    assert oblong.witnesses([only(H), only(W)], 1) == [{only(H): 56, only(W): 28}]


@pytest.mark.parametrize(
    ("name", "value"),
    [("stride", 1), ("in_channels", 64), ("kernel_size", 3), ("num_heads", 4), ("n_layers", 2), ("other", 4)],
)
def test_witnesses_are_usual_for_their_name(name: str, value: int) -> None:
    named = symbol(name)
    assert Facts().witnesses([only(named)], 1) == [{only(named): value}]


def test_witnesses_where_no_usual_size_fits() -> None:
    store = Facts()
    store.assume_divisible(H, 48)
    store.assume_at_least(H, 700)
    assert [witness[only(H)] for witness in store.witnesses([only(H)], 1)] == [720]


def test_no_witness_when_none_is_found() -> None:
    store = Facts()
    store.assume_equal(H * H + W * W, 3 * C * C)
    store.assume_equal(C, 4)
    assert store.witnesses([only(C)]) == []


# Random facts against all assignments

LARGEST_TRIED = 12


@dataclass
class World:
    """The store, and beside it the assignments of small numbers that satisfy the same facts; symbols may be larger."""

    rng: random.Random
    facts: Facts = field(default_factory=Facts)
    variables: list[Expr] = field(default_factory=list)
    assignments: list[dict[Symbol, int]] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    decided: int = 0

    def __post_init__(self) -> None:
        for place in range(self.rng.randint(1, 3)):
            upper = self.rng.choice([7, 9, 12, None])
            self.variables.append(symbol(f"x{place}", lower=self.rng.randint(0, 2), upper=upper))
        names = list(map(only, self.variables))
        ranges = [range(name.lower, (name.upper or LARGEST_TRIED) + 1) for name in names]
        self.assignments = [dict(zip(names, values, strict=True)) for values in combinations(*ranges)]

    def size(self, depth: int = 2) -> Dim:
        """A random dim of the kind that layers make."""
        if depth == 0 or self.rng.random() < 0.2:
            return self.rng.choice(self.variables)
        inner, k = self.size(depth - 1), self.rng.randint(1, 4)
        return self.rng.choice(
            [
                inner + k - 2,
                k * inner,
                (inner + k) // self.rng.randint(2, 4),
                inner * self.size(depth - 1),
                inner - self.size(depth - 1),
                inner % (k + 1),
                maximum(inner, k),
                minimum(inner, self.size(0)),
            ]
        )

    def check(self, answer: Answer, test: Test) -> None:
        """A certain answer is right for every assignment."""
        if answer is not MAYBE:
            assert {test(values) for values in self.assignments} <= {answer is YES}
            self.decided += 1

    def assume(self) -> None:
        dim, other, k = self.size(), self.rng.choice([self.size(), self.rng.randint(0, 9)]), self.rng.randint(2, 4)
        kinds: list[tuple[Fact, Test]] = [
            (equal(dim, other), lambda values: value_of(dim - other, values) == 0),
            (at_least(dim, k), lambda values: value_of(dim, values) >= k),
            (multiple(dim, k), lambda values: value_of(dim, values) % k == 0),
        ]
        fact, test = self.rng.choice(kinds)
        answer = fact(self.facts)
        self.check(answer, test)
        if answer is not NO:
            self.assignments = [values for values in self.assignments if test(values)]
            self.tests.append(test)

    def ask(self) -> None:
        dim, other, k = self.size(), self.rng.choice([self.size(), self.rng.randint(0, 9)]), self.rng.randint(2, 4)
        self.check(self.facts.equal(dim, other), lambda values: value_of(dim - other, values) == 0)
        self.check(self.facts.less(dim, other), lambda values: value_of(dim - other, values) < 0)
        self.check(self.facts.divisible(dim, k), lambda values: value_of(dim, values) % k == 0)

    def check_what_is_left(self) -> None:
        limited = all(only(variable).upper for variable in self.variables)
        for name in map(only, self.variables):
            allowed = self.facts.allowed(name)
            found = {values[name] for values in self.assignments}
            assert allowed is None or found <= members(allowed, range(LARGEST_TRIED + 1))
            assert allowed is None or not (found and limited) or found == members(allowed, range(LARGEST_TRIED + 9))
        for witness in self.facts.witnesses(map(only, self.variables), 2):
            assert all(name.lower <= value <= (name.upper or value) for name, value in witness.items())
            assert all(test(witness) for test in self.tests)


def value_of(dim: Dim, values: dict[Symbol, int]) -> int:
    value = substitute(dim, values)
    assert isinstance(value, int)
    return value


def members(allowed: Allowed, candidates: Iterable[int]) -> set[int]:
    return {value for value in candidates if value in allowed}


@pytest.mark.parametrize("seed", range(6))
def test_random_facts_agree_with_all_assignments(seed: int) -> None:
    rng = random.Random(seed)
    decided = 0
    for _ in range(40):
        world = World(rng)
        for _ in range(3):
            world.assume()
            world.ask()
        world.check_what_is_left()
        decided += world.decided
    assert decided > 100


# Chains of layers


@dataclass(frozen=True)
class Layer:
    """A convolution or pooling along one axis; the formula is the one of torch.nn.Conv2d."""

    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def reach(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    def of_dim(self, size: Dim, facts: Facts) -> Dim:
        assert facts.assume_at_least(size + 2 * self.padding, self.reach) is not NO
        return (size + 2 * self.padding - self.reach) // self.stride + 1

    def of_number(self, size: int | None) -> int | None:
        if size is None or size + 2 * self.padding < self.reach:
            return None
        return (size + 2 * self.padding - self.reach) // self.stride + 1


def random_layer(rng: random.Random) -> Layer:
    kernel = rng.randint(1, 5)
    return Layer(kernel, rng.randint(1, 3), rng.randint(0, kernel // 2), rng.choice([1, 1, 1, 2]))


def dim_after(layers: list[Layer], size: Dim, facts: Facts) -> Dim:
    for layer in layers:
        size = layer.of_dim(size, facts)
    return size


def number_after(layers: list[Layer], size: int | None) -> int | None:
    for layer in layers:
        size = layer.of_number(size)
    return size


LARGEST = 400


@pytest.mark.parametrize("seed", range(4))
def test_sizes_that_a_random_chain_takes(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(150):
        layers = [random_layer(rng) for _ in range(rng.randint(1, 5))]
        facts, size = Facts(), symbol("H")
        after = dim_after(layers, size, facts)
        sizes = {value: number_after(layers, value) for value in range(1, LARGEST)}
        allowed = facts.allowed(only(size))
        assert allowed is not None
        assert members(allowed, sizes) == {value for value, result in sizes.items() if result is not None}
        target = rng.randint(1, 12)
        expected = {value for value, result in sizes.items() if result == target}
        if facts.assume_equal(after, target) is NO:
            assert not expected
            continue
        allowed = facts.allowed(only(size))
        assert allowed is not None
        assert members(allowed, sizes) == expected


@pytest.mark.parametrize("seed", range(3))
def test_sizes_that_a_flattened_random_chain_takes(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        layers = [random_layer(rng) for _ in range(rng.randint(1, 4))]
        facts, height, width = Facts(), symbol("H"), symbol("W")
        features = 8 * dim_after(layers, height, facts) * dim_after(layers, width, facts)
        results = {value: result for value in range(1, 2500) if (result := number_after(layers, value)) is not None}
        target = rng.choice([4, 6, 9, 12, 25])
        sizes = set(results.values())
        fitting = {size for size in sizes if size and target % size == 0 and target // size in sizes}
        expected = {value for value, result in results.items() if result in fitting}
        if facts.assume_equal(features, 8 * target) is NO:
            assert not expected
            continue
        allowed = facts.allowed(only(height))
        assert allowed is not None
        assert members(allowed, results) == expected
        for witness in facts.witnesses([only(height), only(width)]):
            assert results[witness[only(height)]] * results[witness[only(width)]] == target
