"""Reads config/*.yml into `settings` models: YAML, the environment's overrides, ${VAR} in string nodes, then types."""

from __future__ import annotations

from tbp_assets.config_loader.effective import Setting, effective_settings
from tbp_assets.config_loader.loader import ConfigLoader, config_dir, load_settings
from tbp_assets.config_loader.sources import Origin

__all__ = ["ConfigLoader", "Origin", "Setting", "config_dir", "effective_settings", "load_settings"]
