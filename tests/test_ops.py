"""Every op against torch: its own cases, and a small random slice (the whole: ``python -m tests.oracle``)."""

from __future__ import annotations

from itertools import groupby

import pytest

pytest.importorskip("torch")

from oracle.compare import Comparison, Verdict, compare
from oracle.families import Subject, subjects
from oracle.mutate import mutants, renamed

_FAMILIES: dict[str, list[Subject]] = {
    family: list(group)
    for family, group in groupby(sorted(subjects(), key=lambda each: each.family), key=lambda each: each.family)
}
_PER_OP = 3


def _told(comparisons: list[Comparison]) -> str:
    return "\n".join(f"{each.expression}\n  modlint {each.ours}\n  torch   {each.torchs}" for each in comparisons)


@pytest.mark.parametrize("family", _FAMILIES)
def test_cases(family: str) -> None:
    """Where modlint claims something of a case, torch says the same."""
    comparisons = [compare(case) for subject in _FAMILIES[family] for case in subject.cases]
    assert comparisons
    bad = [each for each in comparisons if each.verdict in (Verdict.DISAGREED, Verdict.MISSED)]
    assert not bad, _told(bad)


@pytest.mark.parametrize("family", _FAMILIES)
def test_random_changes(family: str) -> None:
    """Changed cases neither contradict torch nor are rejected where torch runs them."""
    bad = []
    for number, subject in enumerate(_FAMILIES[family]):
        bad += [
            comparison
            for comparison in map(compare, mutants(list(subject.cases), _PER_OP, seed=number))
            if comparison.verdict is Verdict.DISAGREED
        ]
    assert not bad, _told(bad)


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("torch.ones(2, 3) @ torch.ones(3, 4)", Verdict.AGREED),
        ("torch.ones(2, 3) @ torch.ones(2, 3)", Verdict.AGREED),
        ("nn.Linear(5, 3)(torch.ones(2, 5))", Verdict.AGREED),
        ("nn.Linear(5, 3)", Verdict.AGREED),
        ("(1, 2)[2]", Verdict.AGREED),
        ("torch.get_num_threads()", Verdict.UNKNOWN),
        ("a_package_that_is_missing(torch.ones(2))", Verdict.SKIPPED),
    ],
)
def test_verdict(expression: str, verdict: Verdict) -> None:
    assert compare(expression).verdict is verdict


@pytest.mark.parametrize(
    ("case", "old", "new", "told"),
    [
        ("torch.add(x, 1)", "torch.add", "torch.Tensor.add_", "x.add_(1)"),
        ("x.view(2)", "torch.Tensor.view", "torch.Tensor.reshape", "x.reshape(2)"),
        ("x.add(1)", "torch.Tensor.add", "torch.add", "torch.add(x, 1)"),
        ("F.relu(x)", "torch.nn.functional.relu", "torch.relu", "torch.relu(x)"),
        ("nn.Linear(1, 2)(x)", "torch.nn.Linear", "torch.nn.LazyLinear", "torch.nn.LazyLinear(1, 2)(x)"),
        ("F.relu(x)", "torch.relu", "torch.Tensor.relu", None),
    ],
)
def test_renamed(case: str, old: str, new: str, told: str | None) -> None:
    assert renamed(case, old, new) == told


def test_mutants_are_repeatable_and_new() -> None:
    cases = ["torch.ones(2, 3).sum(dim=1, keepdim=True)"]
    changed = list(mutants(cases, 20, seed=1))
    assert changed == list(mutants(cases, 20, seed=1))
    assert len({*changed, *cases}) == 21
