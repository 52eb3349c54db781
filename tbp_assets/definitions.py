"""What Dagster loads: the definitions of `defs/`, made from the configuration, in a process that logs."""

from tbp_assets.config_loader import load_settings
from tbp_assets.defs.assembly import build_definitions
from tbp_assets.logs.starting import has_started, start_logging

if not has_started():
    start_logging(load_settings(), "dagster")
defs = build_definitions(load_settings())
