"""The role that may read the tables and nothing else: what a colleague's or a dashboard's login is granted.

Roles belong to the whole server, so it may be there already, and making one needs a right that not every login has.
Rights follow each time a database is migrated: a later revision's tables are readable as soon as they exist.
"""

from __future__ import annotations

from typing import Final

from psycopg2.errors import DuplicateObject, InsufficientPrivilege, UniqueViolation
from psycopg2.sql import SQL, Composable, Identifier
from sqlalchemy import Connection, text

from tbp_assets.storage.database import Database

NOT_ALLOWED: Final = (
    "this login may not make the role %s, which other logins could read with: have an administrator run "
    "`CREATE ROLE %s NOLOGIN` and run `tbp migrate` again, or set reader_role in database.yml to ''"
)

IS_THERE: Final = text("SELECT count(*) FROM pg_roles WHERE rolname = :role")
MAY_ENTER: Final = text("SELECT has_schema_privilege(:role, current_schema(), 'USAGE')")
# What belongs to somebody else in the same schema is theirs to grant.
UNREADABLE: Final = text("""
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
    AND pg_has_role(relowner, 'USAGE') AND NOT has_table_privilege(:role, oid, 'SELECT')
ORDER BY relname
""")
UNCALLABLE: Final = text("""
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace
    AND pg_has_role(proowner, 'USAGE') AND NOT has_function_privilege(:role, oid, 'EXECUTE')
ORDER BY 1
""")


def grant_reading(connection: Connection, role: str) -> bool:
    """Make a role if it is not there, and let it read all of the schema's tables and call its functions.

    Nothing is written where nothing is missing.

    Args:
        connection: In the transaction of a migration; its current schema is the tables'.
        role: Its name.

    Returns:
        False where the role is not there and the login may not make it.
    """
    if not _made(connection, role):
        return False
    schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
    if not connection.execute(MAY_ENTER, {"role": role}).scalar_one():
        _grant(connection, SQL("USAGE ON SCHEMA {}").format(Identifier(schema)), role)
    for (name,) in connection.execute(UNREADABLE, {"role": role}).all():
        _grant(connection, SQL("SELECT ON TABLE {}").format(Identifier(schema, name)), role)
    for (signature,) in connection.execute(UNCALLABLE, {"role": role}).all():
        _grant(connection, SQL("EXECUTE ON FUNCTION {}").format(SQL(signature)), role)
    return True


def role_is_there(connection: Connection, role: str) -> bool:
    """Whether the server has a role."""
    return bool(connection.execute(IS_THERE, {"role": role}).scalar_one())


def _made(connection: Connection, role: str) -> bool:
    if role_is_there(connection, role):
        return True
    try:
        with connection.begin_nested(), Database.driver(connection).cursor() as cursor:
            cursor.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role)))
    except (DuplicateObject, UniqueViolation):
        # Another database of the same server was migrated at the same moment.
        return True
    except InsufficientPrivilege:
        return False
    return True


def _grant(connection: Connection, what: Composable, role: str) -> None:
    with Database.driver(connection).cursor() as cursor:
        cursor.execute(SQL("GRANT {} TO {}").format(what, Identifier(role)))
