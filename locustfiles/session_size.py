"""What sessions are made of: `python -m locustfiles.session_size --target NAME [--url URL] [--mix NAME] [--sessions N]`.

Plays sessions of a mix one after the other without thinking, and prints the table of requests of docs/journeys.md, then the
`[sessions]` of the mix's file: requests (also by operation) and thoughts of each persona's mean session, from which a closed
population's planned rate follows, and what another mix would ask of a target. It needs a target that works (the sandbox); each session writes there.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadgen.errors import OutOfAccounts, TargetError
from loadgen.surroundings import Surroundings
from loadgen.visit import Visit
from locustfiles.journeys.everybody import JOURNEYS
from records.window import PAYMENT_FLOW, Outcome
from scenarios.errors import ScenarioError
from scenarios.library import load_mix, load_target
from scenarios.mix import Mix, Persona, Step
from scenarios.target import Target


@dataclass(slots=True)
class Played:
    """What the sessions of one persona sent and thought. `failed` is what was neither acknowledged nor refused, and why."""

    sessions: int = 0
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    thinks: Counter[Step] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)

    @property
    def mean(self) -> float:
        """Return requests per session."""
        return self.requests / self.sessions if self.sessions else 0.0


class CountingVisit(Visit):
    """A visit that counts its thoughts instead of taking the time for them."""

    def __init__(self, around: Surroundings, persona: Persona, number: int, thinks: Counter[Step]) -> None:
        super().__init__(around, persona, number, time.monotonic())
        self._thinks = thinks

    def think(self, step: Step) -> None:
        """Count it."""
        self._thinks[step] += 1


def measure(target: Target, mix: Mix, sessions: int, seed: int = 1) -> dict[Persona, Played]:
    """Return sizes by persona, from about so many sessions of the mix in a shuffled order, at least one of each."""
    around = Surroundings.of(target, mix, seed=seed, time_scale=0.0)
    around.clock.zero = time.monotonic()
    sizes = {persona: Played() for persona in Persona}
    order = [
        persona for persona in Persona for _ in range(max(1, round(mix.personas.get(persona.value, 0.0) * sessions)))
    ]
    random.Random(seed).shuffle(order)
    for number, persona in enumerate(order):
        _play(CountingVisit(around, persona, number, sizes[persona].thinks), around, sizes[persona])
    return sizes


def _play(visit: Visit, around: Surroundings, size: Played) -> None:
    try:
        JOURNEYS[visit.persona](visit)
    except OutOfAccounts:
        pass
    finally:
        visit.close()
    size.sessions += 1
    for window in around.recorder.flush()[0]:
        if window.operation == PAYMENT_FLOW:
            continue
        count = sum(window.outcomes.values())
        size.requests += count
        unexpected = window.outcomes.keys() - {Outcome.OK, Outcome.REFUSED}
        size.failed += [f"{window.operation}: {outcome} {window.errors}" for outcome in unexpected]
        size.by_operation[window.operation] += count


def table(sizes: dict[Persona, Played], mix: Mix) -> str:
    """Return the table: requests per session by operation (rows) and persona (columns), and the mix's mean."""
    shares = {persona: mix.personas.get(persona.value, 0.0) for persona in Persona}
    operations = sorted({operation for size in sizes.values() for operation in size.by_operation})
    lines = [
        "| operation | " + " | ".join(persona.value for persona in Persona) + " | mix |",
        "|---|" + "---:|" * (len(Persona) + 1),
    ]
    for operation in operations:
        means = [sizes[persona].by_operation[operation] / max(1, sizes[persona].sessions) for persona in Persona]
        lines.append(_row(operation, means, list(shares.values())))
    lines.append(_row("**all**", [sizes[persona].mean for persona in Persona], list(shares.values())))
    return "\n".join(lines)


def _row(name: str, means: Sequence[float], shares: Sequence[float]) -> str:
    mixed = sum(mean * share for mean, share in zip(means, shares, strict=True))
    return f"| {name} | " + " | ".join(f"{mean:.2f}" if mean else "" for mean in means) + f" | {mixed:.2f} |"


def toml(sizes: dict[Persona, Played]) -> str:
    """Return the tables `[sessions.PERSONA]` of a mix file."""
    lines: list[str] = []
    for persona, size in sizes.items():
        if not size.sessions:
            continue
        lines += _table(persona, size)
    return "\n".join(lines)


def _table(persona: Persona, size: Played) -> list[str]:
    thinks = ", ".join(f"{step} = {size.thinks[step] / size.sessions:.3f}" for step in Step if size.thinks[step])
    operations = ", ".join(
        f'"{name}" = {count / size.sessions:.4f}' for name, count in sorted(size.by_operation.items()) if count
    )
    return [
        f"\n[sessions.{persona}]",
        f"requests = {size.mean:.3f}",
        *([f"thinks = {{ {thinks} }}"] if thinks else []),
        f"operations = {{ {operations} }}",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m locustfiles.session_size", description="Requests and thoughts of a session."
    )
    parser.add_argument("--target", default="sandbox", help="a shipped target profile or the path of a .toml file")
    parser.add_argument("--url", help="where the target is, instead of the profile's own URL")
    parser.add_argument("--mix", default="everyday", help="a shipped mix or the path of a .toml file")
    parser.add_argument("--sessions", type=int, default=2000, help="sessions altogether")
    options = parser.parse_args(arguments)
    try:
        target, mix = load_target(options.target), load_mix(options.mix)
        if options.url is not None:
            target = target.model_copy(update={"url": options.url.rstrip("/")})
        sizes = measure(target, mix, options.sessions)
    except (ScenarioError, TargetError) as error:
        print(error, file=sys.stderr)
        return 2
    print(table(sizes, mix))
    print(f"\n{toml(sizes)}")
    failed = sum(len(size.failed) for size in sizes.values())
    print(f"\n{sum(size.sessions for size in sizes.values())} sessions, {failed} requests failed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
