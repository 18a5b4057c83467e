"""Stands before a DNS server and holds each answer back: `python3 -m lab_world.slow_dns ADDRESS BACK_PORT PORT MILLISECONDS`."""

import asyncio
import sys

from .notify import notify_ready

# Seconds. The server behind is on the same host.
PATIENCE = 10


class Front(asyncio.DatagramProtocol):
    """Takes questions over UDP; each gets a way of its own to the server, so that answers find back."""

    def __init__(self, address: str, back_port: int, delay: float) -> None:
        self.back, self.delay = (address, back_port), delay

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.tasks: set[asyncio.Task] = set()

    def datagram_received(self, question: bytes, client) -> None:
        task = asyncio.get_running_loop().create_task(self.answer(question, client))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer(self, question: bytes, client) -> None:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        way, _ = await loop.create_datagram_endpoint(lambda: Back(answer), remote_addr=self.back)
        try:
            way.sendto(question)
            reply = await asyncio.wait_for(answer, PATIENCE)
            await asyncio.sleep(self.delay)
            self.transport.sendto(reply, client)
        except (OSError, asyncio.TimeoutError):
            pass  # as the server says nothing, neither does this
        finally:
            way.close()


class Back(asyncio.DatagramProtocol):
    def __init__(self, answer: asyncio.Future) -> None:
        self.answer = answer

    def datagram_received(self, reply: bytes, server) -> None:
        if not self.answer.done():
            self.answer.set_result(reply)

    def error_received(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    try:
        while data := await reader.read(65536):
            await asyncio.sleep(delay)
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # one side hung up
    finally:
        writer.close()


async def serve(address: str, back_port: int, port: int, delay: float) -> None:
    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back_reader, back_writer = await asyncio.open_connection(address, back_port)
        except OSError:
            return writer.close()
        await asyncio.gather(pass_on(reader, back_writer, 0), pass_on(back_reader, writer, delay))

    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Front(address, back_port, delay), local_addr=(address, port))
    server = await asyncio.start_server(over_tcp, address, port)
    notify_ready()
    await server.serve_forever()


if __name__ == "__main__":
    host, back, front, milliseconds = sys.argv[1:]
    asyncio.run(serve(host, int(back), int(front), int(milliseconds) / 1000))
