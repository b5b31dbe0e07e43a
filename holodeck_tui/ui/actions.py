"""Every action that a key can start: declared once, read by bindings, palette, help and the user's keymap.

A screen or widget declares a tuple of :class:`Action` and derives from :class:`Acting`::

    ACTIONS = (Action("pipeline.retry", "r", "retry", "Go on from the step that failed.", changes=True),)

    class PipelineScreen(Acting, Screen[None]):
        ACTIONS = ACTIONS
        BINDINGS = bindings(ACTIONS)

        def action_retry(self) -> None: ...

The method is ``action_`` and the id's last part. What ``changes`` something is not offered with
``--read-only``; what ``when`` refuses is not offered now. Neither has a key, a word in the footer,
a line in the palette or in the help then. A text that names a key asks :func:`key_name` for it: the user
may have given the action another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode


@dataclass(frozen=True)
class Action:
    """``id`` names it in the keymap (``deployments.logs``), ``keys`` are Textual's, comma-separated.

    ``title`` is its word in the footer, ``help`` one sentence. ``footer`` false: it has a key and a
    line in palette and help, and no word in the footer. ``when`` is asked with the declaring node.
    ``call`` is the Textual action with its arguments, where one method serves several actions.
    """

    id: str
    keys: str
    title: str
    help: str
    changes: bool = False
    footer: bool = True
    priority: bool = False
    when: Callable[[Any], bool] | None = None
    call: str = ""

    @property
    def name(self) -> str:
        """The Textual action: ``call``, or the id's last part."""
        return self.call or self.id.rpartition(".")[2]


_declared: dict[str, Action] = {}


def bindings(actions: Sequence[Action]) -> list[BindingType]:
    """The key bindings of ``actions``. Only the first key of each has a word in the footer.

    All keys of an action go by its id, so that the user's keymap replaces all of them.
    """
    made: list[BindingType] = []
    for action in actions:
        _declared[action.id] = action
        first, *others = action.keys.split(",")
        made.extend(
            Binding(
                key,
                action.name,
                action.title,
                show=action.footer and key == first,
                tooltip=action.help,
                id=action.id,
                priority=action.priority,
            )
            for key in (first, *others)
        )
    return made


def key_names(app: App[Any], name: str) -> list[str]:
    """Every key of the action of that id, the user's where there are such, as the footer shows them."""
    keymap = getattr(getattr(app, "preferences", None), "keymap", {})
    keys = keymap.get(name, _declared[name].keys)
    return [app.get_key_display(key) for key in Binding.make_bindings([Binding(keys, "", "")])]


def key_name(app: App[Any], name: str) -> str:
    """The first of them, for a text that names a key."""
    return key_names(app, name)[0]


class Acting:
    """What declares actions. Mixed in before the Textual class."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()

    def offers(self, action: Action) -> bool:
        """Whether ``action`` can be taken now."""
        read_only = getattr(getattr(self, "app", self), "read_only", False)
        if action.changes and read_only:
            return False
        return action.when is None or action.when(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual's question before it binds, shows or runs."""
        for one in self.ACTIONS:
            if one.name == action:
                return self.offers(one)
        return True


def offered(nodes: Sequence[DOMNode]) -> Iterator[tuple[DOMNode, Action]]:
    """What can be done at ``nodes`` (nearest first), each action once."""
    seen: set[str] = set()
    for node in nodes:
        if isinstance(node, Acting):
            for action in node.ACTIONS:
                if action.id not in seen and node.offers(action):
                    seen.add(action.id)
                    yield node, action
