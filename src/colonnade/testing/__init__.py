"""For users' own tests: `rolled_back`, and in `colonnade.testing.compliance` cases for their repositories."""

from colonnade.testing.rollback import rolled_back

__all__ = ["rolled_back"]
