"""Goals are judged by medians, against the right implementation, as printed."""

import pytest

from tests.bench.metrics import GOALS, METRICS, Goal, Results

RESULTS: Results = {
    "pywgd": {
        "cpu": [0.5, 9.0, 0.4],
        "tcp": [1499, 1500, 1501],
        "packet_1": [2.0],
        "packet_100": [2.1],
        "growth": [0.04],
    },
    "wireguard-go": {"cpu": [1.0], "tcp": [1000]},
    "libsodium": {"cpu": [0.30]},
    "OpenSSL": {"cpu": [0.25]},
}

# figure, of, what is reached; whether must and aim are met
VERDICTS = (
    ("cpu", "times wireguard-go", 0.5, True, False),
    ("cpu", "times the AEAD", 2.0, True, False),
    ("tcp", "times wireguard-go", 1.5, True, False),
    ("packet_100", "times 1 peer", 1.05, True, False),
    ("growth", "MiB", 0.04, True, True),
    ("small_packets", "times wireguard-go", None, False, False),
    ("packet_1000", "times 1 peer", None, False, False),
)


def goal(figure: str, of: str) -> Goal:
    (found,) = (goal for goal in GOALS if (goal.figure, goal.of) == (figure, of))
    return found


@pytest.mark.parametrize("row", range(len(VERDICTS)))
def test_goal_is_judged_by_the_median(row: int) -> None:
    figure, of, expected, must, aim = VERDICTS[row]
    judged = goal(figure, of)
    reached = judged.reached(RESULTS, figure)
    assert reached == (expected if expected is None else pytest.approx(expected))
    if reached is not None:
        assert judged.meets(reached, judged.must) == must
        assert judged.meets(reached, judged.aim) == aim


def test_every_goal_has_a_metric_and_an_aim_beyond_its_limit() -> None:
    for goal in GOALS:
        assert goal.figure in METRICS
        assert goal.meets(goal.aim, goal.must)
