"""What a rule is. A rule is one file in ``rules/``: its documentation, its examples, and ``check``.

``check`` takes one event of the interpreter; the annotation of that parameter says which events the rule gets. It
yields findings, with candidate edits where something can be done about them.
"""

from __future__ import annotations

import importlib
import pkgutil
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from types import UnionType
from typing import Any, ClassVar

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability, Edit
from modlint.interpret.events import Event
from modlint.misuse import MisuseError
from modlint.syntax import Place, Unit


@dataclass(frozen=True, slots=True)
class Doc:
    """A rule's documentation in one language, under the fixed headings."""

    title: str
    what: str
    why: str
    torch_says: str
    fix: str


@dataclass(frozen=True, slots=True)
class Meta:
    """Who a rule is: ``code`` never changes, ``name`` is for people, ``severity`` what it reports at most."""

    code: str
    name: str
    severity: Severity
    en: Doc
    zh: Doc


@dataclass(frozen=True, slots=True)
class Valid:
    """Code on which the rule says nothing; it runs on torch unless ``runs`` is False."""

    code: str
    runs: bool = True


@dataclass(frozen=True, slots=True)
class Invalid:
    """Code in which the rule finds something on ``lines``.

    ``fixed`` is the text after the fix, None when there is none to apply. ``raises``: running the code raises on torch.
    """

    code: str
    lines: tuple[int, ...]
    fixed: str | None = None
    raises: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Because:
    """One step of a proof: what is stated at a place."""

    place: Place
    message: Text


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Edits that may remove a finding. The engine tries them in the order of ``cost``; ``trust`` is the most that
    their application may claim once the analysis has proven them.

    ``rivals`` are edits to other values, which nobody means: where one of them proves as well, nothing forces the value
    of ``edits``, and it is a guess.
    """

    title: Text
    edits: tuple[tuple[Unit, Edit], ...]
    cost: int = 1
    trust: Applicability = Applicability.SAFE
    rivals: tuple[tuple[tuple[Unit, Edit], ...], ...] = ()


class Later(Sequence[Candidate]):
    """Candidates that are made when somebody asks for them: most findings are only counted, or told by another event as
    well."""

    def __init__(self, make: Callable[[], Iterable[Candidate]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[Candidate, ...]:
        return tuple(self._make())

    def __getitem__(self, index: Any) -> Any:
        return self._made[index]

    def __len__(self) -> int:
        return len(self._made)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a rule says of a place, before it becomes a diagnostic. ``severity`` lowers the rule's own."""

    place: Place
    message: Text
    why: tuple[Because, ...] = ()
    candidates: Sequence[Candidate] = ()
    severity: Severity | None = None


class Rule(ABC):
    """One kind of mistake. ``watches`` are the qualified names of ops whose calls the rule wants as ``OpCall``.

    ``judges_comments``: what it finds is no fault of the code, and does not stand against a fix of one.
    """

    meta: ClassVar[Meta]
    valid: ClassVar[Sequence[Valid]]
    invalid: ClassVar[Sequence[Invalid]]
    watches: ClassVar[frozenset[str]] = frozenset()
    aspects: ClassVar[frozenset[str]] = frozenset()
    judges_comments: ClassVar[bool] = False

    @abstractmethod
    def check(self, event: Any) -> Iterator[Finding]:
        """The findings that an event gives rise to."""


class MalformedRuleError(MisuseError):
    """A rule file is not what a rule must be; the message names the file and what is missing."""


@cache
def load_rules() -> tuple[Rule, ...]:
    """Every rule of the catalogue and of installed packs, by code; raises MalformedRuleError."""
    found: dict[str, Rule] = {}
    for cls in _rule_classes():
        rule = _checked(cls)
        if rule.meta.code in found:
            raise MalformedRuleError(f"{cls.__module__}: the code {rule.meta.code} is taken")
        found[rule.meta.code] = rule
    return tuple(found[code] for code in sorted(found))


def _rule_classes() -> Iterator[type[Rule]]:
    packages = ["modlint.rules", *(entry.value for entry in entry_points(group="modlint.rules"))]
    for package_name in packages:
        package = importlib.import_module(package_name)
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package_name}.{info.name}")
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__:
                    yield value


def _checked(cls: type[Rule]) -> Rule:
    for attribute in ("meta", "valid", "invalid"):
        if not hasattr(cls, attribute):
            raise MalformedRuleError(f"{cls.__module__}: {cls.__name__} has no {attribute}")
    event_types(cls)
    return cls()


@cache
def event_types(cls: type[Rule]) -> tuple[type[Event], ...]:
    """The events that a rule subscribes to; raises MalformedRuleError when the annotation names none."""
    annotation = typing.get_type_hints(cls.check).get("event")
    types = typing.get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    if not all(isinstance(kind, type) and issubclass(kind, Event) for kind in types):
        raise MalformedRuleError(f"{cls.__module__}: {cls.__name__}.check must annotate `event` with a kind of Event")
    return types
