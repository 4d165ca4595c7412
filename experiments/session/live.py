"""``index.html`` while a run is at work: the scoreboard as it stands, and in it how far the run is.

The page is complete at any moment: what a killed run leaves is the last state with the time at which it was written,
and a browser that shows it says that nothing is running any more.
"""

from __future__ import annotations

import importlib
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from experiments.session.progress import DONE, Tally
from experiments.store.files import write_atomically
from experiments.store.folder import StudyFolder
from experiments.store.lock import FolderLock

START_PAGE = "experiments.report.start:start_page"

_SECONDS_BETWEEN_WRITES = 2.0
_MARKED = re.compile(r"<!--live-->.*?<!--/live-->", re.DOTALL)
_EMPTY = "<!--live--><!--/live-->"


class Live:
    """The page of one run; of two runs in one results folder the first one has it.

    Args:
        out: The results folder.
        tally: How far the run is.
    """

    def __init__(self, out: Path, tally: Tally) -> None:
        self._out = out
        self._path = out / "index.html"
        self._tally = tally
        self._lock = FolderLock(out / ".live")
        self._board = ""
        self._before: str | None = None
        self._changed = False
        self._at_work = False
        self._last = 0.0

    def begin(self) -> None:
        """Write the page for the first time, with the scoreboard of what was there before."""
        if not self._lock.try_acquire():
            return
        self._before = self._path.read_text(encoding="utf-8") if self._path.is_file() else None
        self._board, marks = _MARKED.subn(_EMPTY, self._before or "")
        if not marks:
            module, _, name = START_PAGE.partition(":")  # by its name: pages lie to the right of the runner
            self._board = getattr(importlib.import_module(module), name)()
        self._at_work = True
        self.write()

    def beat(self) -> None:
        """Write the page if it is a while since that was done; called again and again as long as the run lives."""
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_WRITES:
            self.write()

    def show(self, board: str) -> None:
        """Take another scoreboard.

        Args:
            board: The whole page.
        """
        self._board, self._changed = board, True
        self.write()

    def write(self) -> None:
        """Write the page as the run stands now."""
        if self._at_work:
            self._last = time.monotonic()
            state = json.dumps(self._state(), ensure_ascii=False).replace("</", "<\\/")
            data = f'<script type="application/json" id="live-data">{state}</script>'
            write_atomically(self._path, self._board.replace(_EMPTY, data.join(("<!--live-->", "<!--/live-->"))))

    def stop(self) -> None:
        """Leave the page to whoever writes its last version."""
        self._at_work = False

    def close(self) -> None:
        """End: what was written while the run was at work goes, and a scoreboard that it made stays."""
        if self._at_work:
            if self._changed:
                write_atomically(self._path, self._board)
            elif self._before is None:
                self._path.unlink(missing_ok=True)
            else:
                write_atomically(self._path, _MARKED.sub(_EMPTY, self._before))
        self._at_work = False
        self._lock.release()

    def _state(self) -> dict[str, Any]:
        tally = self._tally
        return {
            "beat": round(time.time(), 1),
            "done": tally.done,
            "total": tally.total,
            "left": tally.seconds_left,
            "current": tally.current,
            "studies": [
                {
                    "title": part.title,
                    "link": self._link(part.name, part.state),
                    "state": part.state,
                    "done": part.total - part.left,
                    "total": part.total,
                }
                for part in tally.parts
            ],
        }

    def _link(self, study: str, state: str) -> str:
        page = StudyFolder.of(study, self._out).path / "report.html"
        return f"{quote(page.parent.name)}/report.html" if state == DONE or page.is_file() else ""
