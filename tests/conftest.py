"""Fixtures that every test may ask for, and what holds for all of them."""

from hypothesis import settings

pytest_plugins = ["tests.postgres", "tests.sql_places"]

# How long an example takes says something about the machine: speed is measured in benchmarks.
settings.register_profile("trunkline")
settings.load_profile("trunkline")
