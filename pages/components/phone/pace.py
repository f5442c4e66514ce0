"""Files for phones in small pieces by turns, so that thirty that fetch at once do not hold up those who click."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

PIECE = 1 << 17  # bytes that are sent at once
RATE = 80e6  # bytes a second of all phones together, more than the wireless network of a room carries


class Line:
    """Who sends next: each piece takes its time of the whole rate, in the order in which they come."""

    def __init__(self) -> None:
        self.free_at = 0.0

    async def turn(self, count: int) -> None:
        """Wait until so many bytes may go."""
        now = time.monotonic()
        self.free_at = max(now, self.free_at) + count / RATE
        await asyncio.sleep(self.free_at - now)


LINE = Line()


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """The content a piece at a time, each when it may go."""
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        await LINE.turn(len(piece))
        yield piece


class File(FileResponse):
    """A file, paced."""

    chunk_size = PIECE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; who goes away in the middle takes no further turn."""

        async def by_turns(message: Message) -> None:
            await LINE.turn(len(message.get("body", b"")))
            await send(message)

        await super().__call__(scope, receive, by_turns)


class Bytes(StreamingResponse):
    """What is in memory already, paced."""

    def __init__(self, content: bytes, headers: Mapping[str, str], media_type: str | None = None) -> None:
        super().__init__(
            pieces(content), headers={**headers, "Content-Length": str(len(content))}, media_type=media_type
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; who goes away in the middle takes no further turn, and who asks for no body none."""
        if scope["method"] == "HEAD":
            self.body_iterator = pieces(b"")
        await super().__call__(scope, receive, send)
