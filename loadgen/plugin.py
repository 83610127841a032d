"""Hangs the suite on Locust's events. Every locust file imports it; it does nothing until Locust fires `init`."""

import logging
import os
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from loadgen.conductor import Conductor
from loadgen.errors import GeneratorError, TargetError
from loadgen.handshake import HELLO, LEAVING, WELCOME, Introduction, introduce
from loadgen.health import raise_descriptor_limit
from loadgen.local_run import LocalRun
from loadgen.master_run import MasterRun
from loadgen.reach import check_reach, this_machine
from loadgen.stock import stock_listener
from loadgen.stock_memory import keep_forgetting
from loadgen.surroundings import Surroundings
from loadgen.worker_run import WorkerRun
from records.errors import RunDataError
from records.manifest_file import read_manifest
from scenarios.errors import ScenarioError
from scenarios.library import load_mix, load_target
from scenarios.plan import Plan, persona_users

logger = logging.getLogger("rushhour")
LOOPBACK = "127.0.0.1"  # neither Locust's port for workers nor its page asks who comes; elsewhere only where told
FAREWELL_S = 0.3  # for a last message to get on its way
BY_HAND_TARGET_ENV = "RUSHHOUR_TARGET"  # which profile gives accounts when a locust file is started by hand


def add_arguments(parser: Any) -> None:
    """Add our options to Locust's command line."""
    parser.add_argument(
        "--run-folder", default="", help="run folder with the manifest to carry out (rushhour run makes it)"
    )
    parser.set_defaults(master_bind_host=LOOPBACK, web_host=LOOPBACK)


def prepare(environment: Any, runner: Any, **_: Any) -> None:
    """Load the plan and attach the run to this process's part in it: local, master or worker."""
    raise_descriptor_limit()
    gevent.spawn(keep_forgetting, environment)
    folder = environment.parsed_options.run_folder if environment.parsed_options else ""
    try:
        if isinstance(runner, WorkerRunner):
            _serve(environment, runner, Path(folder) if folder else None)
        elif folder:
            _lead(environment, runner, Path(folder))
        else:
            _by_hand(environment)
    except (ScenarioError, TargetError, RunDataError, GeneratorError) as error:
        logger.error("%s", error)  # noqa: TRY400 - a user's mistake gets its line, no traceback
        os._exit(2)


def _lead(environment: Any, runner: Any, folder: Path) -> None:
    manifest = read_manifest(folder)
    _prepare_users(environment, manifest.plan)
    if isinstance(runner, MasterRunner):
        MasterRun(environment, folder).attach()
    else:
        check_reach(manifest.plan, this_machine(), workers=1, here=1)
        LocalRun(environment, folder).attach()


def _serve(environment: Any, runner: Any, folder: Path | None) -> None:
    """Be a worker of whatever the master carries out; it sends the plan."""
    manifest = introduce(runner, Introduction.of(read_manifest(folder).plan if folder else None))
    try:
        if manifest is None:
            _by_hand(environment)
        else:
            check_reach(manifest.plan, this_machine(), workers=manifest.workers, here=1)
            _prepare_users(environment, manifest.plan)
            WorkerRun(environment, manifest).attach()
    except (ScenarioError, TargetError, GeneratorError) as error:
        runner.send_message(LEAVING, {"because": str(error)})
        gevent.sleep(FAREWELL_S)
        raise


def _prepare_users(environment: Any, plan: Plan) -> None:
    """Leave Locust the user classes whose persona comes; raise ScenarioError where one is missing."""
    environment.process_exit_code = 0  # the verdict owns the exit code
    environment.rushhour_conductor = None
    environment.rushhour_players = {}
    counts = persona_users(plan)
    wanted = [user for user in environment.user_classes if user.persona in counts]
    known = {user.persona for user in wanted}
    absent = [persona.value for persona in counts if persona not in known]
    if absent:
        raise ScenarioError(
            [f"the locust file has no user class for {', '.join(absent)}; use locustfiles/everyone.py or another mix"]
        )
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
        welcome = {"manifest": None}
        environment.runner.register_message(
            HELLO, lambda msg, **_: environment.runner.send_message(WELCOME, welcome, msg.node_id)
        )
        return
    around = Surroundings.of(target, mix, seed=1, time_scale=1.0)
    around.listener = stock_listener(environment)
    environment.rushhour_conductor = Conductor(None, around)
    environment.rushhour_conductor.start_by_hand()


events.init_command_line_parser.add_listener(add_arguments)  # type: ignore[no-untyped-call]  # Locust is untyped here
events.init.add_listener(prepare)  # type: ignore[no-untyped-call]  # Locust is untyped here
