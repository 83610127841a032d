import numpy as np
import pytest

from benchmarks.stall_truth import Stall, exact_quantile, true_response_us

STALLS = (Stall(10.0, 12.0), Stall(30.0, 32.0))


@pytest.mark.parametrize(
    ("arrival_s", "waits_us"),
    [
        (5.0, 50_000),  # nothing in its way
        (10.0, 2_050_000),  # the whole stall, then the service
        (11.5, 550_000),
        (12.0, 50_000),  # the stall is over
        (9.96, 2_040_000),  # under way when it began: answered at its end
        (9.94, 50_000),  # answered just before
        (31.0, 1_050_000),  # the second stall counts as the first
    ],
)
def test_an_arrival_waits_for_the_end_of_its_stall(arrival_s: float, waits_us: float) -> None:
    assert true_response_us(np.array([arrival_s]), STALLS, 0.05)[0] == pytest.approx(waits_us, abs=1)


def test_the_exact_quantile_is_the_value_of_rank_ceil_qn() -> None:
    values = np.array([40.0, 10.0, 30.0, 20.0])
    assert [exact_quantile(values, quantile) for quantile in (0.25, 0.5, 0.51, 0.999)] == [10.0, 20.0, 30.0, 40.0]
