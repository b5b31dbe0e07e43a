"""What a command reads several times is parsed once, and an edit never reaches what others hold."""

from __future__ import annotations

import copy

import pytest

from holodeck_tui.bundle.collect import collect
from holodeck_tui.config import tree
from holodeck_tui.config.document import Document
from holodeck_tui.core.context import Context
from tests.unit.config.support import AWS

pytestmark = pytest.mark.unit


def test_an_edit_leaves_what_was_read_before(project):
    text = project.agent.read_bytes() + AWS.encode()
    first, second = Document.parse(text), Document.parse(text)
    before = copy.deepcopy(first.data)
    second.set(("deployment", "port"), 9)
    second.remove(("model",))
    assert first.data == before
    assert Document.parse(text).data == before


def test_settings_problems_and_bundle_parse_each_text_once(project):
    project.write("agent.yaml", project.agent.read_text() + AWS)
    tree.parse.cache_clear()
    assert project.errors() == []
    settings = project.load()
    bundle = collect(settings, Context(environ={}))
    held = copy.deepcopy(settings.agent_document.data)
    used = tree.parse.cache_info()
    # The file as it is, and the copy that ships without its deployment: section.
    assert used.misses == 2
    collect(settings, Context(environ={}))
    assert tree.parse.cache_info().misses == 2
    assert settings.agent_document.data == held
    assert b"deployment" not in bundle.files[0].content
