"""The way through set-up: a target, what its login sees, a registry, what that leaves open, a diff, a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.core.remedy import pasteable
from holodeck_tui.ui.actions import key_name
from holodeck_tui.ui.backend import background
from holodeck_tui.ui.copying import REMEDY, copiable
from holodeck_tui.ui.kept import Kept
from holodeck_tui.ui.looking import LookUp, told
from holodeck_tui.ui.moving import elsewhere, remarked, same_kind
from holodeck_tui.ui.questions import Wanted, wanted
from holodeck_tui.ui.setting_up import TARGETS, Proposed, Seen, look_around, places_of, propose

if TYPE_CHECKING:
    from holodeck_tui.pipeline.discover import Offer
    from holodeck_tui.ui.screens.base import PlaceScreen

Given = list[tuple[tuple[str, ...], str]]
_REGISTRY = "The agent is packed into an image; a registry keeps it, and the target fetches it from there."
_SUBSCRIPTION = "What this one has is looked up next: its registries, environments and identities."


class Guide:
    """Asks on top of ``screen``; every dialog leads back to the one before. ``written`` follows a yes.

    ``say`` tells what is waited for, ``say_usual`` again what was found before that.
    One look at a cloud at a time; who goes elsewhere meanwhile is asked when the screen is shown again.
    """

    def __init__(
        self,
        screen: PlaceScreen,
        say: Callable[[str], None],
        say_usual: Callable[[], None],
        written: Callable[[], None],
    ) -> None:
        self._screen, self._say, self._say_usual, self._written = screen, say, say_usual, written
        self._lookup: LookUp | None = None
        self._clock: Timer | None = None

    @property
    def waits(self) -> bool:
        """Whether a cloud is being asked."""
        return self._lookup is not None and self._lookup.seen is None

    def resume(self) -> None:
        """The screen is shown again: what the cloud has answered meanwhile is gone on with."""
        if self._lookup is not None and self._lookup.seen is not None:
            self._go_on(self._lookup, self._lookup.seen)

    def begin(self) -> None:
        """Choose a target."""
        from holodeck_tui.ui.screens.choose import ChooseScreen

        names = list(TARGETS)
        self._screen.app.push_screen(
            ChooseScreen(
                "Where shall the agent run?",
                [TARGETS[name][0] for name in names],
                [TARGETS[name][1] for name in names],
            ),
            lambda at: self._chosen(names[at]) if at is not None else None,
        )

    def _chosen(self, target: str) -> None:
        self._end_lookup()
        if target == "local":
            self._propose(target, [], lambda: None)
            return
        ask = partial(places_of, self._screen.holodeck.backend, target)
        background(self._screen, ask, partial(self._choose_place, target), self._refused)

    def _choose_place(self, target: str, places: tuple[tuple[str, str], ...]) -> None:
        """Among several subscriptions, before the one that is chosen is looked at."""
        from holodeck_tui.ui.screens.choose import ChooseScreen

        if not self._screen.is_current or self._lookup is not None:
            return
        if len(places) < 2:
            self._look(target)
            return
        self._screen.app.push_screen(
            ChooseScreen(
                f"{TARGETS[target][0]}: in which subscription?",
                [self._clean(name or value) for value, name in places],
                [self._clean(value) for value, _ in places],
                more=_SUBSCRIPTION,
            ),
            lambda at: self._look(target, places[at][0]) if at is not None else None,
        )

    def _look(self, target: str, within: str = "", kept: Kept | None = None, registry: str = "") -> None:
        self._end_lookup()
        lookup = LookUp(target, monotonic())
        lookup.looking.within = within
        lookup.kept, lookup.registry = kept or lookup.kept, registry
        self._lookup = lookup
        self._tick()
        self._clock = self._screen.set_interval(1.0, self._tick)
        self._screen.refresh_bindings()
        look = partial(look_around, self._screen.holodeck.backend, target, lookup.looking)
        background(self._screen, look, partial(self._seen, lookup), partial(self._not_seen, lookup))

    def _tick(self) -> None:
        if self._lookup is not None and self.waits:
            self._say(f"{self._lookup.title}. {self._lookup.progress(monotonic(), self._key('stop'))}")

    def stop(self) -> None:
        """What is known by now must do."""
        if self._lookup is not None:
            self._lookup.stop()

    def _end_lookup(self) -> None:
        if self.waits:
            self.stop()
        self._lookup = None
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        self._screen.refresh_bindings()

    def _not_seen(self, lookup: LookUp, error: DeploymentError) -> None:
        if lookup is self._lookup:
            self._end_lookup()
            self._say_usual()
        self._refused(error)

    def _seen(self, lookup: LookUp, seen: Seen) -> None:
        # Nobody waits for the answer of one target who has chosen another.
        if lookup is not self._lookup:
            return
        lookup.seen = seen
        if self._screen.is_current:
            self._go_on(lookup, seen)
        else:
            back = key_name(self._screen.app, "app.setup")
            self._screen.notify(f"{lookup.title} has answered: {back} goes on with the set-up.")

    def _go_on(self, lookup: LookUp, seen: Seen) -> None:
        self._end_lookup()
        self._say_usual()
        same = same_kind(seen, lookup.registry)
        if lookup.registry:
            place = lookup.looking.within
            self._screen.notify(f"Looked up in {place}: see whether the answers hold there.")
        if len(same) == 1:
            self._ask(lookup.target, seen, same[0], lookup.kept)
        else:
            self._choose_registry(lookup.target, seen, next(iter(same), 0), lookup.kept)

    def _choose_registry(self, target: str, seen: Seen, at: int, kept: Kept) -> None:
        from holodeck_tui.ui.screens.choose import ChooseScreen

        if len(seen.offers) == 1:
            self._ask(target, seen, 0, kept)
            return
        above, remedy = self._above(seen)
        self._screen.app.push_screen(
            ChooseScreen(
                f"{TARGETS[target][0]}: which registry keeps the image?",
                [self._clean(one.title) for one in seen.offers],
                ["\n".join(self._clean(part) for part in one.needs.splitlines()) for one in seen.offers],
                at=at,
                more="\n".join(filter(None, (_REGISTRY, above))),
                remedy=remedy,
            ),
            lambda chosen: self._ask(target, seen, chosen, kept) if chosen is not None else None,
        )

    def _above(self, seen: Seen) -> tuple[str, str]:
        """Who is logged in or what to do about it, and what of that can be pasted."""
        glyphs = self._screen.holodeck.glyphs
        who, remedy = told(seen, glyphs.ok, glyphs.bad, self._clean)
        hint = f"Do: {remedy}{copiable(remedy, key_name(self._screen.app, REMEDY.id))}" if remedy else ""
        return "\n".join(filter(None, (who, hint))), pasteable(remedy)

    def _ask(self, target: str, seen: Seen, at: int, kept: Kept) -> None:
        from holodeck_tui.ui.screens.answers import AnswersScreen

        offer = seen.offers[at]
        questions = tuple(
            remarked(target, seen, offer, self._cleaned(one))
            for one in wanted(target, offer, seen.found.choices)
        )
        above, remedy = self._above(seen)
        screen = AnswersScreen(TARGETS[target][0], above, kept.put(at, questions), remedy)

        def answered(answers: list[str] | None) -> None:
            kept.note(at, questions, screen.left if answers is None else answers)
            if answers is None:
                if len(seen.offers) > 1:
                    self._choose_registry(target, seen, at, kept)
                return
            given = [(one.path, answer) for one, answer in zip(questions, answers, strict=True)]
            there = next(filter(None, (elsewhere(target, seen, offer, *one) for one in given)), "")
            if there:
                kept.move(questions)
                self._look(target, there, kept, offer.kind)
                return
            self._propose(target, given, lambda: self._ask(target, seen, at, kept), offer)

        self._screen.app.push_screen(screen, answered)

    def _propose(
        self, target: str, given: Given, back: Callable[[], None], offer: Offer | None = None
    ) -> None:
        make = partial(propose, self._screen.holodeck.launch, target, given)
        background(self._screen, make, partial(self._show, given, back, offer), self._refused)

    def _show(self, given: Given, back: Callable[[], None], offer: Offer | None, proposed: Proposed) -> None:
        from holodeck_tui.ui.screens.diff import DiffScreen

        if not proposed.files:
            self._screen.notify(
                f"The files say so already. {self._key('deploy')} shows the plan.", markup=False
            )
            if offer is not None:
                self._offer_to_create(offer, given)
            return
        lines = [line for file in proposed.files for line in (f"{file.path.name}:", *file.diff())]
        diff = [self._clean(line.expandtabs(4)) for line in (lines if len(proposed.files) > 1 else lines[1:])]
        problems = [self._clean(one) for one in proposed.problems]

        def answered(write: bool | None) -> None:
            if not write:
                back()
            elif self._write(proposed) and offer is not None:
                self._offer_to_create(offer, given)

        self._screen.app.push_screen(DiffScreen(f"Write {proposed.names}?", diff, problems), answered)

    def _write(self, proposed: Proposed) -> bool:
        try:
            for file in proposed.files:
                file.save()
        except DeploymentError as error:
            self._refused(error)
            return False
        self._screen.notify(f"{proposed.names}: written. {self._key('deploy')} shows the plan.", markup=False)
        self._screen.holodeck.fleet.again()
        self._written()
        return True

    def _offer_to_create(self, offer: Offer, given: Given) -> None:
        """A push into a repository that is not there fails; the app can do what ``--create`` does."""
        from holodeck_tui.ui.screens.choose import AskScreen

        said = {path[-1]: text.strip() for path, text in given}
        url, name = said.get("url", ""), said.get("repository", "")
        if self._screen.holodeck.launch.create or not offer.is_missing(url, name):
            return

        def answered(create: bool | None) -> None:
            if create:
                self._screen.holodeck.launch = replace(self._screen.holodeck.launch, create=True)
            else:
                self._screen.notify("Then make it before the deploy, or start with --create.", markup=False)

        self._screen.app.push_screen(
            AskScreen(
                self._clean(f"{url} has no repository {name} yet. Shall the deploy make it?"),
                "As deploy --create does; until this app is closed. Nothing is made before you deploy.",
                "Make it",
            ),
            answered,
        )

    def _refused(self, error: DeploymentError) -> None:
        self._screen.notify(self._clean(error.in_one), severity="warning", markup=False)

    def _key(self, name: str) -> str:
        return key_name(self._screen.app, f"setup.{name}")

    def _cleaned(self, one: Wanted) -> Wanted:
        choices = tuple(self._clean(value) for value in one.choices)
        return replace(one, proposal=self._clean(one.proposal), choices=choices)

    def _clean(self, text: str) -> str:
        return self._screen.holodeck.backend.redactor.clean(text)
