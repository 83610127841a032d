"""One real run for a benchmark: `rushhour run` on the embedded sandbox, in a folder of its own, read back from its records."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.health import lag_us_p99, samples_in
from analysis.observed import Observed, observe
from benchmarks.table import Row
from records.generator import GeneratorSample
from records.run import Run, read_run


class NoRun(Exception):  # noqa: N818 - an end, not a defect
    """The run did not come to a verdict; the message is what it said last."""


@dataclass(frozen=True, slots=True)
class RealRun:
    """A run's records, its judged stage, and its verdict as written."""

    run: Run
    stage: Observed
    samples: Sequence[GeneratorSample]
    verdict: dict[str, Any]

    @classmethod
    def of(cls, scenario: str, results: Path, *options: str) -> "RealRun":
        """Carry a scenario out and return it; its progress is shown. Raise NoRun where it has no verdict."""
        command = [sys.executable, "-m", "rushhour", "run", scenario, "--target", "sandbox", "--results", str(results)]
        done = subprocess.run([*command, *options], check=False)
        verdicts = list(results.glob("*/verdict.json"))
        if len(verdicts) != 1:
            raise NoRun(f"{scenario}: ended with code {done.returncode} and without a verdict")
        run = read_run(verdicts[0].parent)
        stage = observe(run, next(stage for stage in run.manifest.plan.stages if stage.is_judged))
        return cls(run, stage, samples_in(run, stage), json.loads(verdicts[0].read_text(encoding="utf-8")))

    def health(self) -> list[Row]:
        """Return the verdict, the loop lag and the memory of the generator as rows."""
        lag_ms = lag_us_p99(self.run, self.stage) / 1000
        rss_mb = max(sample.rss_bytes for sample in self.samples) / 1e6
        cpu = sum(sample.cpu_ratio for sample in self.samples) / len(self.samples)
        outcome = self.verdict["outcome"]
        return [
            Row("verdict", outcome, "pass", outcome == "pass"),
            Row("generator loop lag p99", f"{lag_ms:.1f} ms", "< 10 ms", lag_ms < 10),
            Row("generator memory, highest", f"{rss_mb:.0f} MB", "< 500 MB", rss_mb < 500),
            Row("generator CPU, mean", f"{cpu:.0%} of a core"),
        ]
