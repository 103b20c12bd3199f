"""TLS in front of Ostiary for a run of the conformance suite, and for nothing else.

Passes bytes on both ways, so the provider sees one source; a real proxy does more.
"""

import argparse
import asyncio
import contextlib
import functools
import ssl
from asyncio import StreamReader
from asyncio import StreamWriter


async def handle(
    reader: StreamReader, writer: StreamWriter, *, host: str, port: int
) -> None:
    """Passes on what is said on one connection, until either side has ended."""
    with contextlib.suppress(OSError):
        inside = await asyncio.open_connection(host, port)
        ways = (passed(reader, inside[1]), passed(inside[0], writer))
        await asyncio.gather(*ways)
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


async def passed(source: StreamReader, sink: StreamWriter) -> None:
    """Passes on what one side says, and hangs up when it does."""
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


async def serve(asked: argparse.Namespace) -> None:
    """Listens with TLS until told to stop."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(asked.certificate, asked.key)
    (at, port), (host, to) = asked.bind, asked.to
    answer = functools.partial(handle, host=host, port=to)
    server = await asyncio.start_server(answer, at, port, ssl=context)
    await server.serve_forever()


def address(text: str) -> tuple[str, int]:
    """Reads HOST:PORT."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def main() -> None:
    """Reads the command line and serves until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bind", type=address, default=("127.0.0.1", 9443))
    parser.add_argument("--to", type=address, default=("127.0.0.1", 5000))
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
