"""The front: holds a service's stable port and passes each connection on to the serving revision.

Runs by itself, in a container or detached, with nothing but the standard library (Python 3.8 or
later): ``python -I local_front_script.py HOST PORT POINTER``. POINTER is a JSON file with ``host``
and ``port`` of the serving revision. It is read anew for each connection, so that replacing the file
is what switches the service, and connections that are open stay where they are. When the folder of the
file is gone, nobody wants the service any more, and the front gives its port back.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

CHUNK = 65536
# Seconds for the serving revision to take a connection; it is beside us.
CONNECT = 5.0
# How often it is looked whether the service's folder is still there.
LOOK = 5.0


class Target:
    """Where to pass connections on; the last good word stands while the file cannot be read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._known: tuple[str, int] | None = None

    def read(self) -> tuple[str, int] | None:
        """Host and port, None before there were any."""
        try:
            with open(self._path, encoding="utf-8") as file:  # noqa: PTH123 - no import that is not needed
                data = json.load(file)
            self._known = (str(data["host"]), int(data["port"])) if data.get("host") else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return self._known


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass one direction on until it ends."""
    try:
        while True:
            data = await reader.read(CHUNK)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


def is_gone(folder: str) -> bool:
    """Whether it is known not to be there; one that cannot be looked at is."""
    try:
        os.stat(folder)  # noqa: PTH116 - no import that is not needed
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


async def serve(host: str, port: int, pointer: str) -> None:
    """Until the process or its folder ends."""
    target = Target(pointer)

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = None
        try:
            where = target.read()
            if where is None:
                return
            there, behind = await asyncio.wait_for(asyncio.open_connection(*where), CONNECT)
            await asyncio.gather(pump(reader, behind), pump(there, writer))
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()
            if behind is not None:
                behind.close()

    server = await asyncio.start_server(passed_on, host, port)
    # Who started us waits for this word: that something listens there may be somebody else.
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    folder = os.path.dirname(os.path.abspath(pointer))  # noqa: PTH100, PTH120 - no import that is not needed
    async with server:
        while not is_gone(folder):
            await asyncio.sleep(LOOK)


def main() -> int:
    """The exit code."""
    # Process 1 of a container has no default action for SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    host, port, pointer = sys.argv[1:4]
    try:
        asyncio.run(serve(host, int(port), pointer))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.stderr.write(f"front: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
