"""Who is logged in to which cloud: from files and variables at no cost, or asked of the cloud itself."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace

from holodeck_tui.core.cancel import CancelToken
from holodeck_tui.core.context import Context
from holodeck_tui.core.errors import Cancelled, DeploymentError
from holodeck_tui.deployers.login import Login

# Seconds that one cloud may take to say who asks.
PATIENCE = 12.0


def known_logins(ctx: Context, without: Collection[str] = ()) -> tuple[Login, ...]:
    """What files and variables tell of every cloud but ``without``. Reads no secret, asks nobody."""
    from holodeck_tui.deployers.aws.login import known as aws
    from holodeck_tui.deployers.azure.login import known as azure
    from holodeck_tui.deployers.gcp.login import known as gcp

    looks = {"aws": aws, "gcp": gcp, "azure": azure}
    return tuple(look(ctx.environ) for name, look in looks.items() if name not in without)


def ask_logins(logins: Sequence[Login], ctx: Context) -> tuple[Login, ...]:
    """Ask every cloud whose login it is, all at once: a machine of a cloud's own may have one in no file."""
    answers = dict(enumerate(logins))

    def ask(at: int) -> None:
        answers[at] = _ask(logins[at], ctx)

    threads = [
        threading.Thread(target=ask, args=(at,), name="login", daemon=True) for at in range(len(logins))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ctx.cancel.check()
    return tuple(answers[at] for at in range(len(logins)))


def _ask(login: Login, ctx: Context) -> Login:
    token = CancelToken()
    forget = ctx.cancel.on_cancel(token.cancel)
    clock = threading.Timer(PATIENCE, token.cancel)
    clock.daemon = True
    clock.start()
    try:
        return replace(login, status="ok", detail=_who(login.provider, replace(ctx, cancel=token)), remedy="")
    except Cancelled:
        detail = f"{login.detail}; {login.name} gave no answer within {PATIENCE:g} s"
        return replace(login, status="skip", detail=detail)
    except DeploymentError as error:
        if login.status == "none" and error.code in {"credentials-missing", "sdk-missing"}:
            return login
        return replace(login, status="fail", detail=str(error), remedy=error.remedy)
    finally:
        clock.cancel()
        forget()


def _who(provider: str, ctx: Context) -> str:
    if provider == "aws":
        from holodeck_tui.deployers.aws.login import who

        return who(ctx)
    if provider == "gcp":
        from holodeck_tui.deployers.gcp.login import who

        return who(ctx)
    from holodeck_tui.deployers.azure.login import who

    return who(ctx)
