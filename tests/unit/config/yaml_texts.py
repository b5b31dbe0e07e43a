"""Hypothesis strategies: YAML texts as people write them, every style mixed."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

WORDS = [
    "alpha",
    "port",
    "url",
    "registry",
    "x",
    "a b",
    "naïve",
    "日本",
    "😀",
    "it's",
    'say "hi"',
    "a#b",
    "k.e.y",
]
SCALARS = [
    "1", "8080", "-5", "0x1F", "017", "1_000", "3.14", "true", "no", "on", "~", "null", "text", "two words",
    "http://h:80/p?q=1#f", "'single ''quoted'''", '"double \\"q\\" \\t \\u263A"', "'#no comment'", '"a: b"',
    "2020-01-01", "12:30:45", "1e3", "${VAR}", "é😀", "a,b", "-x", "!!str 12", "'0'", '""', "''",
]  # fmt: skip
FLOW_SAFE = [s for s in SCALARS if s not in {"a,b", "${VAR}", "http://h:80/p?q=1#f"}]
COMMENTS = ["# note", "#", "# key: value", "# ${OLD}", "# 😀 ünï", "#\ttab"]


@dataclass
class Writer:
    """Writes one text line by line; what it draws is Hypothesis' choice."""

    draw: object
    step: int
    dash: int
    lines: list[str] = field(default_factory=list)
    anchors: list[str] = field(default_factory=list)
    mapping_anchors: list[str] = field(default_factory=list)

    def pick(self, values):
        return self.draw(st.sampled_from(values))

    def chance(self, of: int) -> bool:
        return self.draw(st.integers(0, of - 1)) == of - 1

    def noise(self, indent: int) -> None:
        while self.chance(5):
            self.lines.append(
                " " * indent + self.pick(COMMENTS) if self.chance(2) else self.pick(["", "  ", ""])
            )

    def tail(self) -> str:
        return (
            self.pick([" ", "  ", "\t", " \t"]) + self.pick(COMMENTS)
            if self.chance(4)
            else self.pick(["", "", "", " "])
        )

    def key(self, used: set[str]) -> str | None:
        word = self.pick(WORDS)
        if word in used:
            return None
        used.add(word)
        if word == 'say "hi"':
            return "'" + word + "'"
        return self.pick([word, word, word, '"' + word + '"']) if "'" not in word else '"' + word + '"'

    def scalar(self, flow: bool = False) -> str:
        text = self.pick(FLOW_SAFE if flow else SCALARS)
        if not flow and not text.startswith("!") and self.chance(8):
            name = f"n{len(self.anchors)}"
            self.anchors.append(name)
            return f"&{name} {text}"
        if self.anchors and self.chance(8):
            return "*" + self.pick(self.anchors) + " "
        return text

    def flow(self, depth: int, indent: int) -> str:
        count = self.draw(st.integers(0, 3))
        parts = []
        used: set[str] = set()
        mapping = self.chance(2)
        for _ in range(count):
            item = self.flow(depth - 1, indent) if depth > 0 and self.chance(3) else self.scalar(flow=True)
            key = self.key(used) if mapping else ""
            if key is not None:
                parts.append(f"{key}: {item}" if mapping else item)
        multi = parts and self.chance(3)
        comma = "," if parts and self.chance(4) else ""
        if multi:
            pad = "\n" + " " * (indent + self.step)
            body = (
                pad + ("," + self.tail() + pad).join(parts) + comma + self.tail() + "\n" + " " * indent + " "
            )
        else:
            space = self.pick(["", " "])
            body = space + self.pick([", ", ","]).join(parts) + comma + space
        return "{" + body + "}" if mapping else "[" + body + "]"

    def value(self, lead: str, indent: int, depth: int) -> None:
        """Write ``lead`` (``key:`` or ``-``) and a value of a node at ``indent``."""
        kind = 11 - self.draw(st.integers(0, 11))
        is_key = lead.endswith(":")
        if kind == 0 and depth > 0 and is_key:
            anchor = ""
            if self.chance(4):
                name = f"m{len(self.lines)}"
                self.lines.append(f"{lead} &{name}" + self.tail())
                anchor = name
            else:
                self.lines.append(lead + self.tail())
            self.mapping(indent + self.step, depth - 1)
            if anchor:
                self.mapping_anchors.append(anchor)
        elif kind <= 2 and depth > 0 and is_key:
            self.lines.append(lead + self.tail())
            self.sequence(indent + self.dash, depth - 1)
        elif kind == 3:
            self.literal(lead, indent)
        elif kind == 4:
            self.lines.append(f"{lead} {self.flow(2, indent + 1)}{self.tail()}")
        elif kind == 5:
            self.lines.append(lead + self.tail())
        elif kind == 6 and is_key:
            self.lines += [lead + " first line", " " * (indent + self.step) + "continued" + self.tail()]
        elif kind == 7 and is_key:
            self.lines += [lead + ' "first', "", " " * (indent + self.step) + '# no comment"' + self.tail()]
        else:
            self.lines.append(f"{lead} {self.scalar()}{self.tail()}")

    def literal(self, lead: str, indent: int) -> None:
        inner = indent + self.step
        header = self.pick(["|", ">", "|-", ">-", "|+", ">+"])
        self.lines.append(f"{lead} {header}" + self.pick(["", " # on the header"]))
        for _ in range(self.draw(st.integers(0, 3))):
            self.lines.append(
                " " * inner + self.pick(["text", "# no comment", "key: value", "  deeper", "end ", "\ttab"])
            )
            if self.chance(4):
                self.lines.append(self.pick(["", " " * inner]))
        if self.chance(4):
            self.lines.append("")

    def mapping(self, indent: int, depth: int) -> None:
        used: set[str] = set()
        if self.mapping_anchors and self.chance(3):
            self.lines.append(" " * indent + f"<<: *{self.pick(self.mapping_anchors)}")
        for _ in range(self.draw(st.integers(1, 4))):
            key = self.key(used)
            if key is not None:
                self.noise(indent)
                self.value(" " * indent + key + self.pick([":", ":", ":", " :"]), indent, depth)
        self.noise(indent)

    def sequence(self, indent: int, depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.noise(indent)
            if depth > 0 and self.chance(2):
                at = len(self.lines)
                self.mapping(indent + 2, depth - 1)
                # Noise before the first key would stand where the dash goes.
                while not self.lines[at].strip() or self.lines[at].lstrip().startswith("#"):
                    del self.lines[at]
                self.lines[at] = " " * indent + "- " + self.lines[at][indent + 2 :]
            else:
                self.value(" " * indent + "-", indent, 0)


@st.composite
def yaml_texts(draw) -> str:
    """One document; it may still be invalid where an alias or a style does not fit: assume it parses."""
    step = draw(st.sampled_from([2, 2, 4, 3]))
    writer = Writer(draw, step, draw(st.sampled_from([0, step])))
    if draw(st.integers(0, 5)) == 5:
        writer.lines += draw(st.sampled_from([["---"], ["%YAML 1.1", "---"], ["# top", "--- # start"]]))
    writer.noise(0)
    writer.mapping(0, 3)
    if draw(st.integers(0, 7)) == 7:
        writer.lines.append("...")
    text = "\n".join(writer.lines)
    if draw(st.booleans()):
        text += "\n"
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))
    return ("\ufeff" if draw(st.integers(0, 5)) == 5 else "") + text


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.sampled_from(
        [
            *WORDS,
            *SCALARS,
            "yes",
            "1:30",
            "=",
            "<<",
            "- a",
            "? b",
            "a\nb",
            "a\nb\n",
            "\n",
            " x ",
            "\u2028",
            "\x85",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.recursive(
        st.sampled_from([1, "a", "b: c", None, True, "1", "x, y"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)


def paths(data, prefix=()):
    """Every path of plain data."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*prefix, key)
            yield from paths(value, (*prefix, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield (*prefix, index)
            yield from paths(value, (*prefix, index))
