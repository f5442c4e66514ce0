"""Files for phones in small pieces by turns, so that thirty that fetch at once do not hold up those who click."""

import asyncio
import time

from starlette.responses import FileResponse, Response
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


def paced(send: Send) -> Send:
    """The same, body by body in pieces that wait for their turn."""

    async def by_turns(message: Message) -> None:
        body = message.get("body", b"")
        if not body:
            await send(message)
        for start in range(0, len(body), PIECE):
            piece = body[start : start + PIECE]
            await LINE.turn(len(piece))
            more = message.get("more_body", False) or start + PIECE < len(body)
            await send({**message, "body": piece, "more_body": more})

    return by_turns


class File(FileResponse):
    """A file, paced."""

    chunk_size = PIECE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await super().__call__(scope, receive, paced(send))


class Bytes(Response):
    """What is in memory already, paced."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await super().__call__(scope, receive, paced(send))
