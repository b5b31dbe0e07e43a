"""Which login goes where, and that none is shown."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path

import pytest

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.image.credentials import Credential, find_credentials
from holodeck_tui.image.endpoints import find_endpoint

pytestmark = pytest.mark.unit

HELPER = """#!{python}
import sys
host = sys.stdin.read().strip()
mode = {mode!r}
if mode == "hang":
    import time
    time.sleep(60)
if mode == "fail":
    print("the keychain is locked: top-secret-detail\\x1b[2J")
    sys.exit(1)
if mode == "nothing" or host not in {hosts!r}:
    print("credentials not found in native keychain")
    sys.exit(1)
print('{{"ServerURL": "x", "Username": "{user}", "Secret": "from-helper-pw"}}')
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def context(folder: Path, **environ: str) -> Context:
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    return Context(environ={"DOCKER_CONFIG": str(folder), "PATH": path, **environ})


def write(folder: Path, **config: object) -> None:
    (folder / "config.json").write_text(json.dumps(config))


def helper(folder: Path, name: str, *hosts: str, mode: str = "", user: str = "hugo") -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text(HELPER.format(python=sys.executable, mode=mode, hosts=hosts, user=user))
    program.chmod(0o755)


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_the_order_prefix_then_common_then_docker(folder: Path) -> None:
    write(folder, auths={"ghcr.io": auth("carl", "from-config")})
    environ = {"MY_USERNAME": "anna", "MY_PASSWORD": "from-prefix",
               "HOLODECK_REGISTRY_USERNAME": "bert", "HOLODECK_REGISTRY_PASSWORD": "from-common"}  # fmt: skip
    everything = context(folder, **environ)
    found = find_credentials("ghcr.io", everything, prefix="MY")
    assert found is not None
    assert (found.username, found.password) == ("anna", "from-prefix")
    assert find_credentials("ghcr.io", everything).username == "bert"  # type: ignore[union-attr]
    assert find_credentials("ghcr.io", everything, prefix="OTHER").username == "bert"  # type: ignore[union-attr]
    assert find_credentials("ghcr.io", context(folder)).username == "carl"  # type: ignore[union-attr]
    assert find_credentials("quay.io", context(folder)) is None


def test_the_targets_login_is_not_for_the_bases_registry(folder: Path) -> None:
    ctx = context(folder, HOLODECK_REGISTRY_USERNAME="bert", HOLODECK_REGISTRY_PASSWORD="from-common")
    assert find_credentials("ghcr.io", ctx, common=False) is None


def test_half_a_login_is_an_error_that_names_the_other_half(folder: Path) -> None:
    with pytest.raises(DeploymentError) as caught:
        find_credentials("ghcr.io", context(folder, HOLODECK_REGISTRY_USERNAME="bert"))
    assert caught.value.code == "credentials-missing"
    assert "HOLODECK_REGISTRY_PASSWORD" in caught.value.reason


def test_docker_hub_under_the_name_docker_login_writes(folder: Path) -> None:
    write(folder, auths={"https://index.docker.io/v1/": auth("carl", "pa:ss:word")})
    found = find_credentials("docker.io", context(folder))
    assert found is not None
    assert found.password == "pa:ss:word"


def test_a_hosts_own_helper_then_the_store_then_the_file(folder: Path) -> None:
    helper(folder, "mine", "ghcr.io", user="own")
    helper(folder, "store", "quay.io", "ghcr.io", user="store")
    write(folder, credHelpers={"ghcr.io": "mine", "file.io": "mine"}, credsStore="store",
          auths={"file.io": auth("carl", "from-config")})  # fmt: skip
    ctx = context(folder)
    names = {host: find_credentials(host, ctx) for host in ("ghcr.io", "quay.io", "file.io", "none.io")}
    assert {host: one and one.username for host, one in names.items()} == {
        "ghcr.io": "own", "quay.io": "store", "file.io": "carl", "none.io": None,
    }  # fmt: skip


def test_an_identity_token_is_no_password(folder: Path) -> None:
    helper(folder, "mine", "my.azurecr.io", user="<token>")
    write(folder, credHelpers={"my.azurecr.io": "mine"}, auths={"b.io": {"identitytoken": "tok-123456"}})
    found = find_credentials("my.azurecr.io", context(folder))
    assert found is not None
    assert (found.identity_token, found.password) == ("from-helper-pw", "")
    assert found.auth_config() == {"identitytoken": "from-helper-pw"}
    assert find_credentials("b.io", context(folder)).identity_token == "tok-123456"  # type: ignore[union-attr]


@pytest.mark.parametrize(("mode", "said"), [("fail", "keychain is locked"), ("missing", "not on PATH")])
def test_a_helper_that_fails_is_told(folder: Path, mode: str, said: str) -> None:
    if mode != "missing":
        helper(folder, "bad", "ghcr.io", mode=mode)
    write(folder, credsStore="bad")
    with pytest.raises(DeploymentError) as caught:
        find_credentials("ghcr.io", context(folder))
    assert caught.value.code == "credential-helper"
    assert said in caught.value.reason
    assert "\x1b" not in str(caught.value)


def test_a_helper_that_hangs_does_not_outlive_a_cancel(folder: Path) -> None:
    helper(folder, "slow", "ghcr.io", mode="hang")
    write(folder, credsStore="slow")
    cancel = CancelToken()
    ctx = context(folder)
    ctx = Context(environ=ctx.environ, cancel=cancel)
    import threading

    threading.Timer(0.3, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        find_credentials("ghcr.io", ctx)
    assert time.monotonic() - began < 5


def test_a_broken_config_is_told(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(DeploymentError) as caught:
        find_credentials("ghcr.io", context(folder))
    assert caught.value.code == "credential-helper"


def test_nothing_shows_a_login(folder: Path) -> None:
    ctx = context(folder, HOLODECK_REGISTRY_USERNAME="bert", HOLODECK_REGISTRY_PASSWORD="canary-7531")
    found = find_credentials("ghcr.io", ctx)
    assert found is not None
    assert "canary" not in f"{found!r} {found} {[found]}"
    pair = base64.b64encode(b"bert:canary-7531").decode()
    assert ctx.redactor.clean(f"x canary-7531 {pair}") == "x *** ***"
    assert found == Credential("bert", "canary-7531", origin="HOLODECK_REGISTRY_PASSWORD")


class _Cloud:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def credential(self, host: str, ctx: Context) -> Credential | None:
        self.asked.append(host)
        return Credential("AWS", "cloud-token") if host.endswith(".amazonaws.com") else None


def test_a_clouds_login_never_goes_to_this_machine(folder: Path) -> None:
    cloud = _Cloud()
    host = "1.dkr.ecr.eu-west-1.amazonaws.com"
    found = find_credentials(host, context(folder), sources=[cloud])
    assert found is not None
    assert found.username == "AWS"
    write(folder, auths={host: auth("real", "real-password"), "127.0.0.1:5000": auth("local", "for-mirror")})
    mirror = context(folder, HOLODECK_REGISTRY_ENDPOINTS=f"{host}=http://127.0.0.1:5000")
    found = find_credentials(host, mirror, sources=[cloud])
    assert found is not None
    assert found.username == "local"
    assert find_credentials("127.0.0.1:5000", context(folder), sources=[cloud]).username == "local"  # type: ignore[union-attr]
    assert cloud.asked == [host]


@pytest.mark.parametrize(
    ("host", "variable", "url"),
    [
        ("docker.io", "", "https://registry-1.docker.io"),
        ("ghcr.io", "", "https://ghcr.io"),
        ("127.0.0.1:5000", "", "http://127.0.0.1:5000"),
        ("ghcr.io", "ghcr.io=http://127.0.0.1:5001, quay.io=https://m.example.com/", "http://127.0.0.1:5001"),
        ("quay.io", "ghcr.io=http://127.0.0.1:5001, quay.io=https://m.example.com/", "https://m.example.com"),
    ],
)
def test_where_the_traffic_goes(host: str, variable: str, url: str) -> None:
    assert find_endpoint(host, {"HOLODECK_REGISTRY_ENDPOINTS": variable}).url == url


@pytest.mark.parametrize(
    "variable",
    ["ghcr.io", "ghcr.io=", "=http://127.0.0.1:1", "ghcr.io=http://mirror.example.com", "ghcr.io=ftp://127.0.0.1",
     "ghcr.io=http://127.0.0.1.evil.com:5000", "ghcr.io=https://u:p@m.example.com", "ghcr.io=https://m/path"],
)  # fmt: skip
def test_an_unsafe_or_malformed_mirror_is_refused(variable: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        find_endpoint("ghcr.io", {"HOLODECK_REGISTRY_ENDPOINTS": variable})
    assert caught.value.code == "config-invalid"
