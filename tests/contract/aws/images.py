"""A base that is real and small: a layer of one file, and what a base must say of itself."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import Any

import httpx

BASE = "team/base:1"
_OCI = "application/vnd.oci.image"


def put_base(host: str) -> str:
    """Push it; its reference."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("etc/standin")
        member.size = 8
        archive.addfile(member, io.BytesIO(b"standin\n"))
    layer = gzip.compress(tar.getvalue(), mtime=0)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
            "Labels": {"com.holodeck.extras": "openai-agents"},
        },
        "rootfs": {"type": "layers", "diff_ids": [_digest(tar.getvalue())]},
    }
    raw = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": _descriptor(f"{_OCI}.config.v1+json", raw),
        "layers": [_descriptor(f"{_OCI}.layer.v1.tar+gzip", layer)],
    }
    name, _, tag = BASE.partition(":")
    with httpx.Client(base_url=f"http://{host}", trust_env=False) as client:
        for blob in (layer, raw):
            where = client.post(f"/v2/{name}/blobs/uploads/").headers["location"]
            url = httpx.URL(where).copy_merge_params({"digest": _digest(blob)})
            client.put(url, content=blob).raise_for_status()
        headers = {"Content-Type": str(manifest["mediaType"])}
        client.put(
            f"/v2/{name}/manifests/{tag}", content=json.dumps(manifest), headers=headers
        ).raise_for_status()
    return f"{host}/{BASE}"


def _descriptor(kind: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
