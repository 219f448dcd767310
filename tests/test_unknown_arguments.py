"""What is not known of an argument is no fault: a call that torch takes stays right when something of it is unknown."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from modlint import session
from modlint.diagnostics import Severity
from modlint.ops import registry

registry.load()
PREAMBLE = """\
import torch, math
from torch import nn
import torch.nn.functional as F
import einops
from einops import rearrange, repeat, reduce
from unread import value

"""
OPTIONS = session.Options(fixes=False, mildest=Severity.ERROR)
CASES = {
    str(name): entry.cases
    for table in (registry.OPS, registry.LAYERS, registry.METHODS, registry.ATTRIBUTES)
    for name, entry in table.items()
    if entry.cases
}


@pytest.mark.parametrize("op", CASES)
def test_an_unknown_argument_breaks_nothing(op: str) -> None:
    for case in CASES[op]:
        if not errors(case):
            for changed in with_something_unknown(case):
                assert errors(changed) == [], changed


def errors(expression: str) -> list[str]:
    program = f"{PREAMBLE}result = {expression}\n"
    return [found.message.en for found in session.check("case.py", program.encode(), OPTIONS).diagnostics]


def with_something_unknown(expression: str) -> Iterator[str]:
    """The expression with one argument of one of its calls unknown, again and again; sizes of 0 are left as they are,
    for with them torch looks at nothing else."""
    tree = ast.parse(expression, mode="eval")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        for index, given in enumerate(call.args):
            if not isinstance(given, ast.Starred) and not _is_zero(given):
                call.args[index] = ast.Name("value", ast.Load())
                yield ast.unparse(tree)
                call.args[index] = given
        for keyword in call.keywords:
            given = keyword.value
            if not _is_zero(given):
                keyword.value = ast.Name("value", ast.Load())
                yield ast.unparse(tree)
                keyword.value = given


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0
