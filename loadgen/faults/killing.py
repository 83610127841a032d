"""An instance of the embedded sandbox killed as a machine would lose it: without a word. The sandbox starts another one later."""

import psutil

from loadgen.faults.injector import FaultError, Surroundings
from scenarios.injection import PlannedFault


class Killing:
    """SIGKILL to one instance; over when there are as many as before again."""

    def __init__(self, planned: PlannedFault, around: Surroundings) -> None:
        self._instance = planned.fault.instance or 1
        self._pid = around.sandbox_pid
        self._before: list[int] = []

    def problem(self) -> str:
        """Return why no instance can be killed here."""
        if self._pid is None:
            return (
                "a kill needs a sandbox that this command starts itself (--target sandbox without --url); use a command"
            )
        found = len(_instances(self._pid))
        if found < max(2, self._instance):
            return (
                f"the sandbox has {max(1, found)} instance{'s' if found > 1 else ''}; expected at least "
                f"{max(2, self._instance)}: set instances in [sandbox] of the scenario"
            )
        return ""

    def begin(self) -> str:
        """Kill the instance."""
        if self._pid is None:
            raise FaultError("no embedded sandbox to kill an instance of")
        instances = _instances(self._pid)
        if len(instances) < self._instance:
            raise FaultError(f"instance {self._instance} is not there: {len(instances)} are left")
        victim = instances[self._instance - 1]
        self._before = [instance.pid for instance in instances]
        try:
            victim.kill()
        except psutil.Error as error:
            raise FaultError(f"instance {self._instance} (pid {victim.pid}) cannot be killed: {error}") from error
        return f"instance {self._instance} killed (pid {victim.pid})"

    def over(self) -> str:
        """Return that another instance took its place."""
        if self._pid is None or not self._before:
            return ""
        now = [instance.pid for instance in _instances(self._pid)]
        fresh = [pid for pid in now if pid not in self._before]
        return f"another instance is there (pid {fresh[0]})" if fresh and len(now) >= len(self._before) else ""

    def end(self) -> str:
        """Say what became of it: the sandbox itself starts instances again."""
        return self.over() or ("no other instance took its place in time" if self._before else "nothing was killed")


def _instances(pid: int) -> list[psutil.Process]:
    """Return the sandbox's serving processes, oldest first: children that run what it runs (a database of its own does not)."""
    try:
        parent = psutil.Process(pid)
        command, children = parent.cmdline(), parent.children()
    except psutil.Error:
        return []
    alive = [child for child in children if _runs(child, command)]
    return sorted(alive, key=lambda child: (child.create_time(), child.pid))


def _runs(child: psutil.Process, command: list[str]) -> bool:
    """Tell whether a child lives and runs a command; one that ended meanwhile does not."""
    try:
        return child.status() != psutil.STATUS_ZOMBIE and child.cmdline() == command
    except psutil.Error:
        return False
