"""Fixtures of this room: commands that are typed in this process."""

from __future__ import annotations

from tbp_assets_tests.cli.terminal import tbp

__all__ = ["tbp"]
