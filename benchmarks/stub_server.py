"""Serve ready responses: a token endpoint and an API, as fast as sockets allow.

It prints its origin. ``GET /grants`` returns how many tokens were requested, and
``GET …/templates?limit=100`` returns the first of many pages.
"""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import parse_qs

BODY = json.dumps(
    {"data": [{"id": str(number), "name": "x" * 40} for number in range(10)]}
)


def page_of_templates(path, page_count):
    """Return the JSON for a page of a listing: 100 items, and a link to the next."""
    path, _, query = path.decode().partition("?")
    number = int(parse_qs(query).get("page", ["1"])[0])
    items = [
        {
            "id": f"{number:06}-{index:04}",
            "name": f"Template {index} of many",
            "folderPath": "/labels",
            "createdAt": "2026-05-04T10:11:12Z",
            "lastModifiedAt": "2026-05-05T10:11:12Z",
        }
        for index in range(100)
    ]
    following = f"{path}?limit=100&page={number + 1}" if number < page_count else None
    return json.dumps({"data": items, "links": {"nextPage": following}})


class Stub:
    """Count and answer requests.

    Args:
        grant_s: How long a token request takes.
        page_count: How many pages a listing has.
    """

    def __init__(self, grant_s: float, page_count: int) -> None:
        self.grant_s = grant_s
        self.page_count = page_count
        self.grants = 0
        self.pages = {}
        self.lives_s = 86_400

    async def serve(self, reader, writer):
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                if length:
                    await reader.readexactly(length)
                path = head.split(b" ", 2)[1]
                writer.write(response(await self.body_for(path)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def body_for(self, path):
        """Return the JSON for a path."""
        if path.endswith(b"/token"):
            self.grants += 1
            await asyncio.sleep(self.grant_s)
            grant = {
                "access_token": "token-that-is-served-again-0123456789",
                "token_type": "Bearer",
                "expires_in": self.lives_s,
                "scope": "template:list",
            }
            return json.dumps(grant)
        if path.startswith(b"/grants"):
            # `/grants?20`: from now on a token has 20 s left.
            self.lives_s = int(path.partition(b"?")[2] or self.lives_s)
            return json.dumps({"grants": self.grants})
        if b"/templates?limit" in path:
            if path not in self.pages:
                self.pages[path] = page_of_templates(path, self.page_count)
            return self.pages[path]
        return BODY


def response(body):
    """Return a whole response."""
    return (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def main():
    """Serve until the process is ended."""
    stub = Stub(float(sys.argv[1]), int(sys.argv[2]))
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
