"""Whether this machine can make a planned load at all: descriptors and local ports, looked at before the first request.

Ports: a session opens one connection and closes it itself, so that its local port stays in TIME_WAIT for 60 s on this side.
Linux takes such a port again for a new connection after 1 s where `net.ipv4.tcp_tw_reuse` is 1, and where it is 2
(the default since Linux 4.19) on loopback only. Source: Documentation/networking/ip-sysctl.rst; include/net/tcp.h, TCP_TIMEWAIT_LEN.
"""

import ipaddress
import math
import resource
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from loadgen.errors import GeneratorError
from scenarios.plan import Plan
from scenarios.scenario import Model

OWN_DESCRIPTORS = (
    256  # run folder, log, event loop, Locust's sockets, libraries: some 60, and as much again for surprises
)
MAX_DESCRIPTOR_RATIO = 0.95  # of the limit; as in the check of the finished run
TIME_WAIT_S = 60.0
REUSED_AFTER_S = 1.0
THINKS_PER_SESSION = 5  # the everyday mix makes 4 to 5 requests a session, each after thinking
SYSCTL = Path("/proc/sys/net/ipv4")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process may use here. `ports` is None where the system does not tell; `tw_reuse` as in the sysctl."""

    descriptors: int
    ports: int | None
    tw_reuse: int


def this_machine() -> Machine:
    """Return the limits of this machine: the hard one for descriptors, for the soft one is raised to it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        low, high = (int(word) for word in (SYSCTL / "ip_local_port_range").read_text(encoding="ascii").split())
        return Machine(hard, high - low + 1, int((SYSCTL / "tcp_tw_reuse").read_text(encoding="ascii")))
    except (OSError, ValueError):
        return Machine(hard, None, 0)


def check_reach(plan: Plan, machine: Machine, *, workers: int, here: int) -> None:
    """Raise GeneratorError, in one line, where `here` of the plan's `workers` cannot make their share on this machine."""
    problems = _descriptor_problems(plan, machine, workers) + _port_problems(plan, machine, here / workers)
    if problems:
        raise GeneratorError("; ".join(problems))


def _descriptor_problems(plan: Plan, machine: Machine, workers: int) -> list[str]:
    usable = int(machine.descriptors * MAX_DESCRIPTOR_RATIO) - OWN_DESCRIPTORS
    places = math.ceil(plan.places / workers)
    if machine.descriptors == resource.RLIM_INFINITY or places <= usable:
        return []
    ways = "raise it (ulimit -Hn, as root)"
    if usable > 0:
        ways += f", or use --workers {math.ceil(plan.places / usable)} or --load-scale {_part(plan, usable * workers / plan.places)}"
    return [
        f"{places:,} users in one process need {places + OWN_DESCRIPTORS:,} open files; the hard limit is {machine.descriptors:,}: {ways}"
    ]


def _port_problems(plan: Plan, machine: Machine, share: float) -> list[str]:
    if machine.ports is None:
        return []
    held_s = REUSED_AFTER_S if _reuses(plan, machine) else TIME_WAIT_S
    opened_per_s, in_use = connections(plan)
    needed = math.ceil((opened_per_s * held_s + in_use) * share)
    if needed <= machine.ports:
        return []
    limit = f"(each stays taken for {held_s:g} s after its end); there are {machine.ports:,}"
    ways = "widen net.ipv4.ip_local_port_range, set net.ipv4.tcp_tw_reuse to 1, use more machines"
    return [
        f"{opened_per_s * share:,.0f} new connections per s need {needed:,} local ports {limit}: {ways}, or --load-scale {_part(plan, machine.ports / needed)}"
    ]


def connections(plan: Plan) -> tuple[float, float]:
    """Return how many connections a plan opens per s at its highest level, and how many are open at once.

    Open: one a session; half of the places are the expected number under way. Closed: a session of a user lasts some five
    think times of the mix.
    """
    if plan.model is Model.OPEN:
        return max(stage.sessions_per_s or 0.0 for stage in plan.stages), plan.places / 2
    means_s = [think.mean_s() for think in plan.mix.think.values()]
    session_s = max(1.0, THINKS_PER_SESSION * plan.time_scale * sum(means_s) / len(means_s))
    return plan.places / session_s, float(plan.places)


def _reuses(plan: Plan, machine: Machine) -> bool:
    return machine.tw_reuse == 1 or (machine.tw_reuse == 2 and _is_loopback(plan.target.url))


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _part(plan: Plan, ratio: float) -> str:
    """Return the load scale that would do, rounded down to two digits."""
    scale = plan.load_scale * ratio
    places = 1 - math.floor(math.log10(scale))
    return f"{math.floor(scale * 10**places) / 10**places:g}"
