"""An index over what another one is about already."""

from __future__ import annotations

from colonnade.migrations.lint.rule import Hits, Rule, Step

RULE = Rule(
    name="index-twice",
    severity="info",
    happens="it takes room and time on every write, and serves no query that the other doesn't",
    why="An index serves all that begin with its columns.",
    rewrite="leave it out, or drop the other",
    bad=('op.create_index("ix_again", "clip", ["length"])',),
    good=('op.create_index("ix_price", "clip", ["price"])',),
)


@RULE.finds
def again(step: Step) -> Hits:
    dropped = {str(each.given.index_name) for each in step.all("DropIndex")}
    made: list[tuple[str, str, tuple[str, ...]]] = []
    for each in step.all("CreateIndex"):
        columns = tuple(map(str, each.given.columns))
        others = [
            *((name, found) for name, found in step.keys_before(each.table) if name not in dropped),
            *((name, found) for table, name, found in made if table == each.table),
        ]
        plain = not each.given.unique and not any("where" in key for key in each.options)
        for name, found in others:
            if plain and found[: len(columns)] == columns:
                yield each.hit(
                    f"{each.given.index_name} over {', '.join(columns)} of {each.table}, beside {name}"
                )
                break
        made.append((each.table, str(each.given.index_name), columns))
