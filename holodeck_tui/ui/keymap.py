"""The user's own keys, held against the actions that there are: what cannot be is told and left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from holodeck_tui.core.redact import sanitize
from holodeck_tui.ui.actions import Action
from holodeck_tui.ui.places import PLACES
from holodeck_tui.ui.preferences import Preferences

# The screens besides the places that have actions of their own.
_MORE = tuple(f"holodeck_tui.ui.screens.{name}" for name in ("logs", "answers", "details"))
# What has the focus there, and keys to move in it that go before the screen's.
_MOVES = {
    "holodeck_tui.ui.screens.dashboard": "holodeck_tui.ui.widgets.deployments:DeploymentTable",
    "holodeck_tui.ui.screens.pipeline": "holodeck_tui.ui.widgets.log_view:LogView",
    "holodeck_tui.ui.screens.editor": "holodeck_tui.ui.widgets.form:Form",
    "holodeck_tui.ui.screens.setup": "holodeck_tui.ui.widgets.lists:Lines",
    "holodeck_tui.ui.screens.logs": "holodeck_tui.ui.widgets.log_view:LogView",
    "holodeck_tui.ui.screens.answers": "textual.widgets:Button",
    "holodeck_tui.ui.screens.details": "holodeck_tui.ui.widgets.lists:Lines",
}
_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "hyper", "meta"})
_NAMED = frozenset({*(key.value for key in Keys), *KEY_NAME_REPLACEMENTS.values()})


@dataclass(frozen=True)
class Table:
    """Actions that are bound together, and the keys that move in what has the focus there."""

    actions: tuple[Action, ...]
    moves: frozenset[str]


def tables(everywhere: Sequence[Action]) -> list[Table]:
    """Of each screen, with the actions of the app. Imports the screens."""
    modules = [*(place.screen.partition(":")[0] for place in PLACES), *_MORE]
    return [
        Table((*import_module(module).ACTIONS, *everywhere), _moves(_MOVES[module])) for module in modules
    ]


def _moves(widget: str) -> frozenset[str]:
    module, _, name = widget.partition(":")
    bases = getattr(import_module(module), name).__mro__
    bound = [base.__dict__["BINDINGS"] for base in bases if "BINDINGS" in base.__dict__]
    return frozenset(one.key for bindings in bound for one in Binding.make_bindings(bindings))


def checked(keymap: Mapping[str, str], bound: Sequence[Table]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What of ``keymap`` holds, and a sentence for each entry that does not.

    Left out is what names no action or no key, and what would take a key away from another action that
    is offered at the same place, or from moving there. Two actions may change their keys: only the end
    counts.
    """
    known = {action.id for table in bound for action in table.actions}
    kept: dict[str, str] = {}
    wrong = []
    for name, keys in keymap.items():
        if name not in known:
            wrong.append(f"keymap: there is no action {sanitize(name)}")
            continue
        bad = [key.strip() for key in keys.split(",") if not _is_key(key.strip())]
        if bad:
            wrong.append(f'keymap: {name}: "{sanitize(bad[0])}" is no key; e.g. L, f5, ctrl+k, slash')
            continue
        kept[name] = keys
    while (found := next(_clashes(kept, bound), None)) is not None:
        name, other, key = found
        del kept[name]
        wrong.append(f"keymap: {name}: {key} is the key of {other}; {name} keeps its own")
    return kept, tuple(wrong)


def held(preferences: Preferences, everywhere: Sequence[Action]) -> Preferences:
    """The preferences with a keymap that can be; what was left out is in ``wrong``."""
    keymap, wrong = checked(preferences.keymap, tables(everywhere))
    return replace(
        preferences, keymap=keymap, wrong=(*preferences.wrong, *(f"ui.yaml: {one}" for one in wrong))
    )


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return _MODIFIERS.issuperset(modifiers) and bool(last in _NAMED or key_to_character(last))


def _clashes(keymap: Mapping[str, str], bound: Sequence[Table]) -> Iterator[tuple[str, str, str]]:
    """An entry of the keymap, the action whose key it would take, and that key."""
    for table in bound:
        holders: dict[str, list[str]] = defaultdict(list)
        for action in table.actions:
            for key in _keys(keymap.get(action.id, action.keys)):
                holders[key].append(action.id)
                # A key that is the action's own was meant to be beside the one that moves.
                if action.id in keymap and key in table.moves - _keys(action.keys):
                    yield action.id, "moving", key
        for key, names in holders.items():
            # The later entry gives way, and an action's own key never does.
            mine = sorted((name for name in names if name in keymap), key=list(keymap).index)
            if mine and len(names) > 1:
                yield mine[-1], next(name for name in names if name != mine[-1]), key


def _keys(given: str) -> set[str]:
    """As Textual spells them."""
    return {one.key for one in Binding.make_bindings([Binding(given, "", "")])}
