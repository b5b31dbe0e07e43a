"""Textual's driver for Unix, resting while nobody types.

Textual looks for keys ten times a second whether or not there are any. Each look wakes the whole
program, which on a machine that has other work costs about a millisecond: one percent of a CPU for
nothing, more than all that the dashboard asks and draws.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from codecs import getincrementaldecoder
from threading import Event

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from holodeck_tui.ui.pasting import PasteGuard

# Seconds between looks, and for how long after the last bytes: the parser decides in that time whether
# an Escape was a key or the begin of a sequence.
_LOOK, _AWAKE = 0.1, 2.0 + constants.ESCAPE_DELAY


class Stop(Event):
    """An event that a selector can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.heard, self._said = socket.socketpair()
        for end in (self.heard, self._said):
            end.setblocking(False)

    def set(self) -> None:
        """Say it."""
        super().set()
        with contextlib.suppress(BlockingIOError):  # it has been said often enough
            self._said.send(b".")

    def clear(self) -> None:
        """As if it was never said."""
        super().clear()
        with contextlib.suppress(BlockingIOError):
            self.heard.recv(4096)


class RestingDriver(LinuxDriver):
    """As Textual's, with a wait in place of ten looks a second."""

    exit_event: Event

    def start_application_mode(self) -> None:
        """Begin to read keys."""
        self.exit_event = Stop()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """Read keys until told to stop."""
        stop = self.exit_event
        assert isinstance(stop, Stop)
        parser = XTermParser(self._debug)
        # Bytes that are no UTF-8 (a paste) show as U+FFFD; Textual would end here.
        decode = getincrementaldecoder("utf-8")("replace").decode
        guard = PasteGuard()
        awake = time.monotonic() + _AWAKE
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(stop.heard, selectors.EVENT_READ)
            while not stop.is_set():
                ready = selector.select(_LOOK if time.monotonic() < awake else None)
                if any(key.fd == self.fileno for key, _ in ready):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        break  # the terminal is gone
                    awake = time.monotonic() + _AWAKE
                    # Half of a character is no text yet; the parser takes no text for the end.
                    if text := guard(decode(data)):
                        for message in parser.feed(text):
                            self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
