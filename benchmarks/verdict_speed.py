"""How long sixty comparisons take: twenty operations with three percentiles, ten accepted runs and three of the build."""

import time
from dataclasses import replace

from analysis.comparison import compare
from analysis.observed import observe
from analysis.summary import accept
from benchmarks.judge_speed import big_run, renamed
from benchmarks.table import Row
from scenarios.library import load_plan

RATE_PER_S, WANTED_S = 1000, 5.0


def speed_row() -> Row:
    """Return the row: comparing three runs of ten minutes at 1,000 requests per s with ten accepted ones."""
    plan = load_plan("baseline", load_scale=RATE_PER_S / 5 / 24)
    run = big_run(plan, RATE_PER_S, seed=1)
    accepted = accept(run)
    baselines = tuple(renamed(accepted, number) for number in range(10))
    others = [replace(run, manifest=run.manifest.model_copy(update={"run_id": f"rerun{number}"})) for number in (1, 2)]
    judged = [observe(run, stage) for stage in plan.stages if stage.is_judged]
    began = time.perf_counter()
    compared = compare(run, judged, baselines, others)
    took_s = time.perf_counter() - began
    latencies = [row for row in compared.comparisons if row.metric.startswith("response") and row.interval is not None]
    what = f"{len(latencies)} comparisons of latencies ({len(compared.comparisons)} in all), 10 + {compared.candidates} runs"
    return Row(what, f"{took_s:.2f} s", f"< {WANTED_S:g} s", took_s < WANTED_S and compared.candidates == 3)
