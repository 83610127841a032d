"""What the leading process (a local run, or the master) does with Locust: begin once, notice a wish to stop, end everything."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent

from loadgen.run_folder import FAILED_EXIT_CODE, abort_asked, stop_asked, unused_folder
from loadgen.sink import FolderSink
from loadgen.turn import plan_after, turns_asked
from records.event import EventKind

logger = logging.getLogger("rushhour")
PAGE_LINGERS_S = 1.0  # Locust's page shows its last figures once more before it goes


class Leader:
    """The process that writes the run folder."""

    def __init__(self, environment: Any, folder: Path) -> None:
        self._environment = environment
        self.sink = FolderSink(unused_folder(folder))
        self.plan = self.sink.manifest.plan
        self.wish = ""  # why somebody wanted the run to stop
        self._reason = "interrupted"  # what an end on that wish is called
        self._ending = False
        self._begun = False
        self._turns = 0  # of those asked for, how many were taken

    def attach(self, begin: Callable[[], None], quitting: Callable[[], None]) -> None:
        """Call `begin` when Locust starts its test, once; `quitting` when Locust ends before the run did."""
        events = self._environment.events

        def on_start(**_: Any) -> None:
            if not self._begun:
                self._begun = True
                begin()

        def on_quitting(**_: Any) -> None:
            if not self.sink.finished:
                quitting()

        events.test_start.add_listener(on_start)
        events.test_stopping.add_listener(self._on_test_stopping)
        events.quitting.add_listener(on_quitting)

    @property
    def has_begun(self) -> bool:
        """Tell whether Locust has started its test."""
        return self._begun

    def _on_test_stopping(self, **_: Any) -> None:
        """Somebody stops the test on Locust's page; that it stops at our own end, or for want of workers, is no wish."""
        if self._begun and not self._ending and getattr(self._environment.runner, "worker_count", 1) > 0:
            self.wish = self.wish or "stopped on Locust's page"

    def wish_to_stop(self) -> str:
        """Return why the run should stop, "" as long as nobody wants it to."""
        self._heed_the_watch()
        self.wish = self.wish or stop_asked(self.sink.folder) or ""
        return self.wish

    def _heed_the_watch(self) -> None:
        """Make a fired abort rule, a blown fuse or what the audit's sample saw the reason of the end, where nothing else was before it."""
        watch = self.sink.watch
        watch.abort(abort_asked(self.sink.folder))
        if watch.why and not self.wish:
            self.wish, self._reason = watch.why, watch.reason

    def how_it_ended(self, *, stopped: bool) -> tuple[str, str]:
        """Return the reason and the detail of an end without a loss; `stopped`: on a wish, before the plan was over.

        A rule that fired in the plan's last second has fired all the same.
        """
        self._heed_the_watch()
        fired = bool(self.wish) and self.wish == self.sink.watch.why
        return (self._reason, self.wish) if stopped or fired else ("completed", "")

    def turn(self, now_s: float) -> bool:
        """Go on by another plan, where somebody who judges the steps asked for it; tell whether it is another now."""
        asked = () if self.plan.staircase is None else turns_asked(self.sink.folder)
        if len(asked) <= self._turns:
            return False
        turn, self._turns = asked[self._turns], self._turns + 1
        plan = plan_after(self.plan, turn, now_s)
        if plan is None:
            self.sink.event(
                now_s, EventKind.NOTE, f"a turn was not taken: {turn.stage}", "too late for it, or not possible"
            )
            return False
        old = [stage.name for stage in self.plan.stages]
        new = next((place for place, stage in enumerate(plan.stages) if stage.name != old[place]), len(plan.stages) - 1)
        before, following = plan.stages[new - 1 : new + 1]
        self.plan = plan
        self.sink.change_plan(plan)
        told = f"the climb ends after {before.name}" if before.is_measured else f"the climb goes on: {following.name}"
        self.sink.event(
            now_s, EventKind.NOTE, told, f"{following.name} at {following.level:g} x from {following.start_s:g} s on"
        )
        return True

    def note_wish(self, at_s: float) -> None:
        """Write down that the run is stopped on somebody's wish."""
        self.sink.event(at_s, EventKind.STOP, self.wish)

    def close(self) -> None:
        """From now on what Locust stops, it stops for us."""
        self._ending = True

    def end(self, reason: str, at_s: float, detail: str = "", clock_drift_us: dict[str, float] | None = None) -> None:
        """Write how the run ended, then end Locust: its users, its workers, its page."""
        self.close()
        try:
            self.finish(reason, at_s, detail, clock_drift_us)
        except OSError:  # a full disk: the folder stays without an end, which the verdict says
            self._environment.process_exit_code = FAILED_EXIT_CODE
            logger.exception("the end of the run cannot be written")
        self._environment.runner.quit()
        if self._environment.web_ui is not None:
            gevent.sleep(PAGE_LINGERS_S)
            self._environment.web_ui.stop()

    def finish(
        self, reason: str, at_s: float, detail: str = "", clock_drift_us: dict[str, float] | None = None
    ) -> None:
        """Write how the run ended, and let the exit code say whether it can be judged."""
        self.sink.finish(reason, at_s, detail, clock_drift_us)
        ended = self.sink.manifest.ended
        assert ended is not None
        if ended.reason == "failed":
            self._environment.process_exit_code = FAILED_EXIT_CODE
            logger.error("%s", ended.detail)
