import random
import statistics

import pytest
from scipy import stats

from scenarios.document import parse_document
from scenarios.errors import ScenarioError
from scenarios.think import Think, ThinkKind

KINDS = {
    ThinkKind.LOG_NORMAL: ('median = "5 s"\nsigma = 0.8', stats.lognorm(0.8, scale=5)),
    ThinkKind.EXPONENTIAL: ('mean = "5 s"', stats.expon(scale=5)),
    ThinkKind.UNIFORM: ('min = "5 s"\nmax = "15 s"', stats.uniform(5, 10)),
}


def think_of(text: str) -> Think:
    return parse_document(text, "mix.toml", Think)


def draws(think: Think, count: int = 4000) -> list[float]:
    rng = random.Random(7)
    return [think.draw_s(rng) for _ in range(count)]


@pytest.mark.parametrize("kind", list(KINDS))
def test_draws_follow_their_distribution(kind: ThinkKind) -> None:
    """Kolmogorov-Smirnov against scipy's own; the seed is fixed, so the outcome is too."""
    text, distribution = KINDS[kind]
    assert stats.kstest(draws(think_of(f'kind = "{kind}"\n{text}')), distribution.cdf).pvalue > 0.05


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_mean_is_that_of_the_distribution(kind: ThinkKind) -> None:
    text, distribution = KINDS[kind]
    assert think_of(f'kind = "{kind}"\n{text}').mean_s() == pytest.approx(float(distribution.mean()))


def test_a_fixed_time_is_always_the_same() -> None:
    think = think_of('kind = "fixed"\ntime = "3 s"')
    assert set(draws(think, 10)) == {3.0}
    assert think.mean_s() == 3.0


def test_without_a_kind_it_is_log_normal_with_the_usual_spread() -> None:
    assert statistics.median(draws(think_of('median = "5 s"'))) == pytest.approx(5, rel=0.05)
    assert think_of('median = "5 s"').mean_s() == pytest.approx(5 * 2.718281828**0.125)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('kind = "triangle"', "kind is 'triangle'; expected: input should be 'log_normal', 'exponential'"),
        ('kind = "uniform"\nmin = "15 s"\nmax = "5 s"', "the min 15 s over the max 5 s; expected min at most max"),
        ('kind = "uniform"\nmin = "-1 s"\nmax = "5 s"', "the min -1 s; expected 0 or more"),
        ('kind = "uniform"\nmin = "1 s"', "has no max; uniform needs min and max"),
        ('kind = "exponential"\nmean = "0 s"', "mean is 0 s; expected more than 0"),
        ('kind = "fixed"\nmedian = "5 s"', "has no time; fixed needs time; has median; fixed is given by time alone"),
        ('median = "5"', 'median is "5"'),
        ("median = 5", "median is 5, a number without a unit"),
        ('median = "5 s"\nsigma = -1', "sigma is -1; expected: input should be greater than or equal to 0"),
        ('medain = "5 s"', 'medain is not a known key; did you mean "median"?'),
    ],
)
def test_each_mistake_gets_its_line(text: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        think_of(text)
    assert any(expected in problem for problem in caught.value.problems), caught.value.problems
