"""`tbp alerts`: tell what is wrong, once, or show what would be told; `tbp alerts test`: a trial of every channel."""

# ruff: noqa: PLC0415
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tbp_assets.alerts.channels import NOBODY, senders, words_for
from tbp_assets.alerts.telling import Told
from tbp_assets.alerts.words import trial
from tbp_assets.cli.output import err, out, print_json
from tbp_assets.cli.session import Session
from tbp_assets.config_loader import load_settings
from tbp_assets.errors import ConfigError, TbpError


def alerts(*, dry_run: bool = False, as_json: bool = False) -> int:
    """Run the command and return its exit code: 1 where a channel could not be reached."""
    session = Session.start()
    words = words_for(session.settings.pipeline.alerts)
    told = _told(session, dry_run=dry_run)
    if as_json:
        print_json({"route": session.route, "alerts": words, "dry_run": dry_run, "channels": _as_json(told)})
    else:
        out.print(session.route)
        out.print(words)
        _show(told, dry_run=dry_run)
    return 1 if any(each.error for each in told) else 0


def _told(session: Session, *, dry_run: bool) -> list[Told]:
    if not session.settings.pipeline.alerts.channels and not dry_run:
        return []
    # Only where somebody is to be told: Dagster takes seconds to import.
    from tbp_assets.cli.instance import open_instance, storage_faults
    from tbp_assets.defs.alerting import Watch
    from tbp_assets.defs.shared import Plan

    with storage_faults(session), open_instance(session) as instance:
        watch = Watch(Plan.of(session.settings), session.landing, session.lake, session.database, instance)
        if dry_run:
            return watch.preview(datetime.now(UTC))
        return watch.tell(datetime.now(UTC))


def try_channels(*, as_json: bool = False) -> int:
    """Run `tbp alerts test` and return its exit code: 1 where a channel did not take the message.

    Raises:
        ConfigError: No channel is configured.
    """
    config = load_settings().pipeline.alerts
    if not config.channels:
        raise ConfigError(NOBODY)
    message, told = trial(config.ui_url), list[Told]()
    for sender in senders(config):
        try:
            sender.send(message)
            told.append(Told(sender.name, message))
        except TbpError as error:
            told.append(Told(sender.name, error=error))
    if as_json:
        print_json({"alerts": words_for(config), "channels": _as_json(told)})
    else:
        out.print(words_for(config))
        for each in told:
            err.print(f"{each.channel}: {each.error}", markup=False) if each.error else out.print(
                f"{each.channel}: delivered"
            )
    return 1 if any(each.error for each in told) else 0


def _show(told: Sequence[Told], *, dry_run: bool) -> None:
    for each in told:
        if each.error:
            err.print(str(each), markup=False)
        elif dry_run and each.message:
            out.print(f"\n{each.channel} would be told:\n{each.message.text}")
        else:
            out.print(str(each))


def _as_json(told: Sequence[Told]) -> list[dict[str, Any]]:
    return [
        {
            "channel": each.channel,
            "message": asdict(each.message) if each.message else None,
            "text": each.message.text if each.message else None,
            "error": str(each.error) if each.error else None,
            "waits_until": each.waits_until,
        }
        for each in told
    ]
