"""The user guide: the Python blocks of every page run, in order."""

import re

import pytest

from conftest import ROOT

PAGES = sorted((ROOT / "docs" / "guide").glob("*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, namespace = page.read_text(encoding="utf-8"), {"__name__": page.stem}
    blocks = list(BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        lines_before = "\n" * text.count("\n", 0, block.start(1))  # so that a traceback has the page's line numbers
        try:
            exec(compile(lines_before + block[1], str(page), "exec"), namespace)
        except ImportError as error:
            if "pip install 'pynncore[" not in str(error):
                raise
            pytest.skip(str(error))
