"""Worlds by hand: one seed with its history, a soak over many, or which seed catches which planted bug."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import functools
import os
import sys
import time

from tests.simulation.planted import BUGS, planted
from tests.simulation.report import command, report
from tests.simulation.world import play

EVERY = 100
"""How many worlds a soak tries between two lines of progress."""


def main() -> int:
    """Do what the command line says; return 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", default=0, help="the seed to play, or to begin with")
    parser.add_argument("--soak", type=int, metavar="COUNT", help="play so many seeds until one goes wrong")
    parser.add_argument("--planted", choices=BUGS, metavar="BUG", help="with this bug in the delivery code")
    parser.add_argument("--bugs", action="store_true", help="find the first seed that catches each bug")
    given = parser.parse_args()
    if given.bugs:
        return bugs()
    return soak(given.seed, given.soak, given.planted) if given.soak else one(given.seed, given.planted)


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def goes_wrong(bug: str | None, seed: int) -> bool:
    """Tell whether a world goes wrong."""
    with planted(bug) if bug else contextlib.nullcontext():
        return bool(play(seed).wrong)


def one(seed: int, bug: str | None) -> int:
    """Play one world and print it."""
    with planted(bug) if bug else contextlib.nullcontext():
        world = play(seed)
    say(report(world, command(seed, bug), lines=10_000))
    return int(bool(world.wrong))


def soak(first: int, count: int, bug: str | None) -> int:
    """Play worlds on every core, and print the first that goes wrong."""
    began = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        worlds = pool.map(functools.partial(goes_wrong, bug), range(first, first + count), chunksize=10)
        for done, wrong in enumerate(worlds, 1):
            if wrong:
                pool.shutdown(wait=False, cancel_futures=True)
                return one(first + done - 1, bug)
            if done % EVERY == 0 or done == count:
                pace = done / (time.monotonic() - began)
                say(f"{done:,} of {count:,} worlds, {pace:.1f} a second, nothing wrong")
    return 0


def bugs() -> int:
    """Print which seed is the first to catch each planted bug."""
    missed = 0
    for name, bug in BUGS.items():
        seed = next((seed for seed in range(EVERY) if goes_wrong(name, seed)), None)
        missed += seed is None
        say(f"{name:34} {'missed' if seed is None else f'seed {seed}':>8}  {bug.what}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
