"""Comments that say what is not to be reported, and which of them are of no use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from modlint.diagnostics import Position
from modlint.directives import FILE_IGNORE, IGNORE, INPUT, NOQA, WORDS, Directive, Item
from modlint.interpret.events import DirectiveUnreadable, Event, SuppressionUnused, TextRepaired, TextUnreadable
from modlint.likeness import closest
from modlint.pragmas import classes_of, readable_input
from modlint.rule import Meta, Rule, event_types
from modlint.selection import matches
from modlint.syntax import Place

_FOUND_ELSEWHERE: frozenset[type[Event]] = frozenset({TextRepaired, TextUnreadable, SuppressionUnused})
"""What rules on these find is no finding of the interpreter: whether a comment suppresses it is not known here."""


@dataclass
class Suppressions:
    """The suppressing comments among ``directives``. They remember what they have suppressed."""

    directives: Sequence[Directive]
    _used: set[tuple[int, str]] = field(default_factory=set)

    def hold(self, meta: Meta, place: Place) -> bool:
        """Whether a comment suppresses what a rule finds at a place."""
        return self._use(meta, self._covering(place))

    def hold_by_name(self, meta: Meta, place: Place) -> bool:
        """The same for what is found of the comments themselves: one that suppresses everything does not hide that."""
        return self._use(meta, [one for one in self._covering(place) if one.items is not None])

    def _covering(self, place: Place) -> list[Directive]:
        line = getattr(place.node, "lineno", 1)
        return [one for one in self.directives if one.word == FILE_IGNORE or one.covers(place.unit, line)]

    def hold_in_file(self, meta: Meta, cell: int | None, position: Position) -> bool:
        """Whether a comment suppresses what a rule finds at a position in the file, in a cell."""
        covering = [
            one
            for one in self.directives
            if one.word == FILE_IGNORE or (one.unit.cell.index == cell and one.covers_in_file(position))
        ]
        return self._use(meta, covering)

    def _use(self, meta: Meta, covering: Sequence[Directive]) -> bool:
        used = {
            (id(directive), selector)
            for directive in covering
            for selector in selectors(directive)
            if _suppresses(directive, selector, meta)
        }
        self._used |= used
        return bool(used)

    def unused(self, rules: Sequence[Rule]) -> Iterator[SuppressionUnused]:
        """The comments that have suppressed nothing so far, with those of their selectors that have not."""
        for directive in self.directives:
            idle = [one for one in selectors(directive) if (id(directive), one) not in self._used]
            items = tuple(
                item for item in directive.items or () if item.text in idle and _is_known(directive, item, rules)
            )
            if items or (idle == [""] and not directive.unit.repaired):
                yield SuppressionUnused(directive.place, True, (), directive, items)


def selectors(directive: Directive) -> tuple[str, ...]:
    """What a comment suppresses: selectors of rules, or one that is empty for all of them."""
    if directive.word not in (IGNORE, FILE_IGNORE, NOQA):
        return ()
    return ("",) if directive.items is None else tuple(item.text for item in directive.items)


def _suppresses(directive: Directive, selector: str, meta: Meta) -> bool:
    if directive.word == NOQA:
        return meta.code == selector.upper()
    return not selector or matches(meta, selector)


def _is_known(directive: Directive, item: Item, rules: Sequence[Rule]) -> bool:
    """Whether some rule that was asked is one that the item names."""
    named = (rule for rule in rules if _suppresses(directive, item.text, rule.meta))
    return any(not _FOUND_ELSEWHERE.issuperset(event_types(type(rule))) for rule in named)


def unreadable(directives: Sequence[Directive], rules: Sequence[Rule]) -> Iterator[DirectiveUnreadable]:
    """The comments that speak to modlint and are not understood."""
    names = [name for rule in rules for name in (rule.meta.code, rule.meta.name)]
    for directive in directives:
        if directive.word not in (*WORDS, NOQA):
            yield _event(directive, "word", directive.word, closest(directive.word, WORDS))
        elif directive.word == INPUT:
            yield from _wrong_input(directive)
        elif directive.word != NOQA:
            for item in directive.items or ():
                if not any(matches(rule.meta, item.text) for rule in rules):
                    yield _event(directive, "selector", item.text, closest(item.text, names))


def _wrong_input(directive: Directive) -> Iterator[DirectiveUnreadable]:
    if readable_input(directive) is None:
        yield _event(directive, "input", directive.value or "")
    elif not classes_of(directive):
        yield _event(directive, "class", directive.value or "")


def _event(directive: Directive, kind: str, written: str, meant: str | None = None) -> DirectiveUnreadable:
    return DirectiveUnreadable(directive.place, True, (), kind, written, meant or "")
