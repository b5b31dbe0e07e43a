"""The layers' entries, their order, and the tar streams made of them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holodeck_tui.bundle.bundle import Bundle, BundleFile, content_hash
from holodeck_tui.core.errors import DeploymentError
from holodeck_tui.image.contents import BIG, make_layers
from holodeck_tui.image.plan import EPOCH, ImageFile, Layer
from holodeck_tui.image.tar import tar_length, tar_stream

from .conftest import bundle_of

pytestmark = pytest.mark.unit


def named(layers: tuple[Layer, ...], name: str) -> list[str]:
    return [entry.path for layer in layers if layer.name == name for entry in layer.entries]


def test_a_small_agent_is_two_layers() -> None:
    layers = make_layers(bundle_of(instructions_dot_md=b"x", data__a_dot_txt=b"y"))
    assert [layer.name for layer in layers] == ["support", "agent"]
    assert named(layers, "agent") == [
        "app",
        "app/agent.yaml",
        "app/data",
        "app/data/a.txt",
        "app/instructions.md",
    ]


def test_big_data_lies_apart_from_what_changes_often() -> None:
    bundle = bundle_of(
        data__big_dot_bin=b"x" * (BIG + 1), data__prompts__i_dot_md=b"Be kind.", tools__t_dot_py=b"1"
    )
    layers = make_layers(bundle, {"data/prompts/i.md"})
    assert [layer.name for layer in layers] == ["support", "data", "agent"]
    assert named(layers, "data") == ["app", "app/data", "app/data/big.bin"]
    assert "app/data/prompts/i.md" in named(layers, "agent")
    assert "app/tools/t.py" in named(layers, "agent")


def test_many_small_files_are_big_data_too() -> None:
    files = {f"data__f{number}": b"x" * 2048 for number in range(BIG // 2048 + 1)}
    assert len(named(make_layers(bundle_of(**files)), "data")) == len(files) + 2


def test_all_is_root_and_read_only_but_the_scratch_folder() -> None:
    file = BundleFile.of("run.sh", b"#!/bin/sh\n", mode=0o755)
    agent = BundleFile.of("agent.yaml", b"name: a\n")
    for layer in make_layers(Bundle((agent, file), content_hash([agent, file]))):
        for entry in layer.entries:
            if entry.path.startswith("var/"):
                assert entry.uid == (1000 if entry.path.endswith("work") else 0)
                continue
            assert (entry.uid, entry.gid) == (0, 0)
            assert entry.mode & 0o222 == 0
            assert entry.mode == (0o555 if entry.folder or entry.path.endswith(".sh") else 0o444)


def test_the_support_layer_lies_outside_the_agents_folder_and_does_not_depend_on_the_agent() -> None:
    one, other = make_layers(bundle_of()), make_layers(bundle_of(entrypoint_dot_sh=b"mine"))
    assert one[0] == other[0]
    assert not any(path.startswith("app/") for path in named(one, "support"))


@pytest.mark.parametrize("name", [".wh.agent.yaml", "data__.wh.x", ".wh..wh..opq", ".wh.d__a"])
def test_a_name_that_means_a_deletion_in_an_image_is_refused(name: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        make_layers(bundle_of(**{name: b"x"}))
    assert caught.value.code == "build-failed"
    assert caught.value.details == (name.replace("__", "/"),)


PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40).filter(
    lambda part: part not in {".", ".."}
)


@given(
    st.dictionaries(
        st.lists(PARTS, min_size=1, max_size=4).map("/".join),
        st.tuples(st.binary(max_size=2000), st.sampled_from([0o444, 0o555, 0o755]), st.integers(0, 70000)),
        max_size=6,
    )
)
def test_a_stream_is_as_long_as_foretold_and_reads_back(files: dict[str, tuple[bytes, int, int]]) -> None:
    entries = [ImageFile(path, mode, uid=uid, content=data) for path, (data, mode, uid) in files.items()]
    entries.append(ImageFile("folder", 0o555, folder=True))
    data = b"".join(tar_stream(entries))
    assert len(data) == tar_length(entries)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {
            member.name: (archive.extractfile(member).read(), member.mode, member.uid)  # type: ignore[union-attr]
            for member in archive
            if member.isfile()
        }
        assert all(member.mtime == EPOCH for member in archive)
        assert archive.getmember("folder").isdir()
    # tarfile drops slashes at an end; names here have none inside a part.
    assert found == files


def test_a_big_file_is_streamed_in_pieces(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(5 << 20)
    digest = hashlib.sha256(b"\0" * (5 << 20)).hexdigest()
    entry = ImageFile("app/big", 0o444, origin=BundleFile("big", 5 << 20, digest, source=path))
    sizes = [len(chunk) for chunk in tar_stream([entry])]
    assert max(sizes) <= 1 << 20
    assert sum(sizes) == tar_length([entry])


def test_a_file_that_changed_since_it_was_bundled_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"other")
    entry = ImageFile("app/f", 0o444, origin=BundleFile("f", 5, "0" * 64, source=path))
    with pytest.raises(DeploymentError) as caught:
        list(tar_stream([entry]))
    assert caught.value.code == "file-changed"


def test_a_stream_stops_when_it_is_told_to() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(tar_stream([ImageFile("a", 0o444, content=b"x")], stop))
