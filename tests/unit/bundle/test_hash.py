"""The content hash depends on paths, contents and the executable bit, and on nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.bundle.bundle import BundleFile, content_hash

from .conftest import FIXTURES, Bundles, Make, vectorstore

pytestmark = pytest.mark.unit

FILES = {"data/a.md": "a", "data/b/c.md": "c", "data/run.sh": "#!/bin/sh\n"}


def test_a_copy_elsewhere_has_the_same_hash(bundle_of: Bundles, tmp_path: Path) -> None:
    original = FIXTURES / "ollama-data"
    shutil.copytree(original, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*"):
        os.utime(path, (1, 1))
    assert (
        bundle_of(original / "agent.yaml").content_hash
        == bundle_of(tmp_path / "copy/agent.yaml").content_hash
    )


def test_a_fixed_bundle_has_a_fixed_hash(bundle_of: Bundles) -> None:
    # A change of this value rebuilds every image of every user once.
    bundle = bundle_of(FIXTURES / "openai-minimal" / "agent.yaml")
    assert bundle.content_hash == "10be8c7d0b494dc230eff5b2dd070009daa1bce43df3d933bd8651b7458f91e3"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no executable bit")
def test_modes_count_by_the_executable_bit_alone(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"), FILES)
    script = agent.parent / "data" / "run.sh"
    hashes = {}
    for mode in (0o644, 0o600, 0o664, 0o755, 0o700, 0o744):
        script.chmod(mode)
        bundle = bundle_of(agent)
        hashes[mode] = bundle.content_hash
        shipped = bundle.get("data/run.sh")
        assert shipped is not None
        assert shipped.mode == (0o755 if mode & 0o100 else 0o644)
    assert len({hashes[0o644], hashes[0o600], hashes[0o664]}) == 1
    assert len({hashes[0o755], hashes[0o700], hashes[0o744]}) == 1
    assert hashes[0o644] != hashes[0o755]


@pytest.mark.parametrize(
    "change",
    [{"data/a.md": "b"}, {"data/new.md": ""}, {"agent.yaml": "name: other\n"}, {"data/a.md": "a "}],
)
def test_any_change_of_content_changes_it(bundle_of: Bundles, make: Make, change: dict[str, str]) -> None:
    before = bundle_of(make(vectorstore("data"), FILES)).content_hash
    head = change.pop("agent.yaml", "name: made-up\n") + "model: {provider: openai, name: gpt-4o-mini}\n"
    assert bundle_of(make(vectorstore("data"), {**FILES, **change}, head=head)).content_hash != before


def test_a_rename_changes_it(bundle_of: Bundles, make: Make) -> None:
    agent = make(vectorstore("data"), FILES)
    before = bundle_of(agent).content_hash
    (agent.parent / "data/a.md").rename(agent.parent / "data/A2.md")
    assert bundle_of(agent).content_hash != before


def test_the_deployment_section_does_not_change_it(bundle_of: Bundles, make: Make) -> None:
    text = "instructions: {inline: Hi.}\n"
    target = "  target: {provider: gcp, gcp: {project_id: a-project}}\n"
    hashes = {bundle_of(make(text)).content_hash}
    for name in ("b", "c"):
        section = f"deployment:\n  registry: {{url: ghcr.io, repository: a/{name}}}\n{target}"
        hashes.add(bundle_of(make(text + section)).content_hash)
    assert len(hashes) == 1


files = st.lists(
    st.builds(
        BundleFile.of, st.text(min_size=1), st.binary(max_size=4), mode=st.sampled_from([0o644, 0o755])
    ),
    unique_by=lambda file: file.path,
)


@given(files, st.randoms())
def test_the_order_does_not_matter(some: list[BundleFile], random: object) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content_hash(some) == content_hash(shuffled)


@given(files, files)
def test_different_trees_have_different_hashes(one: list[BundleFile], other: list[BundleFile]) -> None:
    same = {(file.path, file.mode, file.sha256) for file in one} == {
        (file.path, file.mode, file.sha256) for file in other
    }
    assert (content_hash(one) == content_hash(other)) is same
