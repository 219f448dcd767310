"""Names that were meant: the known one that a misspelt one is like."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_ALIKE = 0.75
_SHORT = 3


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was meant to be: the same in other letter case, else but for underscores around it,
    else one that is spelt alike.

    None when there is none, or when two are equally like it.
    """
    others = {other for other in known if other != name}
    same = sorted(other for other in others if other.lower() == name.lower())
    same = same or sorted(other for other in others if _bare(other) == _bare(name))
    if same or len(name) < _SHORT:
        return same[0] if len(same) == 1 else None
    found = nearest(name, others)
    return found[0] if len(found) == 1 and not _differ_in_number(name, found[0]) else None


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are spelt alike, all equally."""
    ranked = [(_likeness(name, other), other) for other in known if len(other) >= _SHORT]
    best = max((likeness for likeness, _ in ranked), default=0.0)
    return sorted(other for likeness, other in ranked if likeness == best >= _ALIKE)


def alike(name: str, known: str) -> bool:
    """Whether ``name`` is ``known``, or plainly a misspelling of it."""
    return name == known or closest(name, [known]) is not None


def _bare(name: str) -> str:
    """A name in small letters, without the underscores around it; of underscores alone, as it is."""
    return name.lower().strip("_") or name


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()


def _differ_in_number(one: str, other: str) -> bool:
    """``fc3`` is no misspelling of ``fc2``, nor ``norm2_proj`` of ``norm1_proj``."""
    return _without_digits(one) == _without_digits(other) and one != other


def _without_digits(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())


def is_slip(name: str, meant: str) -> bool:
    """Whether two names differ in letter case or the underscores around them alone, or by one letter that is wrong,
    missing, too much or swapped."""
    one, other = name.lower(), meant.lower()
    if _bare(name) == _bare(meant):
        return True
    if min(len(one), len(other)) < _SHORT:
        return False
    head = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    rest_one, rest_other = one[head:], other[head:]
    swapped = rest_one[:2] == rest_other[1::-1] and rest_one[2:] == rest_other[2:]
    edits = (rest_one[1:], rest_other[1:]), (rest_one[1:], rest_other), (rest_one, rest_other[1:])
    return swapped or any(left == right for left, right in edits)
