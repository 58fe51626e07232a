"""NOT VALID and VALIDATE in one transaction."""

from __future__ import annotations

import re

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="validate-in-the-same-transaction",
    databases=("postgresql",),
    happens="the lock of the first is kept while the second reads all rows: nothing is gained",
    why="Locks are held to the end of the transaction, and a revision is one.",
    rewrite="op.create_check_online; or validate it in a revision after it, or in an autocommit_block",
    bad=(
        'op.create_foreign_key("fk_other", "clip", "project", ["project_id"], ["id"], postgresql_not_valid=True)\n'
        'op.execute("ALTER TABLE clip VALIDATE CONSTRAINT fk_other")',
    ),
    good=(
        'op.create_foreign_key("fk_other", "clip", "project", ["project_id"], ["id"], postgresql_not_valid=True)\n'
        "with op.get_context().autocommit_block():\n"
        '    op.execute("ALTER TABLE clip VALIDATE CONSTRAINT fk_other")',
    ),
    shows="locks",
    weighs=True,
)


@RULE.finds
def together(step: Step) -> Hits:
    unchecked = {
        str(each.given.constraint_name)
        for each in step.all("CreateForeignKey", "CreateCheckConstraint")
        if each.options.get("postgresql_not_valid")
    }
    for each in step.statements():
        found = re.search(r'validate\s+constraint\s+"?(\w+)', each.sql, re.IGNORECASE)
        if found and found[1] in unchecked and not each.autocommit:
            yield each.hit(f"{found[1]} is made and validated at once")
