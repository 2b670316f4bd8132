"""What every test starts from: nothing of the user's is read or written, and nothing is warmed up meanwhile."""

from __future__ import annotations

import locale
import logging
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the code is right. Examples are the same at every
# run, so that a test says the same twice; `make fuzz` draws new ones.
settings.register_profile(
    "ours",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not os.environ.get("EOGEN_EXPLORE"),
)
settings.load_profile("ours")

#: The platform's cache and data folders, for this process and the servers it starts (set before anything asks).
_MINE = Path(tempfile.mkdtemp(prefix="eogen-tests-"))
for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
    os.environ[variable] = str(_MINE / variable.lower())
os.environ["EOGEN_WARMUP"] = "0"
os.environ.pop("EOGEN_DATA", None)
os.environ.setdefault("OMP_NUM_THREADS", "1")


#: The files that take longest, the longest first: a long one that starts last leaves the other process with nothing to
#: do. All others follow, those with most tests first. Of the browser's, test_app is first: its server must be fresh.
LONGEST = (
    "browser/test_app.py",
    "browser/test_swipe.py",
    "unit/test_rain_evaluate.py",
    "unit/test_posteriors.py",
    "pages/test_change.py",
    "unit/test_ocean_methods.py",
    "unit/test_ocean_scale.py",
    "unit/test_rain_scores_days.py",
    "unit/test_reference.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """Leave the order of files to the hook below; xdist's own knows numbers of tests only."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files by how long they take; inside a file nothing moves."""
    here = Path(__file__).parent
    tests = Counter(item.path for item in items)
    rank = {here / name: k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (rank.get(item.path, len(rank)), -tests[item.path], str(item.path)))


def _of_the_process() -> dict[str, object]:
    """What a test that leaves it changed would change for all that follow: which those are, no two runs agree on."""
    return {
        "logging.disable": logging.root.manager.disable,
        "logging level": logging.root.level,
        "loggers off": sorted(
            name for name, one in logging.root.manager.loggerDict.items() if getattr(one, "disabled", False)
        ),
        "folder": str(Path.cwd()),
        "switch interval": sys.getswitchinterval(),
        "locale": locale.setlocale(locale.LC_ALL),
    }


@pytest.fixture(autouse=True)
def _leaves_no_trace() -> Iterator[None]:
    """Fail the test that changes the process, not one that happens to come later."""
    before = _of_the_process()
    yield
    assert _of_the_process() == before


@pytest.fixture(autouse=True)
def _same_program() -> Iterator[None]:
    """Give the program its name back: Streamlit's AppTest leaves its script there, and new processes would run it."""
    program = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = program


def pytest_unconfigure() -> None:
    """Leave nothing behind: what a page still thinks about in the background would abort the interpreter's end."""
    import shutil

    for thread in threading.enumerate():
        if thread.name.startswith("eogen-"):
            thread.join(30)
    shutil.rmtree(_MINE, ignore_errors=True)
