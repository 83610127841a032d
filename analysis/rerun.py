"""The weekly run's two stages: does one run alone need two fresh ones beside it before anything is stated?

Stage 1 looks at one run with a sharp ear and asks for reruns easily; stage 2 judges three runs with a hard rule. Both are pure:
who makes the reruns hands their folders to `analysis.judge.judge(run, baselines, others)`. See docs/verdict.md.
"""

from analysis.comparison import Compared
from analysis.figures import listed
from analysis.verdict import NO_RERUNS, Reruns

RUNS_THAT_DECIDE = 3  # the first run and two reruns: the median of three stands one bad run


def reruns_wanted(compared: Compared) -> Reruns:
    """Return how many more runs of the same build should be made and judged with this one, 0 where none, and because of what.

    Where the stage-1 rule does not alert, one run is enough. Three runs decide: they never want more.
    """
    missing = RUNS_THAT_DECIDE - compared.candidates
    if missing <= 0 or not compared.signs:
        return NO_RERUNS
    return Reruns(missing, listed(list(compared.signs), 3))
