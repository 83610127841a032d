"""Control: the sandbox's own routes, for who times faults. The real system has nothing of the kind."""

from typing import Any

import orjson
from pydantic import ValidationError
from starlette.responses import Response

from sandbox.forms import Timed
from sandbox.operation import JSON, Access, Call, Operation
from sandbox.options import EMBEDDED_POSTGRESQL
from sandbox.plants import DATABASE_DOWN, Plant, UnknownPlantError, plant_named
from sandbox.refusal import bad_request, refused


def plants(call: Call) -> dict[str, Any]:
    """Tell which plants are on, what each of them does, and which cannot be switched in this shop, and why."""
    effects = {plant.value: plant.effect for plant in Plant}
    not_here = {plant.value: why for plant in Plant if (why := _why_not_here(call, plant))}
    return {"on": call.shop.switches.names(), "effects": effects, "not_here": not_here}


def switch_on(call: Call) -> dict[str, Any]:
    """Switch a plant on, for some seconds where the body names them."""
    plant, seconds = _plant(call), _seconds(call)
    _check_database(call, plant)
    call.shop.control.turn(plant, True, seconds)
    return {"plant": plant.value, "state": "on", "seconds": seconds}


def switch_off(call: Call) -> dict[str, Any]:
    """Switch a plant off."""
    plant = _plant(call)
    call.shop.control.turn(plant, False)
    return {"plant": plant.value, "state": "off"}


def log(call: Call) -> Response:
    """Return what was switched, started and ended, and when."""
    return Response(orjson.dumps(call.shop.control.log()), media_type=JSON)


def instances(call: Call) -> Response:
    """Return the processes of the shop."""
    return Response(orjson.dumps(call.shop.control.instances()), media_type=JSON)


def kill(call: Call) -> dict[str, Any]:
    """Kill a process of the shop, by SIGKILL."""
    if not call.shop.control.end(call.number):
        raise _no_such(call, "alive")
    return {"instance": call.number, "state": "killed"}


def start(call: Call) -> dict[str, Any]:
    """Start a process of the shop that is dead."""
    if not call.shop.control.start(call.number):
        raise _no_such(call, "dead")
    return {"instance": call.number, "state": "started"}


def _plant(call: Call) -> Plant:
    try:
        return plant_named(call.request.path_params["name"])
    except UnknownPlantError as error:
        raise refused(404, "not_found_error", str(error).removeprefix("--plant ")) from error


def _check_database(call: Call, plant: Plant) -> None:
    """Raise a 409 where a plant needs a database that the shop was not started with."""
    why = _why_not_here(call, plant)
    if why:
        raise refused(409, "invalid_request_error", f"plant {plant.value}: {why}")


def _why_not_here(call: Call, plant: Plant) -> str:
    """Return which database a plant needs that the shop was not started with, "" where it can be switched."""
    if call.shop.options.database == EMBEDDED_POSTGRESQL:
        return ""
    if plant in DATABASE_DOWN:
        needed = EMBEDDED_POSTGRESQL
    elif plant is Plant.DROPPED_CONNECTIONS and not call.shop.store.database.is_remote:
        needed = "postgresql://…"
    else:
        return ""
    return f"needs another database; start the sandbox with --database {needed}"


def _seconds(call: Call) -> float | None:
    try:
        return Timed.model_validate_json(call.raw or b"{}").seconds
    except ValidationError as error:
        raise bad_request('body: expected nothing, or {"seconds": more than 0, at most 86400}') from error


def _no_such(call: Call, state: str) -> Exception:
    numbers = [each["instance"] for each in call.shop.control.instances() if each["alive"] is (state == "alive")]
    said = f"instance {call.number}: not {state}; {state}: {numbers or 'none'}"
    return refused(409, "invalid_request_error", said)


OPERATIONS = (
    Operation("GET", "/sandbox/plants", plants, Access.ANYONE),
    Operation("PUT", "/sandbox/plants/{name}", switch_on, Access.ANYONE),
    Operation("DELETE", "/sandbox/plants/{name}", switch_off, Access.ANYONE),
    Operation("GET", "/sandbox/log", log, Access.ANYONE),
    Operation("GET", "/sandbox/instances", instances, Access.ANYONE),
    Operation("DELETE", "/sandbox/instances/{id:int}", kill, Access.ANYONE),
    Operation("PUT", "/sandbox/instances/{id:int}", start, Access.ANYONE),
)
