"""Leads connections to a socket, which may be of another network, on to a port of this machine's loopback."""

import asyncio
import socket
from contextlib import suppress


async def forward(listening: socket.socket, port: int) -> asyncio.Server:
    """Start to lead what comes to a socket to a port; a connection that finds nobody there is closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    return await asyncio.start_server(answer, sock=listening)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
