"""The climb of an exhaustion run in words and tables: where it broke, whether that stands, what was used up, where each limit is reached."""

from collections.abc import Sequence
from typing import Any

from analysis.staircase import Confirmation, Exhaustion, Recovery, Saturation, Step
from reports import wording
from reports.canvas import Chart

Row = dict[str, Any]
GOOD = {True: ("pass", "✓ held"), False: ("fail", "✗ broke"), None: ("unknown", "– cannot tell")}
RESULT = {True: "held", False: "broke", None: "cannot be told"}


def title(found: Exhaustion) -> str:
    """Return in one sentence where it broke."""
    if found.breaking_per_s is None:
        return wording.sentence(found.because).removesuffix(".")
    requests = (
        "" if found.request_rate_per_s is None else f" ({wording.number(found.request_rate_per_s)} requests per s)"
    )
    between = ""
    if found.bracket is not None:
        low, high = (wording.number(end) for end in found.bracket)
        between = f", between the steps of {low} and {high}"
    stands = "" if found.confirmation is None else f"; {_stands(found.confirmation)}"
    return f"It breaks at {wording.number(found.breaking_per_s)} sessions per s{requests}{between}{stands}"


def _stands(found: Confirmation) -> str:
    """Return in a few words whether a breaking point is confirmed."""
    if found.step is None or found.share is None:
        return "not confirmed: nothing was held below it"
    share = f"{wording.percent(found.share)} of it"
    match found.confirmed:
        case True:
            return f"confirmed: {share} held for {wording.length(found.hold_s)}"
        case False:
            return f"not confirmed: {share} did not hold for {wording.length(found.hold_s)}"
        case None:
            return f"not confirmed: whether {share} holds cannot be told"


def _bisected(found: Exhaustion) -> str:
    """Return which levels were tried between, how each went, and how near the ends of the bracket are now."""
    steps = {step.stage: step for step in found.steps}
    told = [
        f"level {wording.number(steps[name].level)} {RESULT[steps[name].good]}"
        for name in found.bisected
        if name in steps
    ]
    near = (
        ""
        if found.bracket_ratio is None
        else f"; the bracket's levels are {wording.percent(found.bracket_ratio)} apart"
    )
    return wording.sentence(f"{', '.join(told)}{near}")


def _confirmed(found: Confirmation) -> str:
    if found.step is None:
        return wording.sentence(f"not carried out: {found.because}")
    step = found.step
    held = f"{wording.number(step.offered_per_s)} sessions per s for {wording.length(found.hold_s)}"
    p95 = "" if step.response_us_p95 is None else f", p95 {wording.latency_us(step.response_us_p95)}"
    how = "held, with every objective and no upward trend" if found.confirmed else found.because
    return wording.sentence(f"{held}{p95}: {how}")


def facts(found: Exhaustion) -> list[tuple[str, str]]:
    """Return what broke first, what was used up, and whether it recovered, as labelled sentences."""
    told = []
    if found.breaking_per_s is not None:
        told.append(("How it was found", wording.sentence(found.because)))
    if found.bisected:
        told.append(("Steps between", _bisected(found)))
    if found.confirmation is not None:
        told.append(("Confirmation", _confirmed(found.confirmation)))
    if found.first is not None:
        first = found.first
        who = "" if first.operation is None else f"{wording.plain(first.operation)}: "
        before = "not measured" if first.before is None else wording.quantity(first.before, first.unit)
        words = (
            f"{who}{first.title}, {wording.quantity(first.observed, first.unit)} (limit {wording.quantity(first.limit, first.unit)}; "
            f"at the last good step {before})."
        )
        told.append(("First to break", words))
    named = f"{found.bottleneck}: " if found.bottleneck is not None else "Not a resource that a probe saw: "
    told.append(("Bottleneck", wording.sentence(named + found.bottleneck_because)))
    if found.overload is not None:
        told.append(("After the overload", _came_back(found.overload)))
    if found.recovery is not None:
        told.append(("Recovery", _came_back(found.recovery)))
    return told


def _came_back(back: Recovery) -> str:
    if back.recovered_s is None:
        return wording.sentence(back.because)
    return wording.sentence(
        f"back at level {wording.number(back.level)} everything held from {wording.length(back.recovered_s)} on, with the load still on"
    )


def confirming(found: Exhaustion) -> list[Step]:
    """Return the hold that confirms a breaking point as a step, nothing where it was not carried out."""
    step = None if found.confirmation is None else found.confirmation.step
    return [] if step is None else [step]


def step_rows(found: Exhaustion) -> list[Row]:
    """Return the steps as rows of a table."""
    return [
        {
            "stage": wording.plain(step.stage),
            "css": GOOD[step.good][0],
            "result": GOOD[step.good][1],
            "cells": (
                f"{wording.number(step.level)} ×",
                f"{wording.number(step.offered_per_s)} per s",
                "–" if step.started_ratio is None else wording.percent(step.started_ratio),
                f"{wording.number(step.request_rate_per_s)} per s",
                wording.latency_us(step.response_us_p50),
                wording.latency_us(step.response_us_p95),
                "–" if step.error_ratio is None else wording.percent(step.error_ratio),
                "–" if step.little_ratio is None else wording.number(step.little_ratio),
                *(_use(use.use) for use in step.uses),
            ),
            "because": wording.sentence(step.because),
        }
        for step in (*found.steps, *confirming(found))
    ]


def step_heads(found: Exhaustion) -> tuple[str, ...]:
    """Return the heads of the steps' table after the name."""
    uses = found.steps[0].uses if found.steps else ()
    own = ("Level", "Offered", "Started", "Requests", "p50", "p95", "Errors", "N / X(R+Z)")
    return (*own, *(f"{use.resource} in use" for use in uses))


def _use(use: float | None) -> str:
    return "–" if use is None else wording.percent(use)


def saturation_rows(found: Exhaustion) -> list[tuple[str, ...]]:
    """Return the resources as rows: name, demand, bound, use and waits."""
    return [_saturation(row) for row in found.saturations]


def _saturation(row: Saturation) -> tuple[str, ...]:
    return (
        row.resource,
        "–" if row.demand_s is None else wording.latency_us(row.demand_s * 1e6),
        "–" if row.bound_per_s is None else f"{wording.number(row.bound_per_s)} per s",
        _use(row.use_before),
        *(
            "–" if wait is None else wording.latency_us(wait * 1e6)
            for wait in (row.wait_least, row.wait_before, row.wait_broken)
        ),
        {True: "grows", False: "does not grow", None: "not known"}[row.grows],
    )


def crossing_rows(found: Exhaustion) -> list[tuple[str, str, str]]:
    """Return where p95 of all operations reaches each limit."""
    return [
        (
            wording.latency_us(crossing.limit_us),
            wording.sentence(crossing.because)
            if crossing.offered_per_s is None
            else f"{wording.number(crossing.offered_per_s)} sessions per s",
            "–" if crossing.request_rate_per_s is None else f"{wording.number(crossing.request_rate_per_s)} per s",
        )
        for crossing in found.crossings
    ]


def section(found: Exhaustion, charts: Sequence[Chart]) -> Row:
    """Return what the template of the section is filled with."""
    return {
        "title": title(found),
        "facts": facts(found),
        "charts": charts,
        "saturations": saturation_rows(found),
        "crossings": crossing_rows(found),
        "heads": step_heads(found),
        "steps": step_rows(found),
    }
