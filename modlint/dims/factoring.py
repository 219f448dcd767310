"""Dims taken apart: into factors, remainders, and coefficients modulo a number."""

from __future__ import annotations

from modlint.dims.expressions import (
    Atom,
    Dim,
    Expr,
    Monomial,
    as_expr,
    lone_quotient,
    of_terms,
    product,
    quotient_by_term,
    terms_of,
)


def common_atoms(dim: Expr) -> frozenset[Atom]:
    """Return the atoms that are in every term of ``dim``."""
    return frozenset.intersection(*(frozenset(atom for atom, _ in monomial) for monomial in dim.terms))


def quotient(dim: Expr, atom: Atom) -> Dim:
    """Return ``dim`` divided by one of its common atoms."""
    return quotient_by_term(dim, (frozenset(((atom, 1),)), 1))


def remainder(dim: Expr) -> tuple[int, Expr, int, int] | None:
    """Return ``(a, n, k, b)`` when ``dim`` is ``a*(n % k) + b`` for an integer ``k``."""
    for monomial, coefficient in dim.terms.items():
        found = lone_quotient(monomial)
        if found is None or coefficient % found[2]:
            continue
        atom, numerator, divisor = found
        factor = -coefficient // divisor
        shift = dim - coefficient * as_expr(atom) - factor * numerator
        if isinstance(numerator, Expr) and isinstance(shift, int):
            return factor, numerator, divisor, shift
    return None


def balanced(dim: Dim, modulus: int) -> Dim:
    """Return ``dim`` with every coefficient as near to 0 as a multiple of modulus can bring it."""
    half = (modulus - 1) // 2
    reduced = {monomial: (c + half) % modulus - half for monomial, c in terms_of(dim).items()}
    return of_terms({monomial: c for monomial, c in reduced.items() if c})


def factors(dim: Expr) -> tuple[int, list[tuple[Atom, int]], int]:
    """Return ``(c, [(x, s), …], rest)`` such that ``dim`` is ``rest`` plus the product of ``c`` and of all ``x + s``.

    The list is empty when ``dim`` has no such form.
    """
    top = max(dim.terms, key=lambda monomial: sum(power for _, power in monomial))
    coefficient = dim.terms[top]
    shifts = [(atom, _shift(dim, top, atom, power)) for atom, power in top for _ in range(power)]
    rest = dim - coefficient * product(as_expr(atom) + shift for atom, shift in shifts)
    return (1, [], 0) if isinstance(rest, Expr) else (coefficient, shifts, rest)


def _shift(dim: Expr, top: Monomial, atom: Atom, power: int) -> int:
    below = (top - {(atom, power)}) | ({(atom, power - 1)} if power > 1 else frozenset())
    return dim.terms.get(below, 0) // (power * dim.terms[top])
