"""The commands of `tbp` that keep it going: health, UI, Dagster's programs, schema, backup, restore.

They import their work when they are called, like the others.
"""

# ruff: noqa: PLC0415
from pathlib import Path
from typing import Annotated

import typer

from tbp_assets.cli.options import JsonFlag

operating_app = typer.Typer()


@operating_app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Where the UI listens; other machines need --without-login.")] = "127.0.0.1",
    without_login: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--without-login",
            help="Listen for other machines, too: the UI has no login, whoever reaches it can do everything.",
        ),
    ] = False,
) -> None:
    """Start Dagster's UI and daemon; the schedules run while it is up."""
    from tbp_assets.cli import up as work

    work.up(port, host, without_login=without_login)


# What follows the program is its own, options included.
@operating_app.command("exec", context_settings={"allow_interspersed_args": False})
def exec_program(
    command: Annotated[
        list[str], typer.Argument(metavar="PROGRAM [ARGS]...", help="dagster, dagster-webserver or dagster-daemon.")
    ],
) -> None:
    """Run one of Dagster's programs over the project's database, for services that are started one by one."""
    from tbp_assets.cli import dagster_programs as work

    work.exec_program(command)


@operating_app.command()
def worker() -> None:
    """Work on one step at a time of runs started elsewhere, where pipeline.yml chooses `executor: celery`."""
    from tbp_assets.cli import worker as work

    work.worker()


@operating_app.command()
def doctor(as_json: JsonFlag = False) -> int:  # noqa: FBT002
    """Look at provider, access, database, disks, memory, clocks, daemon and days; say what is wrong and what to do."""
    from tbp_assets.cli import doctor as work

    return work.doctor(as_json=as_json)


@operating_app.command()
def stop() -> int:
    """End the UI and daemon and the embedded PostgreSQL of this TBP_HOME."""
    from tbp_assets.cli import up as work

    return work.stop()


@operating_app.command()
def migrate() -> int:
    """Bring the database to the schema of this release, and Dagster's tables to that of the installed Dagster."""
    from tbp_assets.cli import migrate as work

    return work.migrate()


@operating_app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there yet.")],
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Write the database, bars and Dagster's records, to one file; loads may go on meanwhile."""
    from tbp_assets.cli import backup as work

    return work.backup(file, as_json=as_json)


@operating_app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `tbp backup` wrote.")],
    as_json: JsonFlag = False,  # noqa: FBT002
) -> int:
    """Fill an empty database from a backup, and count that every row is there."""
    from tbp_assets.cli import backup as work

    return work.restore(file, as_json=as_json)
