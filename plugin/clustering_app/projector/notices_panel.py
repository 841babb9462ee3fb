"""What the tab says above the map, or in its place, and the buttons there."""

from __future__ import annotations

from collections.abc import Callable

from clustering_app.projector.contents import Contents
from clustering_app.projector.executions import Executions
from clustering_app.projector.notices import Situation, mismatch, page_notice, strips
from clustering_app.projector.parts import Parts
from host_contract.entities import UndoAction


class NoticesPanel:
    """Tells of executions, of items and vectors that disagree, and what an action answered."""

    def __init__(self, executions: Executions, on_press: Callable[[str], None]) -> None:
        """Take what is told of, and what to call with the label of a button that was pressed."""
        self._executions = executions
        self.strip = Parts(on_message=on_press)
        self.page = Parts(on_message=on_press)
        self.said = ""
        """Told above the map until it is dismissed."""
        self.undo: UndoAction | None = None
        """Takes back what is said."""

    def say(self, text: str, undo: UndoAction | None = None) -> None:
        """Have something to say; shown with the next `show`."""
        self.said, self.undo = text, undo

    def show(self, contents: Contents, *, loaded: bool, items_changed: bool) -> None:
        """Tell what there is to tell, in place of the map where there is none."""
        now = Situation(
            contents=contents,
            loaded=loaded,
            running=self._executions.running,
            failed=self._executions.failed,
            error=self._executions.error,
            items_changed=items_changed,
            said=self.said,
            undoable=self.undo is not None,
        )
        self.page.visible = contents.points is None
        if contents.points is None:
            self.page.put(page_notice(now))
            self.strip.put(*mismatch(contents) if now.running is None else ())
        else:
            self.strip.put(*strips(now))
