#!/usr/bin/env bash
# Makes the real parts that the integration tests run against. Idempotent: what is there is kept.
#
#   a Docker engine, docker-registry, podman, skopeo, tmux   Debian packages (root on Debian installs them,
#                                                            anyone else is told what to install)
#   debian-py:test        Debian with Python, made by debootstrap: the base of the base in tests
#   holodeck-base:test    docker/Dockerfile on top of it, with the real holodeck-ai
#   a virtual environment with the real holodeck-ai: the process runtime, and the loader that judges our files
#
# Prints what it does; writes the tests' settings to $cache/environment (read by tests/conftest.py).
set -euo pipefail
cd "$(dirname "$0")/../.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/holodeck-deploy-tui/test-environment"
mkdir -p "$cache"
say() { echo "environment: $*"; }

packages=()
need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || packages+=("$2"); }
need dockerd docker.io
need docker-registry docker-registry
need debootstrap debootstrap
need podman podman
need skopeo skopeo
need tmux tmux
if [ ${#packages[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${packages[*]}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >"$cache/apt.log" 2>&1 ||
            { tail -20 "$cache/apt.log" >&2; exit 1; }
    else
        say "missing: ${packages[*]}. Install them (as root on Debian: apt-get install ${packages[*]});"
        say "tests that need them are skipped until then."
    fi
fi

engine=no
if docker version >/dev/null 2>&1; then
    engine=yes
elif [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null; then
    say "starting dockerd (log: $cache/dockerd.log)"
    nohup dockerd >"$cache/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 60); do
        if docker version >/dev/null 2>&1; then engine=yes; break; fi
        sleep 0.5
    done
    [ "$engine" = yes ] || { say "dockerd does not answer:"; tail -20 "$cache/dockerd.log" >&2; }
else
    say "no container engine answers; start one (sudo systemctl start docker)"
fi

if [ "$engine" = yes ] && ! docker image inspect debian-py:test >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
        say "making debian-py:test with debootstrap (about a minute)"
        root="$cache/rootfs"
        rm -rf "$root"
        debootstrap --variant=minbase --include=python3,python3-pip,ca-certificates bookworm "$root" \
            >"$cache/debootstrap.log" 2>&1 || { tail -20 "$cache/debootstrap.log" >&2; exit 1; }
        # A build behind a proxy with its own CA must believe what this machine believes.
        bundle=/etc/ssl/certs/ca-certificates.crt
        if [ -f "$bundle" ]; then cp "$bundle" "$root$bundle"; fi
        tar -C "$root" -c . | docker import \
            --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
            - debian-py:test >/dev/null
        rm -rf "$root"
    else
        say "debian-py:test is missing; making it needs root and debootstrap"
    fi
fi

# The digest of docker/ is a label, so that a changed Dockerfile or entrypoint is built again.
recipe="$(cat docker/Dockerfile docker/entrypoint.sh | sha256sum | cut -c1-16)"
if [ "$engine" = yes ] && docker image inspect debian-py:test >/dev/null 2>&1; then
    built="$(docker image inspect -f '{{index .Config.Labels "test.recipe"}}' holodeck-base:test 2>/dev/null || true)"
    if [ "$built" != "$recipe" ]; then
        say "building holodeck-base:test with the real holodeck-ai (about 90 seconds)"
        DOCKER_BUILDKIT=0 docker build -q --build-arg BASE=debian-py:test --build-arg EXTRAS=openai-agents \
            --label "test.recipe=$recipe" -t holodeck-base:test docker >"$cache/base.log" 2>&1 ||
            { tail -20 "$cache/base.log" >&2; exit 1; }
    fi
fi

venv="$cache/holodeck"
if [ ! -x "$venv/bin/holodeck" ]; then
    say "installing the real holodeck-ai into $venv (about two minutes)"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install -q uv
    "$venv/bin/uv" pip install -q --python "$venv/bin/python" "holodeck-ai[openai-agents]==0.7.1" exceptiongroup
    "$venv/bin/python" -m compileall -q "$venv/lib" >/dev/null 2>&1 || true
fi

{
    echo "HOLODECK_TEST_BIN=$venv/bin/holodeck"
    echo "HOLODECK_TEST_PYTHON=$venv/bin/python"
} >"$cache/environment"
say "ready (engine: $engine)"
