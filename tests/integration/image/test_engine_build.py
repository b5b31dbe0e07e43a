"""Images built by a real engine: what is in them, what is not, and what a second build costs."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.core.events import LogLines
from holodeck_tui.image.base import engine_base
from holodeck_tui.image.builder import build, build_context, find_built
from holodeck_tui.image.dockerfile import one_line
from holodeck_tui.image.engine import Engine
from holodeck_tui.image.plan import EPOCH
from tests.parts import need_image

from .conftest import Made, Recorder, built_on, image_ids, import_base, sweep

pytestmark = [pytest.mark.integration, pytest.mark.docker]

Agent = Callable[..., Made]


def layers_of(engine: Engine, image_id: str) -> tuple[dict[str, Any], list[list[tarfile.TarInfo]], bytes]:
    """The image as the engine saves it: configuration, members of each layer, all raw bytes."""
    raw = b"".join(engine.client.images.get(image_id).save())
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:

        def read(name: str) -> bytes:
            file = archive.extractfile(name)
            assert file is not None
            data = file.read()
            return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data

        (manifest,) = json.loads(read("manifest.json"))
        config = json.loads(read(manifest["Config"]))
        contents = [read(name) for name in manifest["Layers"]]
    members = []
    for content in contents:
        with tarfile.open(fileobj=io.BytesIO(content)) as layer:
            members.append(layer.getmembers())
    return config, members, b"".join([json.dumps(config).encode(), raw, *contents])


def test_files_modes_owners_and_configuration_are_those_of_the_plan(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    made = agent(
        base,
        files={"data/big.bin": b"x" * (2 << 20), "data/é 日本.txt": b"text"},
        tools=[{"type": "vectorstore", "name": "kb", "description": "d", "source": "data"}],
    )
    plan = made.plan(engine, recorder.ctx)
    image = build(plan, recorder.ctx, engine=engine)
    config, layers, _ = layers_of(engine, image.digest)
    found = {
        member.name.rstrip("/"): (member.mode & 0o7777, member.uid, member.gid, member.mtime, member.isdir())
        for layer in layers[1:]
        for member in layer
    }
    wanted = {
        entry.path: (entry.mode, entry.uid, entry.gid, EPOCH, entry.folder)
        for layer in plan.layers
        for entry in layer.entries
    }
    assert {path: found[path] for path in wanted} == wanted
    # Parents that the base lacks are made by the engine; nothing else may be there.
    assert set(found) - set(wanted) <= {"opt", "var"}
    assert [len(layer) > 0 for layer in layers] == [True] * 4
    inspected = engine.client.images.get(image.digest).attrs["Config"]
    own = plan.config.over(engine.client.images.get(base).attrs["Config"])
    for key in ("Entrypoint", "User", "WorkingDir", "Healthcheck", "ExposedPorts"):
        assert inspected[key] == own[key], key
    assert sorted(inspected["Env"]) == sorted(own["Env"])
    assert inspected["Labels"] == {**own["Labels"], **plan.volatile}
    assert not inspected["Cmd"]
    assert config["architecture"] == "amd64"


def test_a_second_build_finds_the_image_and_a_rebuild_hits_the_cache_in_every_step(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    plan = agent(base).plan(engine, recorder.ctx)
    assert find_built(plan, engine) is None
    first = build(plan, recorder.ctx, engine=engine)
    assert find_built(plan, engine) == first
    recorder.events.clear()
    again = build(replace(plan, uri=plan.uri.replace(":1", ":2")), recorder.ctx, engine=engine)
    assert again.digest == first.digest
    assert recorder.events == [], "nothing was built"
    assert engine.client.images.get(again.uri).id == first.digest

    from holodeck_tui.image import builder

    cached = builder._build(plan, recorder.ctx, engine, no_cache=False)
    assert cached == first.digest
    lines = [line for event in recorder.events if isinstance(event, LogLines) for line in event.lines]
    steps = [line for line in lines if line.startswith("Step ")]
    assert sum("Using cache" in line for line in lines) == len(steps) - 2, "all but ARG and FROM"


def test_what_is_sent_to_the_engine_for_a_while_is_told(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    tools = [{"type": "vectorstore", "name": "kb", "description": "d", "source": "data"}]
    plan = agent(base, files={"data/big.bin": bytes(11_000_000)}, tools=tools).plan(engine, recorder.ctx)
    build(plan, recorder.ctx, engine=engine)
    assert "Sending 11.0 MB to the container engine" in recorder.text


def test_without_cache_everything_is_made_anew(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    plan = agent(base).plan(engine, recorder.ctx)
    build(plan, recorder.ctx, engine=engine)
    recorder.events.clear()
    build(plan, recorder.ctx, engine=engine, no_cache=True)
    assert "Step 1/" in recorder.text
    assert "Using cache" not in recorder.text


def test_a_changed_agent_rebuilds_only_what_follows_the_data(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    big = {"data/big.bin": b"x" * (2 << 20)}
    tools = [{"type": "vectorstore", "name": "kb", "description": "d", "source": "data"}]
    build(agent(base, files=big, tools=tools).plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    recorder.events.clear()
    changed = agent(base, files={**big, "instructions.md": b"Be brief.\n"}, tools=tools)
    build(changed.plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    lines = [line for event in recorder.events if isinstance(event, LogLines) for line in event.lines]
    after = lines[next(i for i, line in enumerate(lines) if "ADD agent.tar" in line) :]
    before = lines[: lines.index(after[0])]
    assert not any("Using cache" in line for line in after)
    assert (
        sum("Using cache" in line for line in before) == sum(line.startswith("Step ") for line in before) - 2
    )


def test_hostile_values_reach_the_image_as_values(
    engine: Engine, unique: str, base: str, agent: Agent, recorder: Recorder
) -> None:
    """The property of the unit tests, held by the engine's own parser."""
    plan = agent(base, name='x" \\ $HOME $BASE `id`\u2028\nRUN id é日本').plan(engine, recorder.ctx)
    plan = replace(plan, uri=f"{unique}/hostile:1")
    hostile = [
        '"',
        "\\",
        '\\"',
        "$",
        "$$",
        "${BASE}",
        "\\$x",
        "'",
        "`id`",
        "a\nRUN id",
        "a \\",
        "a\\\nUSER 0",
        "#",
        "a # b",
        "<<EOF",
        "a=b c=d",
        "",
        " ",
        "  x  ",
        "é",
        "日本語🙂",
        "\x00\x01\x1b[31m",
        "\ufeff",
        "\x85",
        "\\n",
        '""',
        "%s",
        "{{ 1 }}",
        "x" * 5000,
    ]
    labels = {f"test.{number}": text for number, text in enumerate(hostile)}
    plan = replace(plan, volatile=labels)
    image = build(plan, recorder.ctx, engine=engine)
    found = engine.client.images.get(image.digest).attrs["Config"]
    assert {name: found["Labels"][name] for name in labels} == {k: one_line(v) for k, v in labels.items()}
    assert found["Labels"]["com.holodeck.agent"] == plan.labels["com.holodeck.agent"]
    assert found["User"] == "1000:1000"


def test_random_labels_reach_the_image_as_values(engine: Engine, base: str, agent: Agent) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    recorder = Recorder()
    plan = agent(base).plan(engine, recorder.ctx)
    text = st.one_of(st.text(max_size=50), st.text(alphabet='"\\$\n{}`a ', max_size=30))

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(text, min_size=100, max_size=150))
    def holds(values: list[str]) -> None:
        labels = {f"test.{number}": value for number, value in enumerate(values)}
        image = build(
            replace(plan, volatile=labels, key=str(hash(tuple(values)))), recorder.ctx, engine=engine
        )
        found = engine.client.images.get(image.digest).attrs["Config"]["Labels"]
        assert {name: found[name] for name in labels} == {k: one_line(v) for k, v in labels.items()}

    holds()


def test_no_value_of_the_environment_is_in_the_image(engine: Engine, base: str, agent: Agent) -> None:
    canary = "c4n4ry-5ecret-value"
    recorder = Recorder({"CANARY": canary, "HTTPS_PROXY": f"http://u:{canary}@127.0.0.1:1"})
    made = agent(
        base,
        host="registry.test",
        deployment={"environment": {"PLAIN": "${CANARY}", "OTHER": "plain-but-mine-77"}},
    )
    image = build(made.plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    _, _, raw = layers_of(engine, image.digest)
    history = json.dumps(engine.client.images.get(image.digest).history())
    for secret in (canary, "plain-but-mine-77"):
        assert secret.encode() not in raw
        assert secret not in history
        assert secret not in recorder.text


@pytest.mark.parametrize("wanted", ["linux/amd64", "linux/arm64"])
def test_an_image_of_another_platform_is_refused_and_removed(
    engine: Engine, unique: str, base: str, agent: Agent, recorder: Recorder, wanted: str
) -> None:
    plan = agent(base).plan(engine, recorder.ctx)
    other = plan.base.engine_id
    if wanted == "linux/amd64":
        other = import_base(engine, f"{unique}-arm", "linux/arm64", arm=unique)
    wrong = replace(plan, base=replace(plan.base, engine_id=other), platform=wanted, key="1" * 64)
    before = image_ids(engine)
    with pytest.raises(DeploymentError) as caught:
        build(wrong, recorder.ctx, engine=engine)
    assert caught.value.code == "platform-mismatch"
    assert find_built(wrong, engine) is None
    assert not built_on(engine, other, image_ids(engine) - before)


def test_an_image_for_another_platform_needs_no_emulation(
    engine: Engine, unique: str, agent: Agent, base: str, recorder: Recorder
) -> None:
    import_base(engine, f"{unique}-arm", "linux/arm64", arm=unique)
    made = agent(f"{unique}-arm:1", deployment={"platform": "linux/arm64"})
    image = build(made.plan(engine, recorder.ctx), recorder.ctx, engine=engine)
    assert engine.client.images.get(image.digest).attrs["Architecture"] == "arm64"


SLOW = "#!/bin/sh\nexec /bin/sleep 60\n"


def test_what_fails_is_told_with_the_last_lines(
    engine: Engine, unique: str, agent: Agent, recorder: Recorder, base: str
) -> None:
    plan = agent("debian-py:test").plan(engine, recorder.ctx)
    with pytest.raises(DeploymentError) as caught:
        build(replace(plan, extras=("chromadb",), key="2" * 64), recorder.ctx, engine=engine)
    error = caught.value
    assert error.code == "build-failed"
    assert any("RUN python=" in line for line in error.details)
    assert "base --extras" in error.remedy


def test_a_cancelled_build_ends_at_once_and_leaves_nothing(
    engine: Engine, unique: str, agent: Agent, recorder: Recorder, base: str
) -> None:
    import docker

    client = engine.client
    script = io.BytesIO(
        b"FROM debian-py:test\n"
        b"RUN printf '#!/usr/local/bin/slow\\n' > /usr/local/bin/holodeck && "
        b"printf '#!/bin/sh\\nexec sleep 60\\n' > /usr/local/bin/slow && chmod 755 /usr/local/bin/*\n"
    )
    slow, _ = client.images.build(fileobj=script, tag=f"{unique}-slow:1", rm=True)
    plan = agent(f"{unique}-slow:1").plan(engine, recorder.ctx)
    plan = replace(plan, extras=("chromadb",), key="3" * 64)
    before = image_ids(engine)

    def cancel_once_it_runs() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            _, found, after = recorder.text.partition("RUN python")
            if found and "Running in" in after:
                break
            time.sleep(0.05)
        recorder.ctx.cancel.cancel()

    thread = threading.Thread(target=cancel_once_it_runs)
    thread.start()
    with pytest.raises(Cancelled):
        build(plan, recorder.ctx, engine=engine)
    thread.join()
    assert "RUN python" in recorder.text, "it was cancelled while the step ran"
    running = set(re.findall(r"Running in ([0-9a-f]{12})", recorder.text))
    assert not [c for c in client.containers.list(all=True, ignore_removed=True) if c.short_id in running]
    assert not built_on(engine, slow.id, image_ids(engine) - before)
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get(plan.uri)


def test_cancelling_while_the_context_is_sent(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    plan = agent(base, files={"data/big": b"x" * (3 << 20)}).plan(engine, recorder.ctx)
    recorder.ctx.cancel.cancel()
    with pytest.raises(Cancelled):
        build(plan, recorder.ctx, engine=engine)


def test_a_file_that_changes_during_the_build_stops_it(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    made = agent(base)
    plan = made.plan(engine, recorder.ctx)
    made.settings.agent_dir.joinpath("instructions.md").write_bytes(b"Be mean.\n")
    with pytest.raises(DeploymentError) as caught:
        build(plan, recorder.ctx, engine=engine)
    assert caught.value.code == "file-changed"


@pytest.mark.slow
def test_a_gigabyte_costs_little_memory(
    engine: Engine, base: str, agent: Agent, recorder: Recorder, tmp_path: Path
) -> None:
    import psutil

    made = agent(
        base,
        files={"data/a.txt": b"a"},
        tools=[{"type": "vectorstore", "name": "kb", "description": "d", "source": "data"}],
    )
    with (made.settings.agent_dir / "data" / "zeros.bin").open("wb") as file:
        file.truncate(1 << 30)
    from holodeck_tui.bundle.collect import collect

    made = Made(made.settings, collect(made.settings, recorder.ctx))
    plan = made.plan(engine, recorder.ctx)
    process = psutil.Process()
    before = peak = process.memory_info().rss
    total = 0
    for number, chunk in enumerate(build_context(plan, recorder.ctx)):
        total += len(chunk)
        if number % 64 == 0:
            peak = max(peak, process.memory_info().rss)
    assert total > 1 << 30
    assert peak - before < 150 << 20


@pytest.mark.slow
def test_extras_that_are_there_already_cost_no_network(engine: Engine, agent: Agent, unique: str) -> None:
    recorder = Recorder()
    made = agent(need_image("holodeck-base:test"))
    plan = made.plan(engine, recorder.ctx)
    assert "openai-agents" in plan.base.extras
    plan = replace(plan, extras=("openai-agents",), key="4" * 64, uri=f"{unique}/extras:1")
    try:
        image = build(plan, recorder.ctx, engine=engine)
        output = engine.client.containers.run(image.digest, entrypoint=["holodeck", "--version"], remove=True)
        assert b"0.7.1" in output
    finally:
        sweep(engine, unique)


def test_the_base_that_the_engine_has_is_used_without_asking_anybody(
    engine: Engine, base: str, agent: Agent, recorder: Recorder
) -> None:
    found = engine_base(agent(base).settings, recorder.ctx, engine, refresh=True)
    assert found.engine_id == engine.client.images.get(base).id
    assert found.digest is None
    assert recorder.events == []
