"""The order of words on the command line: options anywhere, the command first or after the agent file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Words:
    """The words as click shall read them: ``command`` (None: the terminal app), then ``rest``."""

    command: str | None
    rest: tuple[str, ...]


def arrange(argv: Sequence[str], commands: Collection[str], valued: Collection[str]) -> Words:
    """Find the command among ``argv``; ``valued`` are the long options that take a value.

    The first word that is no option is the command; when it is none, it is the agent file and the
    next word may be the command. After ``--`` every word is an argument, so that ``-- build`` is an
    agent file of that name.
    """
    options: list[str] = []
    agent: list[str] = []
    position = 0
    while position < len(argv):
        word = argv[position]
        if word == "--":
            return Words(None, (*options, *agent, *argv[position:]))
        if word.startswith("-") and word != "-":
            width = 2 if word in valued else 1
            options.extend(argv[position : position + width])
            position += width
            continue
        if word in commands:
            # The agent file is the last argument of every command.
            return Words(word, (*options, *argv[position + 1 :], *agent))
        if agent:
            return Words(None, (*options, *agent, *argv[position:]))
        agent.append(word)
        position += 1
    return Words(None, (*options, *agent))


def wants_json(argv: Sequence[str]) -> bool:
    """Whether ``--output json`` stands anywhere, also on a command line that is otherwise wrong."""
    for position, word in enumerate(argv):
        if word == "--":
            return False
        if word == "--output" and list(argv[position + 1 : position + 2]) == ["json"]:
            return True
        if word == "--output=json":
            return True
    return False


def is_agent_file(word: str) -> bool:
    """Whether a word among keys is a file: a key never ends in .yaml and holds no slash."""
    return word.lower().endswith((".yaml", ".yml")) or "/" in word or "\\" in word


def settle(name: str, words: Sequence[str]) -> tuple[tuple[str, ...], str | None]:
    """The words of ``chat``, ``set`` and ``unset``, and the agent file among them.

    Raises ValueError with what is wrong.
    """
    if name == "chat":
        if len(words) == 2 and (is_agent_file(words[1]) or Path(words[1]).exists()):
            return (words[0],), words[1]
        if len(words) != 1:
            raise ValueError('chat takes one MESSAGE (in quotes: "Hello, who are you?") and one agent file')
        return tuple(words), None
    agents = [word for word in words if (("=" not in word) if name == "set" else is_agent_file(word))]
    others = tuple(word for word in words if word not in agents)
    if name == "set" and any(not is_agent_file(word) and not Path(word).exists() for word in agents):
        wrong = next(word for word in agents if not is_agent_file(word) and not Path(word).exists())
        raise ValueError(f'"{wrong}" is neither KEY=VALUE nor an agent file')
    if len(agents) > 1:
        raise ValueError(f"{name} takes one agent file, not {len(agents)}")
    if not others:
        raise ValueError(f"{name} needs at least one {'KEY=VALUE' if name == 'set' else 'KEY'}")
    return others, agents[0] if agents else None
