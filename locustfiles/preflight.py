"""Preflight: `python -m locustfiles.preflight --target NAME_OR_FILE [--url URL]` prints one JSON line a step.

Exit code 0 where everything works, 1 where something does not, 2 for wrong use or a bad profile.
"""

import argparse
import json
import secrets
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from loadgen.errors import TargetError
from loadgen.provision import register_clients
from locustfiles.examination import Examination, examine
from locustfiles.examined_flows import flows_of
from scenarios.errors import ScenarioError
from scenarios.library import load_target
from scenarios.target import Target

FEW = 8  # accounts are enough for one person's flows; a run registers the rest


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine a target and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m locustfiles.preflight", description="Try each flow once.")
    parser.add_argument("--target", required=True, help="a shipped target profile or the path of a .toml file")
    parser.add_argument("--url", help="where the target is, instead of the profile's own URL")
    options = parser.parse_args(arguments)
    try:
        target = load_target(options.target)
        if options.url is not None:
            target = type(target).model_validate({**target.model_dump(), "url": options.url})
        target = _with_few_clients(target)
    except (ScenarioError, TargetError) as error:
        print(error, file=sys.stderr)
        return 2
    except ValidationError as error:
        print(f"--url {error.errors()[0]['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        return 2
    works = True
    # Addresses come from the seed: with the same one, a few preflights an hour would use up the limits of an address.
    for finding in examine(Examination(target, seed=secrets.randbelow(2**31)), flows_of(target)):
        works = works and finding.works
        print(json.dumps(finding.as_record()), flush=True)
    return 0 if works else 1


def _with_few_clients(target: Target) -> Target:
    """Return the target with as many clients as a preflight needs, registered where the profile says so."""
    if target.clients.source != "register":
        return target
    clients = target.clients.model_copy(update={"count": min(FEW, target.clients.count)})
    target = target.model_copy(update={"clients": clients})
    register_clients(target)
    return target


if __name__ == "__main__":
    sys.exit(main())
