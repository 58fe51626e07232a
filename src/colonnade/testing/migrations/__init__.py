"""Cases for a migration tree of a user's own: `MigrationCases`.

In a test module:

    class TestMigrations(MigrationCases):
        script_location = "migrations"
        metadata = Base.metadata
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.cases")

from colonnade.testing.migrations.cases import MigrationCases  # noqa: E402

__all__ = ["MigrationCases"]
