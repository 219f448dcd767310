"""``re``, for patterns and texts that cannot take long."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from modlint.interpret.hosts.table import HOSTS
from modlint.interpret.machine import Machine
from modlint.syntax import Place
from modlint.values import External, Instance, ListValue, Partial, Unknown, Value

_LONGEST = 120
_MOST_REPEATS = 3
_REPEATED_GROUP = re.compile(r"\)[*+{]")


def _is_quick(pattern: str) -> bool:
    """Whether a match takes time polynomial of a low degree: few repetitions, none inside another."""
    return (
        len(pattern) <= _LONGEST
        and sum(map(pattern.count, "*+{")) <= _MOST_REPEATS
        and not (_REPEATED_GROUP.search(pattern))
    )


def _on_texts(function: Callable[..., Any]) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, pattern: Value, *texts: Value) -> Value:
        if not all(isinstance(text, str) and len(text) <= _LONGEST for text in (pattern, *texts)):
            return Unknown("the pattern or the text is not known")
        if not _is_quick(pattern):
            return Unknown("the pattern may take very long")
        try:
            return _guest(function(pattern, *texts), place)
        except (re.error, TypeError, IndexError):
            return Unknown("the pattern does not fit")

    return call


def _guest(result: Any, place: Place) -> Value:
    """What ``re`` gives, as guest values."""
    if isinstance(result, list):
        return ListValue(result)
    return _match(result, place) if isinstance(result, re.Match) else result


def _match(match: re.Match[str], place: Place) -> Instance:
    groups = {"all": (match.group(), *match.groups()), "named": match.groupdict()}
    methods = {name: Partial(External(f"re.Match.{name}"), (groups,), {}) for name in ("group", "groups")}
    return Instance(External("re.Match"), dict(methods), place)


def _group(machine: Machine, place: Place, groups: dict[str, Any], *keys: Value) -> Value:
    found = [groups["named"].get(key) if isinstance(key, str) else groups["all"][key] for key in keys or (0,)]
    return found[0] if len(found) == 1 else tuple(found)


def _groups(machine: Machine, place: Place, groups: dict[str, Any]) -> Value:
    return groups["all"][1:]


HOSTS.update({f"re.{name}": _on_texts(getattr(re, name)) for name in (
    "split", "findall", "sub", "match", "search", "fullmatch",
)})  # fmt: skip
HOSTS.update({"re.Match.group": _group, "re.Match.groups": _groups})
