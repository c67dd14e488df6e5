"""The user guide: the Python blocks of every page run, in order."""

import doctest
import re

import pytest

from conftest import ROOT

PAGES = sorted((ROOT / "docs" / "guide").glob("*.md"))
OTHERS = ("optuna", "skops")  # libraries of the dependency group "interchange", which no extra installs
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    """Blocks with ">>>" are examples with their output, the others code."""
    monkeypatch.chdir(tmp_path)
    text, namespace = page.read_text(encoding="utf-8"), {"__name__": page.stem}
    blocks = list(BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        try:
            if ">>> " in block[1]:
                example = doctest.DocTestParser().get_doctest(block[1], namespace, page.stem, str(page), line)
                assert not doctest.DocTestRunner().run(example, clear_globs=False).failed
                namespace = example.globs
            else:  # with empty lines before it, so that a traceback has the page's line numbers
                exec(compile("\n" * line + block[1], str(page), "exec"), namespace)
        except ImportError as error:
            if "pip install 'pynncore[" not in str(error) and error.name not in OTHERS:
                raise
            pytest.skip(str(error))


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_the_tables_of_the_estimators_name_all_parameters_attributes_and_methods(kind):
    pytest.importorskip("sklearn")
    from pynncore import sklearn as estimators

    table = "".join(re.findall(r"^\|.*\n", (ROOT / "docs/guide/sklearn.md").read_text(encoding="utf-8"), re.MULTILINE))
    model = getattr(estimators, kind)(max_iter=20, tol=10.0, n_iter_no_change=1).fit([[0.0], [1.0]] * 5, [0, 1] * 5)
    names = {name for name in [*vars(model), *model.get_params()] if not name.startswith("_")}
    methods = {name for name in dir(type(model)) if not name.startswith(("_", "set_"))} - {"fit_transform"}
    lacking = {name for name in names | methods if not re.search(rf"`{name}\b", table)}
    assert not lacking - {"get_metadata_routing"}
