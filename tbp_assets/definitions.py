"""What Dagster loads: the definitions of `defs/`, made from the configuration, and nothing else."""

from tbp_assets.config_loader import load_settings
from tbp_assets.defs.assembly import build_definitions

defs = build_definitions(load_settings())
