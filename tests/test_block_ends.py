"""What may tell where a block ends when no column does, and the network that weighs it."""

from __future__ import annotations

from math import inf, log

import pytest

from modlint.repair.arrivals import Arrival, Gaps, arrivals
from modlint.repair.draft import Draft, Fault
from modlint.repair.endings import Network, certainty, either, ending
from modlint.repair.layout import EFFORTS, Effort, layouts
from modlint.repair.signs import signs
from modlint.repair.situation import Situation
from modlint.repair.structure import Stack, closed, places

MARK = "# <-"


def arriving(text: str) -> tuple[Stack, Arrival]:
    """The statement that is marked, with the blocks that are open before it."""
    draft = Draft(text)
    pairs = zip(arrivals(draft.statements), places(draft.statements), strict=True)
    return next((stack, arrival) for arrival, (stack, _, _) in pairs if MARK in draft.lines[arrival.statement.first])


def seen(text: str) -> set[str]:
    """The signs for the innermost block before the statement that is marked."""
    stack, arrival = arriving(text)
    header = stack[-1].header
    assert header is not None
    return set(signs(Situation(stack[-1], header, stack[:-1], arrival, is_innermost=True)))


LOOP = "def f(xs, y):\n    found = []\n    for x in xs:\n"
BRANCH = "def f(x, flag):\n    y = x\n    if flag:\n"
ELSE = BRANCH + "        y = g(x)\n        z = 1\n    else:\n"

PRESENT = {
    "a name of the block is read": (LOOP + "        z = g(x)\n        h(z) # <-\n", "reads own"),
    "the loop's variable is read later": (LOOP + "        g(y)\n        h(y) # <-\n        k(x)\n", "header is live"),
    "nothing has read the loop's variable": (LOOP + "        g(y)\n        h(x) # <-\n", "header unread"),
    "a list waits to be filled": (LOOP + "        g(x)\n        found.append(y) # <-\n", "fills awaited"),
    "what was filled is read": (LOOP + "        found.append(x)\n        g(found) # <-\n", "reads filled"),
    "a default was overridden": (BRANCH + "        y = g(x)\n        h(y) # <-\n", "reads overridden"),
    "a name in an f-string": (LOOP + "        z = g(x)\n        print(f'{z.a:.2f}') # <-\n", "reads own"),
    "the sibling's debt is paid": (ELSE + "        y = h(x)\n        z = 2 # <-\n", "pays"),
    "no debt is left": (ELSE + "        y = h(x)\n        z = 2\n        k(x) # <-\n", "paid"),
    "what both branches assign": (ELSE + "        y = h(x)\n        k(y) # <-\n", "reads what siblings assign"),
    "the same condition again": (
        "def f(m):\n    if isinstance(m, A):\n        g(m)\n        if isinstance(m, A) and m.b: # <-\n            h(m)\n",
        "repeats header",
    ),
    "the condition is settled": (
        "def f(x):\n    if x is None:\n        x = g()\n        h(x) # <-\n",
        "header settled",
    ),
    "else is two lines away": (BRANCH + "        y = g(x)\n        h(y) # <-\n        k(y)\n    else:\n        k(x)\n", "else in 2"),
    "what else begins with": (
        BRANCH + "        g(x)\n        y = h(x) # <-\n    else:\n        y = k(x)\n",
        "partner assigns as statement",
    ),
    "an item of a row of assignments": (BRANCH + "        a = b = x\n        g(b) # <-\n", "reads own"),
    "an attribute with a type": (
        "class A:\n    def f(self, x):\n        if x:\n            self.a: int = x\n            g(self.a) # <-\n",
        "reads own",
    ),
    "a blank line": (LOOP + "        g(x)\n\n        h(x) # <-\n        k(x)\n", "blank line"),
    "the last of a function": (LOOP + "        g(x)\n        return x # <-\n\n\ndef g(): pass\n", "leaves at last"),
    "nothing but assertions": (BRANCH + "        assert x\n        y = g(x) # <-\n", "only asserts"),
    "else reads what the header reads": (
        "def f(x, n):\n    if n == 0:\n        g(x)\n        h(x) # <-\n    else:\n        assert n % 2 == 0\n",
        "partner reads header's",
    ),
    "the header word for word": (BRANCH + "        g(x)\n        if flag: # <-\n            h(x)\n", "says header again"),
    "the function is used further on": ("def f(x):\n    y = g(x)\n    h(y) # <-\nf(1)\n", "header is named soon"),
    "another function of the file is called": (
        "def g(x):\n    return x\ndef f(x):\n    y = x\n    g(y) # <-\n",
        "calls what outer defines",
    ),
    "and in the next statement": (
        "def g(x):\n    return x\ndef f(x):\n    y = x\n    y += 1 # <-\n    g(y)\n",
        "following calls what outer defines",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRESENT)
def test_signs(name: str) -> None:
    text, sign = PRESENT[name]
    assert sign in seen(text)


ABSENT = {
    "a name from outside": (LOOP + "        z = g(x)\n        h(y) # <-\n", "reads own"),
    "a comprehension's variable": (LOOP + "        z = x\n        h(z for z in y) # <-\n", "reads own"),
    "a lambda's parameter": (LOOP + "        z = x\n        h(lambda z: z) # <-\n", "reads own"),
    "a plain string": (LOOP + "        z = g(x)\n        print('{z}') # <-\n", "reads own"),
    "the variable is bound anew": (
        LOOP + "        g(y)\n        h(y) # <-\n    for x in y:\n        k(x)\n",
        "header is live",
    ),
    "the variable of another function": (
        LOOP + "        g(y)\n        h(y) # <-\n\n\ndef k(x):\n    return x\n",
        "header is live",
    ),
    "the loop's variable was read": (LOOP + "        g(x)\n        h(y) # <-\n", "header unread"),
    "the list was read before": (
        "def f(xs):\n    found = []\n    g(found)\n    for x in xs:\n        g(x)\n        found.append(x) # <-\n",
        "fills awaited",
    ),
    "no default before": ("def f(x):\n    if x:\n        z = g(x)\n        h(z) # <-\n", "reads overridden"),
    "a debt is left": (ELSE + "        y = h(x)\n        k(x) # <-\n", "paid"),
    "another condition": (
        "def f(m):\n    if isinstance(m, A):\n        g(m)\n        if isinstance(m, B): # <-\n            h(m)\n",
        "repeats header",
    ),
    "half of the condition is settled": (
        "def f(x, y):\n    if x is y:\n        x = g()\n        h(x) # <-\n",
        "header settled",
    ),
    "else of another statement": (
        BRANCH
        + "        y = g(x)\n        h(y) # <-\n        if y:\n            k(y)\n        else:\n            k(x)\n",
        "else in 2",
    ),
    "a declaration reads nothing": (BRANCH + "        y = g(x)\n        y: int # <-\n", "reads shared"),
    "no blank line": (LOOP + "        g(x)\n        h(x) # <-\n\n        k(x)\n", "blank line"),
    "more of the function follows": (LOOP + "        g(x)\n        return x # <-\n    h(y)\n", "leaves at last"),
    "an assertion among others": (BRANCH + "        assert x\n        y = g(x)\n        h(y) # <-\n", "only asserts"),
    "else reads something else": (
        "def f(x, n):\n    if n == 0:\n        g(x)\n        h(x) # <-\n    else:\n        g(x)\n",
        "partner reads header's",
    ),
    "another header": (BRANCH + "        g(x)\n        if not flag: # <-\n            h(x)\n", "says header again"),
    "a loop has no name": ("for x in f:\n    y = g(x)\n    h(y) # <-\nf(1)\n", "header is named soon"),
    "a function of another file": ("def f(x):\n    y = x\n    g(y) # <-\n", "calls what outer defines"),
}


@pytest.mark.parametrize("name", ABSENT)
def test_no_sign(name: str) -> None:
    text, sign = ABSENT[name]
    assert sign not in seen(text)


@pytest.mark.parametrize(("between", "is_said_again"), [("", True), ("        y = 1\n", False)])
def test_what_has_just_ended_word_for_word(between: str, is_said_again: bool) -> None:
    stack, arrival = arriving(
        BRANCH + f"        if x:\n            g(x)\n{between}        if x: # <-\n            h(x)\n"
    )
    depth = next(depth for depth, block in enumerate(stack) if block.kind == "if")
    outer = closed(stack, depth)
    header = outer[-1].header
    assert header is not None
    found = set(signs(Situation(outer[-1], header, outer[:-1], arrival, is_innermost=False)))
    assert ("says again what has ended" in found) is is_said_again


def test_gaps_count_blank_lines_beyond_the_usual_ones() -> None:
    found = [arrival.gaps for arrival in arrivals(Draft("a\n\n\nb\nc\n\nd\ne\n").statements)]
    assert found == [Gaps(0, 2, 1), Gaps(2, 0, 2), Gaps(0, 1, 1), Gaps(1, 0, 2), Gaps(0, 0, 1)]


def test_gaps_that_are_always_the_same_tell_nothing() -> None:
    assert all(arrival.gaps is None for arrival in arrivals(Draft("a\nb\nc\n").statements))


def test_the_reach_of_a_value_ends_where_the_name_is_bound_again() -> None:
    first, *_ = arrivals(Draft("a = 1\nf(a)\ng(a)\na = 2\nh(a)\n").statements)
    assert first.reach == {"a": 2}
    assert first.live >= {"a", "f", "g", "h"}


def test_odds_are_those_of_the_network() -> None:
    network = Network(1, (0.5, 1.0, -1.0), {"up": (1.0, 2.0, 0.0), "down": (0.0, -4.0, 3.0)}, 2.0)
    assert network.odds(["up", "never seen"]) == 0.5 + 1.0 + 3.0
    assert network.odds(["up", "down"]) == 0.5 + 1.0 - 2.0


def test_an_end_and_its_contrary_share_all_odds() -> None:
    stack, arrival = arriving(LOOP + "        z = g(x)\n        h(z) # <-\n")
    *outer, block = stack
    ends, goes_on = ending(block, tuple(outer), arrival, is_innermost=True)
    assert 0 < goes_on < log(2) < ends


def test_what_the_first_effort_cannot_place_a_greater_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from modlint.repair import Repaired, layout, repair

    text = "def f(x):\nif x:\ny = g(x)\nelse:\ny = h(x)\nreturn y\n"
    monkeypatch.setattr(layout, "EFFORTS", (Effort(0, 0.0), *EFFORTS))
    assert isinstance(repair(text), Repaired)
    monkeypatch.setattr(layout, "EFFORTS", (Effort(0, 0.0),))
    assert not isinstance(repair(text), Repaired)


FLAT = "def f(xs):\nfor x in xs:\ng(x)\nh(x)\nif xs:\nk(xs)\nreturn xs\n"


def test_no_layout_is_sought_where_something_stands_before_every_line() -> None:
    fault = Fault(1, 0, "expected an indented block")
    listing = "".join(f"{number} {line}\n" for number, line in enumerate(FLAT.splitlines(), 1))
    assert list(layouts(Draft(FLAT), fault))
    assert not list(layouts(Draft(listing), fault))


def test_several_ways_together_cost_less_than_each() -> None:
    assert either(1.0, 1.0) < 1.0
    assert either(1.0, inf) == pytest.approx(1.0)
    assert either(inf, inf) == inf


def test_a_margin_is_certain_at_the_odds_that_it_stands_for() -> None:
    nearest = 2.0
    assert certainty(nearest, 20.0) == pytest.approx(2 * certainty(nearest, 400.0))


def test_many_rivals_make_a_guess_less_sure_than_the_nearest_of_them() -> None:
    flat = "def f(xs):\nfor x in xs:\n" + "g(x)\nh(xs)\n" * 3
    draft = Draft(flat)
    assert isinstance(draft.parsed, Fault)
    first, second, *_ = layouts(draft, draft.parsed)
    assert first.margin < second.cost - first.cost


def test_fields_belong_to_a_class() -> None:
    draft = Draft('class Size(NamedTuple):\n"""How large."""\nwidth: int\nheight: int\n')
    assert isinstance(draft.parsed, Fault)
    best = next(layouts(draft, draft.parsed))
    assert draft.having(best.changes).text.endswith("\n    width: int\n    height: int\n")
