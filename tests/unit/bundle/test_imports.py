"""Modules that a function tool or a local MCP script imports."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holodeck_tui.core.errors import DeploymentError

from .conftest import HEAD, Bundles, Make, paths

pytestmark = pytest.mark.unit

TOOL = (
    "instructions: {inline: Hi.}\ntools:\n"
    "  - {name: t, description: d, type: function, file: tools/t.py, function: f}\n"
)


@pytest.mark.parametrize(
    ("code", "others", "ships"),
    [
        ("import helper", ["helper.py"], ["helper.py"]),
        ("import helper", ["tools/helper.py"], ["tools/helper.py"]),
        ("import helper", ["helper.py", "tools/helper.py"], ["helper.py", "tools/helper.py"]),
        ("import json, os.path", [], []),
        (
            "import a.b.c",
            ["a/__init__.py", "a/b/__init__.py", "a/b/c.py", "a/x.py"],
            ["a/__init__.py", "a/b/__init__.py", "a/b/c.py"],
        ),
        ("from a.b import c, d", ["a/b/c.py", "a/b/d/__init__.py"], ["a/b/c.py", "a/b/d/__init__.py"]),
        ("from a import *", ["a/__init__.py", "a/b.py"], ["a/__init__.py"]),
        ("from a import name", ["a.py"], ["a.py"]),
        ("from . import helper", ["tools/helper.py", "tools/__init__.py"], ["tools/helper.py"]),
        ("from .helper import x", ["tools/helper.py"], ["tools/helper.py"]),
        ("from .. import helper", ["helper.py"], ["helper.py"]),
        ("from ..... import helper", ["helper.py"], []),
        ("def f():\n    from deep import x", ["deep.py"], ["deep.py"]),
        ("try:\n    import a\nexcept ImportError:\n    import b", ["a.py", "b.py"], ["a.py", "b.py"]),
        ("import importlib\nimportlib.import_module('plug.one')", ["plug/one.py"], ["plug/one.py"]),
        ("import loop", ["loop.py:import tools.t, loop"], ["loop.py"]),
        (
            "import one",
            ["one.py:import two", "two.py:import three", "three.py"],
            ["one.py", "three.py", "two.py"],
        ),
        ("if TYPE_CHECKING:\n    import typed", ["typed.py"], ["typed.py"]),
        ("# -*- coding: latin-1 -*-\nimport helper", ["helper.py"], ["helper.py"]),
    ],
)
def test_what_is_imported_ships(
    bundle_of: Bundles, make: Make, code: str, others: list[str], ships: list[str]
) -> None:
    files = {"tools/t.py": code, "unrelated.py": "x = 1"}
    for other in others:
        name, _, content = other.partition(":")
        files[name] = content
    assert paths(bundle_of(make(TOOL, files))) == sorted(["agent.yaml", "tools/t.py", *ships])


@pytest.mark.parametrize("code", ["def broken(:", "x = '\0'", "(" * 5000, b"\xff\xfe"])
def test_what_is_no_python_ships_with_a_warning(bundle_of: Bundles, make: Make, code: str | bytes) -> None:
    bundle = bundle_of(make(TOOL, {"tools/t.py": code}))
    assert paths(bundle) == ["agent.yaml", "tools/t.py"]
    assert bundle.warnings[0].startswith("tools/t.py")


@pytest.mark.skipif(os.name != "posix", reason="needs symlinks")
def test_a_module_that_lies_outside_is_refused(bundle_of: Bundles, make: Make) -> None:
    agent = make(TOOL, {"tools/t.py": "import shared"})
    (agent.parent.parent / "shared.py").write_text("x = 1")
    (agent.parent / "shared.py").symlink_to("../shared.py")
    with pytest.raises(DeploymentError) as caught:
        bundle_of(agent)
    assert caught.value.details == (
        "agent.yaml:5  tools[0].file: shared.py: its symlink leads out of the agent's folder",
    )


def test_an_imported_module_that_is_ignored_is_a_warning(bundle_of: Bundles, make: Make) -> None:
    files = {"tools/t.py": "import helper", "helper.py": "x = 1", ".dockerignore": "helper.py\n"}
    bundle = bundle_of(make(TOOL, files))
    assert paths(bundle) == ["agent.yaml", "tools/t.py"]
    assert bundle.warnings == ("tools/t.py imports helper.py, which .dockerignore leaves out.",)


def mcp(*arguments: str) -> str:
    listed = ", ".join(f"'{argument}'" for argument in arguments)
    return (
        "instructions: {inline: Hi.}\ntools:\n"
        f"  - {{name: t, description: d, type: mcp, command: node, args: [{listed}]}}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "ships"),
    [
        (["./s/server.js"], ["s/lib/a.mjs", "s/lib/b.json", "s/package.json", "s/server.js"]),
        (["s/server.js"], ["s/lib/a.mjs", "s/lib/b.json", "s/package.json", "s/server.js"]),
        ([".\\s\\plain.js"], ["s/package.json", "s/plain.js"]),
        (["--config=./conf.json"], ["conf.json"]),
        (["--config=conf.json"], ["conf.json"]),
        (["-y", "@scope/pkg", "s", "https://x.example/s/server.js", "/tmp", "."], []),
        (["./data"], ["data/x.md"]),
        (["s/bare.js"], ["s/bare.js", "s/node_modules/express/index.js", "s/package.json"]),
    ],
)
def test_arguments_of_local_servers(
    bundle_of: Bundles, make: Make, arguments: list[str], ships: list[str]
) -> None:
    files = {
        "s/server.js": "import a from './lib/a.mjs'; const b = require(\"./lib/b\");",
        "s/plain.js": "const fs = require('node:fs')",
        "s/bare.js": "import express from 'express'",
        "s/lib/a.mjs": "",
        "s/lib/b.json": "{}",
        "s/package.json": "{}",
        "s/node_modules/express/index.js": "",
        "conf.json": "{}",
        "data/x.md": "x",
    }
    bundle = bundle_of(make(mcp(*arguments), files))
    assert paths(bundle) == sorted(["agent.yaml", *ships])
    shipped = bundle.get("agent.yaml")
    assert shipped is not None
    assert b"\\" not in shipped.open().read()


@pytest.mark.parametrize(
    ("argument", "code"), [("./gone.js", "file-missing"), ("../x.js", "file-outside"), ("..", "file-outside")]
)
def test_arguments_that_cannot_ship(bundle_of: Bundles, make: Make, argument: str, code: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        bundle_of(make(mcp(argument)))
    assert caught.value.code == code


def test_a_path_that_the_server_may_make_itself_is_a_warning(bundle_of: Bundles, make: Make) -> None:
    bundle = bundle_of(make(mcp("./output")))
    assert bundle.warnings == (
        "agent.yaml:5  tools[0].args[0]: ./output does not exist here, so the container will not have it.",
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_argument_ships_or_is_refused(bundle_of: Bundles, make: Make, argument: str) -> None:
    agent = make()
    agent.write_text(HEAD + mcp("x").replace("'x'", json.dumps(argument)), "utf-8")
    try:
        code = ",".join(paths(bundle_of(agent)))
    except DeploymentError as error:
        code = error.code
    assert code == "agent.yaml" or code.startswith(("file-", "yaml-", "config-", "variable-"))
