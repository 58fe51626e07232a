"""What is done with a story once it's written: its pictures drawn, and the whole of it exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from app.database.models import Image, Story
from app.illustrations import MODEL_VERSION, draw
from app.pages import page
from colonnade import AsyncBaseRepository, BaseRepository, RepositoryOperations, operation
from colonnade.errors import EntityNotFoundError

__all__ = ["AsyncPublisher", "Publisher", "write_page"]

Progress = Callable[[str, int, int], object]


class PublishOperations(RepositoryOperations[Story]):
    """Illustrating and exporting stories."""

    @operation
    def illustrate(
        self, story_id: int | None = None, *, anew: bool = False, progress: Progress | None = None
    ) -> int:
        """Draw a picture for each page that has none, of one story or of all; give how many were drawn.

        With `anew` those that are there are drawn again, and count it.

        Raises:
            EntityNotFoundError: there's no such story.
        """
        stories = self.find(order_by="id") if story_id is None else [self._story(story_id)]
        wanted = [(story, at) for story in stories for at in range(1, len(story.content) + 1)]
        drawn = 0
        for done, (story, at) in enumerate(wanted, 1):
            drawn += self._drawn(story, at, anew)
            if progress is not None:
                progress(story.title, done, len(wanted))
        return drawn

    @operation
    def html_page(self, story_id: int) -> str:
        """Give a story as one HTML page with its pictures in it.

        Raises:
            EntityNotFoundError: there's no such story.
        """
        story = self._story(story_id)
        chosen = select(Image).where(Image.story_id == story.id).options(undefer(Image.data))
        images = list(self.scalars(chosen))
        user = story.user
        author = " ".join(filter(None, (user.first_name, user.last_name))) or user.username
        return page(story, author, story.character.name, images)

    @operation
    def forget_pictures(self, story_id: int) -> int:
        """Delete a story's pictures; give how many there were."""
        found = self._story(story_id)
        result: Any = self.execute(delete(Image).where(Image.story_id == found.id))
        return int(result.rowcount)

    def _story(self, story_id: int) -> Story:
        found = self.get(story_id)
        if found is None:
            raise EntityNotFoundError(
                f"there is no story {story_id}", entity="Story", remedy="List them: python -m app stories."
            )
        return found

    def _drawn(self, story: Story, at: int, anew: bool) -> int:
        present = self.scalars(
            select(Image).where(Image.story_id == story.id, Image.grid_position == at).limit(1)
        ).first()
        if present is not None and not anew:
            return 0
        data = draw(story.story_tone, story.character.name, at)
        if present is not None:
            present.data, present.regeneration_count = data, present.regeneration_count + 1
        else:
            made = Image(
                data=data,
                format="png",
                story_id=story.id,
                character_id=story.character_id,
                user_id=story.user_id,
                model_version=MODEL_VERSION,
                grid_position=at,
            )
            self.db_session.add(made)
        self.db_session.flush()
        return 1


class Publisher(PublishOperations, BaseRepository[Story]):
    """Publishes a database's stories."""


class AsyncPublisher(PublishOperations, AsyncBaseRepository[Story]):
    """Publishes a database's stories, asynchronously."""


def write_page(html: str, file: Path) -> None:
    """Write a page beside its place first, so that a reader never meets half of it."""
    beside = file.with_name(f"{file.name}.part")
    beside.write_text(html, encoding="utf-8")
    beside.replace(file)
