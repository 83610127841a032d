"""Rules of probes in a target profile."""

import pytest
from pydantic import ValidationError

from scenarios.library import load_plan, load_target
from scenarios.objectives import Metric
from scenarios.probe import Probe, Resource, Signal, problems_of, signal_named

GAUGE = {"name": "pool", "title": "Pool", "unit": "ratio", "gauge": "in_use"}


def probe(**given: object) -> Probe:
    return Probe.model_validate({"name": "shop", "kind": "prometheus", "url": "{target}/metrics", **given})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": None}, "url is missing; a prometheus probe needs it"),
        ({"url": "shop.example/metrics"}, "expected http://"),
        ({"dsn_env": "DSN"}, "dsn_env has no meaning for a prometheus probe"),
        ({"timeout": "2 s"}, "timeout is 2 s; expected at most 0.9 s"),
        ({"metrics": ["a b"]}, '"a b" is no series'),
        ({"kind": "process", "url": None}, "exactly one of pid, port, process"),
        ({"kind": "process", "url": None, "pid": 5, "process": "uvicorn"}, "exactly one of pid, port, process"),
        ({"kind": "postgres", "url": None}, "dsn_env is missing"),
        ({"kind": "http_json"}, "paths is missing"),
    ],
)
def test_each_mistake_in_a_probe_gets_its_words(given: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected.replace("(", r"\(")):
        probe(**given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"counter": "x_total"}, "has counter and gauge"),
        ({"gauge": None}, "none of histogram, counter, gauge"),
        ({"of": ["y_total"]}, "of has a meaning only for a counter"),
        ({"gauge": None, "histogram": "h", "share_of": "g"}, "share_of has no meaning for a histogram"),
    ],
)
def test_a_signal_is_made_of_exactly_one_thing(given: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Signal.model_validate({**GAUGE, **given})


def test_the_first_probe_that_gives_a_signal_counts() -> None:
    first, second = probe(signals=[GAUGE]), probe(name="other", signals=[{**GAUGE, "gauge": "used"}])
    found = signal_named((first, second), "pool")
    assert found is not None
    assert (found[0].name, found[1].gauge) == ("shop", "in_use")
    assert signal_named((first, second), "cpu") is None


def test_a_profile_replaces_a_signal_that_its_kind_gives() -> None:
    own = {"name": "cpu", "title": "CPU", "unit": "ratio", "gauge": "load"}
    process = Probe.model_validate({"name": "p", "kind": "process", "pid": 1, "signals": [own]})
    assert [signal.gauge for signal in process.all_signals if signal.name == "cpu"] == ["load"]
    assert {signal.name for signal in process.all_signals} == {"cpu", "memory", "descriptors"}


def test_a_resource_names_signals_that_a_probe_gives() -> None:
    problems = problems_of((probe(signals=[GAUGE]),), (Resource(name="pool", use="pool", wait="pol_wait"),))
    assert problems == ['resources: pool: wait is "pol_wait", which no probe gives; known: pool']


def test_two_probes_of_one_name_are_a_mistake() -> None:
    assert "appears twice" in problems_of((probe(), probe()), ())[0]


def test_a_plan_made_before_there_were_probes_is_read() -> None:
    plan = load_plan("smoke")
    old = plan.model_dump(mode="json")
    for key in ("probes", "resources"):
        del old["target"][key]
    for objective in old["objectives"]["objective"]:
        objective.pop("signal")
        objective.pop("quantile")
    assert type(plan).model_validate(old).target.probes == ()


def test_every_objective_of_the_product_that_needs_a_probe_has_its_signal_on_the_sandbox() -> None:
    target = load_target("sandbox")
    wanted = [row for row in load_plan("smoke").objectives.objective if row.metric is Metric.PROBE]
    without = [row.name for row in wanted if row.signal is None or signal_named(target.probes, row.signal) is None]
    assert without == ["page_load", "cdn_hit_ratio"]  # a browser's, and headers that the API does not send
