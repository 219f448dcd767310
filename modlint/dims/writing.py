"""Dims as Python expressions for people."""

from __future__ import annotations

from modlint.dims.expressions import Atom, Dim, Expr, FloorDiv, Max, Monomial, Symbol, as_expr, linear
from modlint.dims.factoring import factors


def text(dim: Dim) -> str:
    """Return ``dim`` as a Python expression for people: ``512*h``, ``(H - 5)//2``."""
    if not isinstance(dim, Expr):
        return str(dim)
    form = linear(dim)
    if form is not None and form[0] == 1:
        return _shifted_text(form[1], form[2])
    coefficient, shifted, rest = factors(dim)
    return _product_text(coefficient, shifted) if shifted and not rest else _sum_text(dim)


def _shifted_text(atom: Atom, shift: int) -> str:
    """``n//k + c`` is shown as ``(n + k*c)//k``."""
    if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
        return f"{_wrapped(atom.numerator + atom.divisor * shift)}//{atom.divisor}"
    return f"{atom_text(atom)} {'-' if shift < 0 else '+'} {abs(shift)}" if shift else atom_text(atom)


def atom_text(atom: Atom) -> str:
    """Return ``atom`` as a Python expression."""
    if isinstance(atom, Symbol):
        return atom.name
    if isinstance(atom, FloorDiv):
        return f"{_wrapped(atom.numerator)}//{_wrapped(atom.divisor)}"
    name = "max" if isinstance(atom, Max) else "min"
    return f"{name}({', '.join(sorted(map(text, atom.arguments)))})"


def _sum_text(dim: Expr) -> str:
    pieces = sorted((_rank(monomial, c), c < 0, _term_text(monomial, abs(c))) for monomial, c in dim.terms.items())
    return "".join(
        f"{'-' if negative else ''}{piece}" if place == 0 else f" {'-' if negative else '+'} {piece}"
        for place, (_, negative, piece) in enumerate(pieces)
    )


def _rank(monomial: Monomial, coefficient: int) -> tuple[bool, bool, int]:
    """The constant comes last; a sum starts with a positive term if there is one."""
    return not monomial, coefficient < 0, -sum(power for _, power in monomial)


def _term_text(monomial: Monomial, coefficient: int) -> str:
    return _product_text(coefficient, [(atom, 0) for atom, power in monomial for _ in range(power)])


def _product_text(coefficient: int, shifted: list[tuple[Atom, int]]) -> str:
    names = sorted(
        (_wrapped(as_expr(atom) + shift) for atom, shift in shifted), key=lambda name: (name[0] == "(", name)
    )
    if not names or abs(coefficient) != 1:
        return "*".join([str(coefficient), *names])
    return ("-" if coefficient < 0 else "") + "*".join(names)


def _wrapped(dim: Dim) -> str:
    inner = text(dim)
    form = linear(dim)
    plain = form is not None and form[0] == 1 and form[2] == 0 and not isinstance(form[1], FloorDiv)
    return inner if plain or isinstance(dim, int) else f"({inner})"
