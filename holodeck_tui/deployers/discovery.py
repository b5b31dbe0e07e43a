"""What a login sees of a cloud: the proposals and choices of a first setup. Changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.accounts import known_accounts
from holodeck_tui.deployers.looking import Found, Looking


def discover(
    target: str,
    ctx: Context,
    looking: Looking | None = None,
    lookup: Callable[[str], str | None] | None = None,
) -> Found:
    """Ask the cloud of ``target``, and no other; a refusal and a late answer are findings. Blocks.

    ``lookup`` finds a variable with a registry's login (the shell alone by default).
    """
    looking = looking or Looking()
    asking = replace(ctx, cancel=looking.cancel)
    forget = ctx.cancel.on_cancel(looking.cancel.cancel)
    clock = threading.Timer(looking.seconds, looking.expire)
    clock.daemon = True
    clock.start()
    try:
        try:
            _look(target, asking, looking)
        except Cancelled:
            raise
        except DeploymentError as error:
            looking.refused(error)
        looking.doing = "the logins of docker"
        looking.accounts = known_accounts(asking, lookup)
    except Cancelled:
        ctx.cancel.check()
        looking.gave_up()
    finally:
        clock.cancel()
        forget()
    return looking.found()


def places(target: str, ctx: Context) -> tuple[tuple[str, str], ...]:
    """Each subscription that the login of ``target`` sees, the usual one first: id and name.

    Reads files of this machine, asks nobody; empty where a cloud has no such thing.
    """
    if target != "azure":
        return ()
    from holodeck_tui.deployers.azure.profile import read_profile

    profile = read_profile(ctx.environ)
    return tuple((one, profile.names.get(one, "")) for one in profile.subscriptions)


def _look(target: str, ctx: Context, looking: Looking) -> None:
    ctx.cancel.check()
    if target == "aws":
        from holodeck_tui.deployers.aws.discover import look

        look(ctx, looking)
    if target == "gcp":
        from holodeck_tui.deployers.gcp.discover import look

        look(ctx, looking)
    if target == "azure":
        from holodeck_tui.deployers.azure.discover import look

        look(ctx, looking)
