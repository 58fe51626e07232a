"""Hash trees as RFC 6962 has them: a root for many leaves, and short proofs that one is among them.

Source: RFC 6962, section 2.1. A leaf is hashed behind a byte 0, two hashes behind a byte 1, so that neither
can be taken for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

__all__ = ["leaf", "proof", "root", "root_by"]


def leaf(content: bytes) -> bytes:
    """Give the hash of one leaf."""
    return sha256(b"\0" + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Give the root over the hashes of leaves; over none, the hash of nothing.

    >>> root([leaf(b"a"), leaf(b"b")]).hex()[:16]
    'b137985ff484fb60'
    """
    if not leaves:
        return sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[-1:] if len(level) % 2 else paired
    return level[0]


def proof(leaves: Sequence[bytes], at: int) -> list[bytes]:
    """Give the hashes by which, from the leaf at this place, the root is come to; the nearest first."""
    if not 0 <= at < len(leaves):
        raise IndexError(f"there are {len(leaves)} leaves, and none at {at}")
    if len(leaves) == 1:
        return []
    cut = _cut(len(leaves))
    if at < cut:
        return [*proof(leaves[:cut], at), root(leaves[cut:])]
    return [*proof(leaves[cut:], at - cut), root(leaves[:cut])]


def root_by(hashed: bytes, at: int, count: int, path: Sequence[bytes]) -> bytes:
    """Give the root that a leaf's hash and a proof come to, for a leaf at this place among so many.

    Raises:
        ValueError: for a proof of another length than one has there.
    """
    if count == 1:
        if path:
            raise ValueError("the proof is too long")
        return hashed
    if not path:
        raise ValueError("the proof is too short")
    cut = _cut(count)
    if at < cut:
        return _node(root_by(hashed, at, cut, path[:-1]), path[-1])
    return _node(path[-1], root_by(hashed, at - cut, count - cut, path[:-1]))


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _cut(count: int) -> int:
    """Give the largest power of two below the count."""
    return 1 << (count - 1).bit_length() - 1
