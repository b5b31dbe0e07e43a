"""What went wrong: the container's last lines, the sentence, the reason, the remedy."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from holodeck_tui.core.errors import CODES, DeploymentError
from holodeck_tui.core.remedy import pasteable
from holodeck_tui.ui.actions import key_name
from holodeck_tui.ui.copying import copiable

# Of the height between header and footer: all of it, and the container's last lines.
_SHARE, _LINES = 0.6, 0.3
# The border and one of the last lines.
_FRAME = 2


class Failure(Vertical):
    """Hidden until :meth:`show`. ``remedy`` is what a key may copy: what can be pasted of it."""

    DEFAULT_CSS = """
    Failure { height: auto; display: none; border-top: solid $error; padding: 0 1; }
    Failure.-shown { display: block; }
    Failure #failure-lines { height: auto; color: $secondary; }
    Failure #failure-lines.-empty { display: none; }
    Failure #failure-words { height: auto; }
    """

    remedy = ""

    def compose(self) -> ComposeResult:
        """Lines, then words."""
        with VerticalScroll(id="failure-lines"):
            yield Static("", markup=False, id="failure-details")
        yield Static("", markup=False, id="failure-words")

    def show(self, error: DeploymentError | None, clean: Callable[[str], str], do: str = "") -> None:
        """The error, cleaned once more by ``clean``; None hides. ``do`` stands in place of its remedy."""
        self.set_class(error is not None, "-shown")
        if error is None:
            self.remedy = ""
            return
        details = [clean(line) for detail in error.details for line in detail.splitlines() or [""]]
        lines = self.query_one("#failure-lines", VerticalScroll)
        lines.set_class(not details, "-empty")
        self.query_one("#failure-details", Static).update(Content("\n".join(details)))
        remedy = "" if do else clean(error.remedy)
        self.remedy = pasteable(remedy)
        words = [(f"{clean(error.message)}\n", "$error bold")]
        words += [(f"Why: {clean(error.reason or CODES[error.code][1])}\n", "")]
        if do:
            # It is done here by a key: nothing to copy.
            words += [("Do:  ", "bold"), (do, "")]
        if remedy:
            key = key_name(self.app, "pipeline.remedy")
            words += [("Do:  ", "bold"), (remedy, ""), (copiable(remedy, key), "$secondary")]
        self.query_one("#failure-words", Static).update(Content.assemble(*words))
        self.call_after_refresh(self._share)

    def on_resize(self) -> None:
        """Other widths fold the words to other heights."""
        self.call_after_refresh(self._share)

    def _share(self) -> None:
        """The words have their room first: the remedy must be seen. The lines have what is left."""
        lines = self.query_one("#failure-lines", VerticalScroll)
        height = self.screen.size.height - self.dock_gutter.height
        words = self.query_one("#failure-words").size.height
        all_of_it = max(int(height * _SHARE), words + _FRAME)
        self.styles.max_height = min(height, all_of_it)
        lines.styles.max_height = max(1, min(all_of_it - words - 1, int(height * _LINES)))
        lines.call_after_refresh(lines.scroll_end, animate=False)
