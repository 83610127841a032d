"""Hangs the suite on Locust's events. Every locust file imports it; it does nothing until Locust fires `init`."""

import logging
import os
from pathlib import Path
from typing import Any

from locust import events
from locust.runners import MasterRunner, WorkerRunner

from loadgen.conductor import Conductor
from loadgen.errors import GeneratorError, TargetError
from loadgen.health import raise_descriptor_limit
from loadgen.local_run import LocalRun
from loadgen.master_run import MasterRun
from loadgen.reach import check_reach, this_machine
from loadgen.stock import stock_listener
from loadgen.visit import Surroundings
from loadgen.worker_run import WorkerRun
from records.errors import RunDataError
from records.manifest import Manifest
from records.run import read_manifest
from scenarios.errors import ScenarioError
from scenarios.library import load_mix, load_target
from scenarios.plan import persona_users

logger = logging.getLogger("rushhour")
BY_HAND_TARGET_ENV = "RUSHHOUR_TARGET"  # which profile gives accounts when a locust file is started by hand


def add_arguments(parser: Any) -> None:
    """Add our options to Locust's command line."""
    parser.add_argument(
        "--run-folder", default="", help="run folder with the manifest to carry out (rushhour run makes it)"
    )


def prepare(environment: Any, runner: Any, **_: Any) -> None:
    """Load the plan and attach the run to this process's part in it: local, master or worker."""
    raise_descriptor_limit()
    folder = environment.parsed_options.run_folder if environment.parsed_options else ""
    try:
        if folder:
            _attach(environment, runner, Path(folder))
        else:
            _by_hand(environment)
    except (ScenarioError, TargetError, RunDataError, GeneratorError) as error:
        logger.error("%s", error)  # noqa: TRY400 - a user's mistake gets its line, no traceback
        environment.process_exit_code = 2
        os._exit(2)


def _attach(environment: Any, runner: Any, folder: Path) -> None:
    manifest = read_manifest(folder)
    environment.process_exit_code = 0  # the verdict owns the exit code
    environment.rushhour_conductor = None
    environment.rushhour_players = {}
    _fix_counts(environment, manifest)
    if not isinstance(runner, MasterRunner):
        check_reach(manifest.plan, this_machine(), workers=manifest.workers, here=1)
    if isinstance(runner, MasterRunner):
        MasterRun(environment, folder).attach()
    elif isinstance(runner, WorkerRunner):
        WorkerRun(environment, manifest).attach()
    else:
        LocalRun(environment, folder).attach()


def _fix_counts(environment: Any, manifest: Manifest) -> None:
    """Tell Locust how many users of each class there are; classes whose persona does not come get none."""
    counts = persona_users(manifest.plan)
    wanted = [user for user in environment.user_classes if user.persona in counts]
    known = {user.persona for user in wanted}
    absent = [persona.value for persona in counts if persona not in known]
    if absent:
        raise ScenarioError(
            [f"the locust file has no user class for {', '.join(absent)}; use locustfiles/everyone.py or another mix"]
        )
    for user in wanted:  # a class with no user of its own still plays its persona in other users' places
        user.fixed_count, user.weight = counts[user.persona], 0
    environment.user_classes[:] = wanted


def _by_hand(environment: Any) -> None:
    """A locust file started by itself: Locust's own users and page, our client, journeys and accounts."""
    target = load_target(os.environ.get(BY_HAND_TARGET_ENV, "sandbox"))
    if environment.host:
        target = target.model_copy(update={"url": environment.host.rstrip("/")})
    mix = load_mix("everyday")
    for user in environment.user_classes:
        persona = getattr(user, "persona", None)
        user.weight = max(1, round(1000 * mix.personas.get(getattr(persona, "value", ""), 0.0)))
    if isinstance(environment.runner, MasterRunner):
        return
    around = Surroundings.of(target, mix, seed=1, time_scale=1.0)
    around.listener = stock_listener(environment)
    environment.rushhour_conductor = Conductor(None, around)
    environment.rushhour_conductor.start_by_hand()


events.init_command_line_parser.add_listener(add_arguments)  # type: ignore[no-untyped-call]  # Locust is untyped here
events.init.add_listener(prepare)  # type: ignore[no-untyped-call]  # Locust is untyped here
