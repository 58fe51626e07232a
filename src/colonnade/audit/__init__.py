"""Audit: who changed what, and when."""

from colonnade.audit.log import AuditLog

__all__ = ["AuditLog"]
