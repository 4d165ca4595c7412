"""The live scoreboard: ``index.html`` with the progress of a run in it, rewritten every two seconds.

The page is complete at any moment. After a kill, the last state with its time stays in it; from the time a browser
infers that nothing is running any more.
"""

from __future__ import annotations

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

_SECONDS_BETWEEN_WRITES = 2.0
_MARKED = re.compile(r"<!--live-->.*?<!--/live-->", re.DOTALL)
_EMPTY = "<!--live--><!--/live-->"


class Live:
    """The live page of one call of ``run``. Of two calls in one results folder, only the first one writes it.

    Args:
        out: The results folder.
        tally: Progress of the call.
    """

    def __init__(self, out: Path, tally: Tally) -> None:
        self._out = out
        self._path = out / "index.html"
        self._tally = tally
        self._lock = FolderLock(out / ".live")
        self._board = ""
        self._before: str | None = None
        self._changed = False
        self._active = False
        self._last = 0.0

    def begin(self) -> None:
        """Write the page for the first time, with the scoreboard of the results so far."""
        if not self._lock.try_acquire():
            return
        self._before = self._path.read_text(encoding="utf-8") if self._path.is_file() else None
        self._board, marks = _MARKED.subn(_EMPTY, self._before or "")
        if not marks:
            from experiments.report.page import start_page  # jinja2 is slow to import

            self._board = start_page()
        self._active = True
        self.write()

    def beat(self) -> None:
        """Write the page if the last write was two seconds ago; called continually during a run."""
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_WRITES:
            self.write()

    def show(self, board: str) -> None:
        """Replace the scoreboard.

        Args:
            board: The page without progress.
        """
        self._board, self._changed = board, True
        self.write()

    def write(self) -> None:
        """Write the page with the current progress."""
        if self._active:
            self._last = time.monotonic()
            state = json.dumps(self._state(), ensure_ascii=False).replace("</", "<\\/")
            data = f'<script type="application/json" id="live-data">{state}</script>'
            write_atomically(self._path, self._board.replace(_EMPTY, data.join(("<!--live-->", "<!--/live-->"))))

    def stop(self) -> None:
        """Write no more: the final version is written elsewhere."""
        self._active = False

    def close(self) -> None:
        """Remove the progress from the page; keep a scoreboard that the run replaced."""
        if self._active:
            if self._changed:
                write_atomically(self._path, self._board)
            elif self._before is None:
                self._path.unlink(missing_ok=True)
            else:
                write_atomically(self._path, _MARKED.sub(_EMPTY, self._before))
        self._active = False
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
