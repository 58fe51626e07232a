"""HSTC pages: one `HSTC.md` a directory, read in every form there is and written in one. No database here."""

from dbp.hstc.check import Stale, check
from dbp.hstc.page import PAGE_NAME, Entry, Page
from dbp.hstc.reader import read_page
from dbp.hstc.tree import Written, write
from dbp.hstc.writer import written

__all__ = ["PAGE_NAME", "Entry", "Page", "Stale", "Written", "check", "read_page", "write", "written"]
