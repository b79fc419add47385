"""A server and 200 clients in one event loop, with commands, datagrams, signals and threads beside them."""
import asyncio
import hashlib
import os
import signal
import socket

COUNT = 200


async def serve(reader, writer):
    size = int(await reader.readline())
    data = await reader.readexactly(size)
    await asyncio.sleep(0.01)
    for start in range(0, size, 1000):
        writer.write(data[start:start + 1000].upper())
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def client(start, number, gate):
    reader, writer = await start()
    await gate.wait()  # all connections are open at the same time
    data = b"client %d " % number * (10 + number * 10)
    writer.write(b"%d\n" % len(data) + data)
    received = await reader.read(-1)
    writer.close()
    return received == data.upper()


async def crowd(name, start):
    gate = asyncio.Event()
    clients = [asyncio.create_task(client(start, number, gate)) for number in range(COUNT)]
    await asyncio.sleep(0)
    gate.set()
    print(name, sum(await asyncio.gather(*clients)))


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data[::-1], address)


async def datagrams(loop):
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        other.connect(transport.get_extra_info("sockname"))
        for i in range(50):
            await loop.sock_sendall(other, b"datagram %d" % i)
            assert await loop.sock_recv(other, 100) == (b"datagram %d" % i)[::-1]
    transport.close()
    print("datagrams")


async def commands():
    async def one(i):
        process = await asyncio.create_subprocess_exec("sh", "-c", f"cat; exit {i}", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate(b"x" * 100000 * i)
        return len(out), process.returncode

    print(await asyncio.gather(*(one(i) for i in range(6))))


async def main():
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=COUNT)
    await crowd("tcp", lambda: asyncio.open_connection(*server.sockets[0].getsockname()))
    server.close()
    local = await asyncio.start_unix_server(serve, "socket", backlog=COUNT)
    await crowd("unix", lambda: asyncio.open_unix_connection(local.sockets[0].getsockname()))
    local.close()
    os.unlink("socket")
    await datagrams(loop)
    await commands()
    received = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, received.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(received.wait(), 60)
    digests = await asyncio.gather(*(asyncio.to_thread(hashlib.sha256, b"%d" % i) for i in range(20)))
    print("threads", digests[7].hexdigest()[:8])
    try:
        await asyncio.wait_for(asyncio.sleep(1000), 0.02)
    except TimeoutError:
        print("timed out")


asyncio.run(main())
