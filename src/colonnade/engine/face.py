"""The two faces: which kind of class is called plainly, and which is awaited.

Managers and repositories derive from one of these, so that one definition of an
operation serves both. They hold nothing.
"""


class SyncFace:
    """Base of the classes whose operations are plain calls."""


class AsyncFace:
    """Base of the classes whose operations are awaited."""
