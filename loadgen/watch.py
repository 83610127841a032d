"""What the leading process watches while batches come in: the plan's abort rules, and the fuse of the target profile."""

from collections.abc import Sequence
from typing import Any

from loadgen.abort import AbortWatch, Tick
from loadgen.fuse import Fuse
from scenarios.plan import Plan


class RunWatch:
    """Is told of every batch and of every write of merged windows; `why` says that the run has to end, and how it ended."""

    def __init__(self, plan: Plan) -> None:
        self._abort = AbortWatch(plan.abort, plan.duration_s)
        self._fuse = Fuse(plan.target.limits, plan.model)
        self._batches = 0
        self._newest = -1
        self._looked_until_s = 0.0
        self.why = ""
        self.reason = ""

    def follow(self, plan: Plan) -> None:
        """Go on by a plan that was changed under way: another end, the same rules."""
        self._abort.ends_at(plan.duration_s)

    def abort(self, why: str) -> None:
        """Have the run end as aborted for what somebody beside the load has seen, unless it ends already."""
        if not self.why:
            self._end("aborted", why)

    def batch(self, sample: dict[str, Any]) -> None:
        """Take note of one worker's second (a generator sample as a record)."""
        self._batches += 1
        self._newest = max(self._newest, int(sample["second"]))
        if not self.why:
            self._end("failed", self._fuse.see(sample))

    def windows(self, records: Sequence[dict[str, Any]], workers: int) -> None:
        """Look at the windows of all workers that came in since the last look."""
        until_s = float(self._newest + 1)
        from_s = min(self._looked_until_s, until_s - 1.0)
        load_s, self._batches = self._batches / max(1, workers), 0
        if load_s == 0 or self.why:
            return
        self._looked_until_s = until_s
        self._end("aborted", self._abort.see(Tick(max(0.0, from_s), until_s, load_s, records)))

    def _end(self, reason: str, why: str) -> None:
        if why:
            self.reason, self.why = reason, why
