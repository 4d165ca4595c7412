"""Take the README's pictures of the pages: ``python -m tests.browser.screenshots [RESULTS [FOLDER]]``.

RESULTS is a results folder with pages in it (default ``results``), FOLDER where the PNG files go (``docs/images``).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import Browser

WIDTH, HEIGHT = 1360, 1000


def take(results: Path, folder: Path, study: str = "weight_regularization") -> list[Path]:
    """Take a picture of the scoreboard's and of one study's first screen."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"scoreboard": results / "index.html", "study": results / study / "report.html"}
    pictures = []
    # Chromium's last process may still write into its profile when it is deleted.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(Path(profile))
        for name, page in pages.items():
            browser.open(page.resolve().as_uri(), width=WIDTH, height=HEIGHT)
            pictures.append(folder / f"{name}.png")
            browser.screenshot(pictures[-1], height=HEIGHT)
        browser.close()
    return pictures


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    for picture in take(*(given + [Path("results"), Path("docs/images")][len(given) :])):
        print(picture)
