"""Seeds: rows that belong to a database from the start, as files or objects, put there as often as you like.

from colonnade.seeding import export, seed

seed(db, "seeds")               # every file of the folder; a second run changes nothing
export(db, "snapshot")          # a file for each table, from which seed() makes the same rows
"""

from colonnade.seeding.exporting import export
from colonnade.seeding.sources import TableSeeds
from colonnade.seeding.writing import Seeded, seed, status

__all__ = ["Seeded", "TableSeeds", "export", "seed", "status"]
