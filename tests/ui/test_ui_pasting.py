"""A paste is text, whatever it holds and in whatever pieces it comes: none of it is taken for keys."""

from __future__ import annotations

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key, Message, Paste

from holodeck_tui.ui.pasting import PasteGuard, pasted

pytestmark = pytest.mark.ui
BEGIN, END = "\x1b[200~", "\x1b[201~"


def read(text: str, each: int) -> list[Message]:
    parser, guard = XTermParser(), PasteGuard()
    messages: list[Message] = []
    for at in range(0, len(text), each):
        # No text is how the parser is told of an end.
        if piece := guard(text[at : at + each]):
            messages += parser.feed(piece)
    return messages


@pytest.mark.parametrize("each", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("held", "clean"),
    [
        ("one\rtwo", "one\ntwo"),
        ("\x1b[31mred\x1b[0m\rd\r", "red\nd\n"),
        ("title\x1b]0;owned\x07 and \x1b[<0;3;4M", "title and "),
        ("begin \x1b[200~ again", "begin  again"),
        ("ends like the end \x1b[20", "ends like the end "),
    ],
)
def test_escapes_within_a_paste_are_no_keys(held: str, clean: str, each: int) -> None:
    messages = read(f"a{BEGIN}{held}{END}b{BEGIN}more{END}\x1b[A", each)
    keys = [message.key for message in messages if isinstance(message, Key)]
    pastes = [pasted(message, None).text for message in messages if isinstance(message, Paste)]
    assert keys == ["a", "b", "up"]
    assert pastes == [clean, "more"]
