"""Mistakes that both checkers find. An ignore that is not needed is an error."""

from __future__ import annotations

from colonnade.repository.operation import operation, streaming
from tests.typing.shapes import (
    AsyncBaseRepository,
    AsyncClipRepository,
    BaseRepository,
    Clip,
    ClipOperations,
    ClipRepository,
)


def wrong_arguments(clips: ClipRepository) -> None:
    clips.get()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    clips.get(1, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    clips.list(limit="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    clips.create("fox")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    clips.titled(name="fox")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    clips.stream(batch="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    BaseRepository[Clip]().create(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def wrong_arguments_awaited(clips: AsyncClipRepository) -> None:
    await clips.get()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await clips.get(1, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await clips.list(limit="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await clips.create("fox")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await clips.titled(name="fox")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    clips.stream(batch="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await AsyncBaseRepository[Clip]().create(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def forgotten_await(clips: AsyncClipRepository) -> Clip | None:
    clips.get(1)  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    found: Clip | None = clips.get(1)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    print(found, clips.get(1).title)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    for clip in clips.list():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        print(clip)
    for clip in clips.stream():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        print(clip)
    return clips.titled("fox")  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


async def await_too_many(clips: ClipRepository) -> None:
    await clips.list()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    async for clip in clips.stream():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        print(clip)


class Overriding(ClipOperations):
    """Overrides that don't fit what they override."""

    @operation
    def titled(self, title: int) -> Clip | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return None

    @operation
    def create(self, entity: Clip) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        return ""

    @streaming  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def words(self) -> list[int]:
        return [5]


class AsyncOverriding(ClipOperations, AsyncBaseRepository[Clip]):
    """A body on the asynchronous class is typed as its callers are: it belongs in a mixin."""

    @operation
    def titled(self, title: str) -> Clip | None:
        return super().titled(title)  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
