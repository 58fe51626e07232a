"""A table of an engine without transactions."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="engine-without-transactions",
    databases=("mysql",),
    happens="a rollback keeps what was written, foreign keys are taken and ignored, and a crash may lose rows",
    why="MyISAM, Aria, MEMORY and CSV know no transactions.",
    rewrite="leave mysql_engine out, or say InnoDB",
    bad=('op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), mysql_engine="MyISAM")',),
    good=('op.create_table("song", sa.Column("id", sa.Integer, primary_key=True), mysql_engine="InnoDB")',),
    shows="accepts",
)


@RULE.finds
def without(step: Step) -> Hits:
    for each in step.all("CreateTable"):
        engine = str(each.options.get("mysql_engine") or each.options.get("mariadb_engine") or "InnoDB")
        if engine.lower() not in ("innodb", "rocksdb", "ndb", "ndbcluster", "tokudb"):
            yield each.hit(f"{each.table} is made in {engine}")
