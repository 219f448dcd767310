"""Binding a call to a signature, once, as Python does it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from modlint.values import Perhaps, Value


class Passed(NamedTuple):
    """An argument as it stands in a call; ``node`` is its expression, None when there is none."""

    value: Value
    node: Any = None


class BindError(NamedTuple):
    """Why a call does not fit: ``kind`` is missing, unexpected, surplus or twice; ``names`` the parameters concerned."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameter names by kind; ``defaults`` maps those that may be left out."""

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...] = ()
    star: str | None = None
    double_star: str | None = None
    defaults: Mapping[str, Value] = ()  # type: ignore[assignment]
    positional_only: int = 0
    by_keyword: frozenset[str] = field(init=False)
    _required: tuple[str, ...] = field(init=False)
    _left_out: Mapping[str, Passed] = field(init=False)

    def __post_init__(self) -> None:
        names = (*self.positional[self.positional_only :], *self.keyword_only)
        object.__setattr__(self, "by_keyword", frozenset(names))
        left_out = {name: Passed(value) for name, value in dict(self.defaults).items()}
        object.__setattr__(self, "_left_out", left_out)
        required = (name for name in (*self.positional, *self.keyword_only) if name not in left_out)
        object.__setattr__(self, "_required", tuple(required))

    def bind(self, args: Sequence[Passed], kwargs: Mapping[str, Passed]) -> tuple[dict[str, Passed], list[BindError]]:
        """Return the arguments by parameter name, and what does not fit.

        Missing parameters are absent from the result; defaults are filled in with ``node=None``. The star parameters
        hold a tuple and a dict of Passed.
        """
        bound: dict[str, Passed] = dict(zip(self.positional, args))
        errors: list[BindError] = []
        surplus = args[len(self.positional) :]
        if self.star is not None:
            bound[self.star] = Passed(tuple(surplus))
        elif surplus:
            errors.append(BindError("surplus", tuple(str(i) for i in range(len(self.positional), len(args)))))
        if kwargs or self.double_star is not None:
            errors += self._bind_keywords(bound, kwargs)
        missing = self._fill_defaults(bound)
        if missing:
            errors.append(BindError("missing", missing))
        return bound, errors

    def _bind_keywords(self, bound: dict[str, Passed], kwargs: Mapping[str, Passed]) -> list[BindError]:
        errors: list[BindError] = []
        rest: dict[str, Passed] = {}
        for name, passed in kwargs.items():
            if name not in self.by_keyword:
                rest[name] = passed
            elif name in bound:
                errors.append(BindError("twice", (name,)))
            else:
                bound[name] = passed
        if self.double_star is not None:
            bound[self.double_star] = Passed(rest)
        else:
            unexpected = tuple(name for name, passed in rest.items() if not isinstance(passed.value, Perhaps))
            errors += [BindError("unexpected", unexpected)] if unexpected else []
        return errors

    def _fill_defaults(self, bound: dict[str, Passed]) -> tuple[str, ...]:
        missing = tuple([name for name in self._required if name not in bound])
        for name, passed in self._left_out.items():
            bound.setdefault(name, passed)
        return missing


def of_host_function(function: Any, skip: int = 0) -> Signature:
    """The signature of one of our own functions, without its first ``skip`` parameters."""
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    by_kind: dict[Any, list[str]] = {}
    for parameter in parameters:
        by_kind.setdefault(parameter.kind, []).append(parameter.name)
    positional_only = by_kind.get(inspect.Parameter.POSITIONAL_ONLY, [])
    star = by_kind.get(inspect.Parameter.VAR_POSITIONAL, [None])
    double_star = by_kind.get(inspect.Parameter.VAR_KEYWORD, [None])
    return Signature(
        positional=(*positional_only, *by_kind.get(inspect.Parameter.POSITIONAL_OR_KEYWORD, [])),
        keyword_only=tuple(by_kind.get(inspect.Parameter.KEYWORD_ONLY, [])),
        star=star[0],
        double_star=double_star[0],
        defaults={p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty},
        positional_only=len(positional_only),
    )
