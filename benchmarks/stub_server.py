"""Serve ready responses: a token endpoint and an API, as fast as sockets allow.

It prints its origin. ``GET /grants`` returns how many tokens were requested.
"""

from __future__ import annotations

import asyncio
import json
import sys

BODY = json.dumps(
    {"data": [{"id": str(number), "name": "x" * 40} for number in range(10)]}
)


class Stub:
    """Count and answer requests.

    Args:
        grant_s: How long a token request takes.
    """

    def __init__(self, grant_s: float) -> None:
        self.grant_s = grant_s
        self.grants = 0
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
        return BODY


def response(body):
    """Return a whole response."""
    return (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def main():
    """Serve until the process is ended."""
    stub = Stub(float(sys.argv[1]))
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
