"""``python -m tests.oracle --per-op 900 --jobs 4``: compare every op with torch on a million random expressions.

Ends with the number of ops and of comparisons, by verdict; exits 1 when one disagreed. ``--seed`` gives others.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import torch

from .compare import Comparison, Verdict, compare
from .families import Subject, subjects
from .mutate import mutants


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--per-op", type=int, default=500, help="random expressions for every op, besides its cases")
    parser.add_argument("--op", default="", help="only ops whose family or name this regular expression finds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="how many processes share the ops")
    parser.add_argument("--show", type=int, default=3, help="how many failures of a kind to print for every op")
    return parser.parse_args()


def examine(subject: Subject, count: int, seed: int) -> list[Comparison]:
    """Compare the cases of an op and ``count`` random changes of them."""
    torch.set_num_threads(1)
    seed = zlib.crc32(subject.name.encode()) + seed
    expressions = [*subject.cases, *mutants(list(subject.cases), count, seed)]
    return [compare(expression) for expression in expressions]


def _print(subject: Subject, comparisons: list[Comparison], show: int) -> None:
    for verdict in (Verdict.DISAGREED, Verdict.MISSED):
        for comparison in [found for found in comparisons if found.verdict is verdict][:show]:
            print(f"{verdict.value}: {subject.family}: {comparison.expression}")
            print(f"    modlint: {comparison.ours[:300]}\n    torch:   {comparison.torchs[:300]}", flush=True)


def main() -> int:
    options = _arguments()
    chosen = [subject for subject in subjects() if re.search(options.op, f"{subject.family} {subject.name}")]
    counts: Counter[Verdict] = Counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        examined = pool.map(partial(examine, count=options.per_op, seed=options.seed), chosen, chunksize=4)
        for subject, comparisons in zip(chosen, examined):
            counts.update(comparison.verdict for comparison in comparisons)
            _print(subject, comparisons, options.show)
    told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    print(f"{len(chosen)} ops, {sum(counts.values())} comparisons: {told}")
    return 1 if counts[Verdict.DISAGREED] else 0


if __name__ == "__main__":
    sys.exit(main())
