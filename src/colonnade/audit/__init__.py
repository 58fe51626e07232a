"""Audit: who changed what, and when, recorded by the database itself."""

from colonnade.audit.actor import actor
from colonnade.audit.declare import Audit
from colonnade.audit.install import Missing, check, install
from colonnade.audit.log import AuditLog
from colonnade.audit.prune import prune
from colonnade.audit.reconcile import Difference, reconcile
from colonnade.audit.repository import AsyncAuditRepository, AuditRepository
from colonnade.audit.seal import Fault, Proof, export, prove, seal, verify

__all__ = [
    "AsyncAuditRepository",
    "Audit",
    "AuditLog",
    "AuditRepository",
    "Difference",
    "Fault",
    "Missing",
    "Proof",
    "actor",
    "check",
    "export",
    "install",
    "prove",
    "prune",
    "reconcile",
    "seal",
    "verify",
]
