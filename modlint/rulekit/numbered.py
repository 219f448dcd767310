"""Names that go by number: how the code of one is written that stands between, or after, the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice, pairwise, product

_NAME = re.compile(r"(.*\D|)(\d+)(\D*)")
_INTEGER = re.compile(r"(?<![\w.])\d+(?![\w.])")


def family(name: str, others: Iterable[str]) -> dict[str, int]:
    """The names that differ from ``name`` in their last number alone, with that number."""
    own = _NAME.fullmatch(name)
    found = {other: match for other in others if (match := _NAME.fullmatch(other)) is not None}
    if own is None:
        return {}
    return {other: int(match[2]) for other, match in found.items() if match[1] == own[1] and match[3] == own[3]}


def number_of(name: str) -> int:
    """The last number in a name that has one."""
    match = _NAME.fullmatch(name)
    assert match is not None
    return int(match[2])


def nearest_alike(number: int, texts: Mapping[int, str]) -> dict[int, str]:
    """The nearest neighbour, with those whose code differs from it in integers alone."""
    nearest = texts[min(texts, key=lambda other: (abs(other - number), other))]
    return {other: text for other, text in texts.items() if _INTEGER.split(text) == _INTEGER.split(nearest)}


def written_for(number: int, alike: Mapping[int, str]) -> list[str]:
    """The code that ``number`` may have, from that of neighbours that differ in integers alone, which go on as theirs
    do: in one way mostly, in none when it cannot be told."""
    nearest = next(iter(alike.values()))
    rows = {other: [int(found) for found in _INTEGER.findall(text)] for other, text in alike.items()}
    columns = [{other: row[slot] for other, row in rows.items()} for slot in range(len(_INTEGER.findall(nearest)))]
    ways = product(*(_continued(number, column) for column in columns))
    return [_filled(nearest, values) for values in islice(ways, _WAYS)]


_WAYS = 4


def _filled(text: str, values: Iterable[int]) -> str:
    """A text with other integers."""
    following = iter(values)
    return _INTEGER.sub(lambda _: str(next(following)), text)


def _continued(number: int, known: Mapping[int, int]) -> list[int]:
    """What ``number`` may have in a row: the same as all, or as all but the first; more by a step, or by a factor."""
    if len(set(known.values())) == 1:
        return [next(iter(known.values()))]
    later = {other: value for other, value in known.items() if other != min(known)}
    return _regular(number, known) or (_continued(number, later) if number > min(known) else [])


def _regular(number: int, known: Mapping[int, int]) -> list[int]:
    guesses = (_by_steps(number, known), _by_factor(number, known))
    return list(dict.fromkeys(guess for guess in guesses if guess is not None))


def _by_steps(number: int, known: Mapping[int, int]) -> int | None:
    first, second, *_ = sorted(known)
    step, rest = divmod(known[second] - known[first], second - first)
    exact = not rest and all(known[b] - known[a] == step * (b - a) for a, b in pairwise(sorted(known)))
    return known[first] + step * (number - first) if exact else None


def _by_factor(number: int, known: Mapping[int, int]) -> int | None:
    first, second, *_ = sorted(known)
    if min(known.values()) < 1:
        return None
    factor = round((known[second] / known[first]) ** (1 / (second - first)))
    exact = factor > 1 and all(known[b] == known[a] * factor ** (b - a) for a, b in pairwise(sorted(known)))
    if not exact:
        return None
    value, rest = divmod(known[first] * factor ** max(number - first, 0), factor ** max(first - number, 0))
    return None if rest else value
