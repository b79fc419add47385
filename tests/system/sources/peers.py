"""Servers and peers that misbehave, each part in one program: limits of descriptors, control data, slow readers, ends by halves."""
import array
import errno
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading

ADDRESS = "127.0.0.1"


def name_of(function, *arguments):
    """The name of the error that a call gives, or its result."""
    try:
        return function(*arguments)
    except OSError as problem:
        return errno.errorcode[problem.errno]


def descriptor_count():
    count = 0
    for number in range(resource.getrlimit(resource.RLIMIT_NOFILE)[0]):
        try:
            fcntl.fcntl(number, fcntl.F_GETFD)
            count += 1
        except OSError:
            pass
    return count


def serves(server):
    """A whole exchange, to see that all goes on as before."""
    with socket.create_connection(server.getsockname()) as client:
        connection = server.accept()[0]
        with connection:
            client.sendall(b"question")
            connection.sendall(connection.recv(100)[::-1])
        return client.recv(100) == b"noitseuq"


def descriptors():
    """accept at the limit of descriptors: the connection waits, and is taken once there is room."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    server = socket.create_server((ADDRESS, 0), backlog=100)
    server.setblocking(False)
    clients = []
    while (client := name_of(socket.create_connection, server.getsockname())) != "EMFILE":
        clients.append(client)
    print("clients", len(clients), descriptor_count())
    print("accept", name_of(server.accept))
    for i in range(3):
        clients.pop().close()
        print("accept", isinstance(name_of(server.accept)[0], socket.socket))
    connections = []
    for call in (lambda: os.open("/dev/null", os.O_RDONLY), os.pipe, lambda: os.dup(0), lambda: socket.socketpair(), lambda: select.epoll(),
                 lambda: fcntl.fcntl(0, fcntl.F_DUPFD, 64), lambda: os.dup2(0, 64)):
        while isinstance(result := name_of(call), (int, select.epoll)):
            connections.append(result)
        print(result)
    print("fork", end=" ", flush=True)
    if (child := os.fork()) == 0:
        print(name_of(server.accept), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    for other in connections:
        os.close(other) if isinstance(other, int) else other.close()
    for client in clients:
        client.close()
    server.setblocking(True)
    for _ in clients:
        server.accept()[0].close()
    print(serves(server))


def passed_over_the_limit():
    """Descriptors in a message that do not fit the receiver's table: as many as fit arrive, and the message says it was cut."""
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 100))])
    before = descriptor_count()
    data, control, flags, _ = right.recvmsg(100, 65536)
    print(data, [len(values) // 4 for _, _, values in control], bool(flags & socket.MSG_CTRUNC), before, descriptor_count())
    left.send(b"more")
    print(right.recv(100))


def control():
    """Control data of every bad kind."""
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def send(level, kind, data):
        return name_of(left.sendmsg, [b"x"], [(level, kind, data)])

    def rights(count, number=0):
        return struct.pack("i", number) * count

    print("253", send(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(253)), "254", send(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(254)))
    data, found, flags, _ = right.recvmsg(10, 2000)
    numbers = array.array("i", found[0][2])
    print("arrived", len(numbers), len(set(numbers)), flags & socket.MSG_CTRUNC)
    for number in numbers:
        os.close(number)
    print("two of 200", name_of(left.sendmsg, [b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(200))] * 2))
    print("none open", send(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(2, 999)), send(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(1, -1)))
    print("no kind", send(socket.SOL_SOCKET, 77, b"1234"))
    print("other level", send(99, 77, b"1234"), right.recvmsg(10, 2000)[:3])
    print("odd size", send(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(1) + b"\0\0"), len(right.recvmsg(10, 2000)[1]))
    for size in (8 << 20, 64 << 20):
        print("huge", send(socket.SOL_SOCKET, socket.SCM_RIGHTS, bytes(size)))
    before = descriptor_count()
    for space in (0, 8, socket.CMSG_LEN(4), socket.CMSG_LEN(8) + 3):
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights(4))])
        _, found, flags, _ = right.recvmsg(10, space)
        print("room for", space, [len(values) // 4 for _, _, values in found], bool(flags & socket.MSG_CTRUNC))
        for _, _, values in found:
            for number in struct.unpack(f"{len(values) // 4}i", values[:len(values) // 4 * 4]):
                os.close(number)
    print("left open", descriptor_count() - before)
    left.send(b"more")
    print(right.recv(10))


def slow_readers():
    """A server that never waits, with readers that do not read: it is told so, serves others, and all data arrive in the end."""
    server = socket.create_server((ADDRESS, 0), backlog=200)
    data = bytes(range(256)) * (4 << 10)
    clients, rest = [], {}
    for _ in range(20):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(server.getsockname())
        connection = server.accept()[0]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        connection.setblocking(False)
        clients.append(client)
        rest[connection.fileno()] = [connection, memoryview(data)]
    poll = select.epoll()
    waiting = 0
    for number, entry in rest.items():
        try:
            while True:
                entry[1] = entry[1][entry[0].send(entry[1]):]
        except BlockingIOError:
            waiting += 1
            poll.register(number, select.EPOLLOUT | select.EPOLLET)
    print("waiting", waiting)
    print("others are served", serves(server))
    right = []

    def read(client):
        with client:
            received = b"".join(iter(lambda: client.recv(65536), b""))
        right.append(received == data)

    readers = [threading.Thread(target=read, args=(client,)) for client in clients]
    for reader in readers:
        reader.start()
    while rest:
        for number, _ in poll.poll(60):
            connection, some = entry = rest[number]
            try:
                while entry[1]:
                    entry[1] = entry[1][connection.send(entry[1]):]
                poll.unregister(number)
                connection.close()
                del rest[number]
            except BlockingIOError:
                pass
    for reader in readers:
        reader.join()
    print("complete", sum(right), len(right))


def halves():
    """Ends that are closed for one direction, reset, or dropped with data that nobody has read."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    server = socket.create_server((ADDRESS, 0))

    def pair():
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]

    def events(connection):
        poll = select.poll()
        poll.register(connection, select.POLLIN | select.POLLRDHUP)
        found = poll.poll(60000)[0][1]
        return [name for name in ("POLLIN", "POLLRDHUP", "POLLHUP", "POLLERR") if found & getattr(select, name)]

    client, connection = pair()
    client.shutdown(socket.SHUT_WR)
    print("half closed", connection.recv(10), events(connection), connection.send(b"still there"), client.recv(100), name_of(client.send, b"x"))
    connection.close()
    print("end", client.recv(10), name_of(client.shutdown, socket.SHUT_RD))
    client, connection = pair()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    print("reset", events(connection), name_of(connection.recv, 10), connection.recv(10), name_of(connection.send, b"x"))
    client, connection = pair()
    connection.sendall(b"nobody reads this")
    events(client)
    client.close()
    print("unread", events(connection), connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET, connection.recv(10))
    client, connection = pair()
    client.shutdown(socket.SHUT_RD)
    print("nothing is read", client.recv(10), connection.send(b"x"), name_of(connection.getpeername) == client.getsockname())
    client = socket.create_connection(server.getsockname())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    connection = server.accept()[0]
    print("reset before it was accepted", name_of(connection.recv, 10), name_of(connection.getpeername))
    left, right = socket.socketpair()
    left.sendall(b"rest")
    left.close()
    print("unix", right.recv(10), right.recv(10), name_of(right.send, b"x"), events(right))
    left, right = socket.socketpair()
    right.sendall(b"unread")
    left.close()
    print("unix, unread", name_of(right.recv, 10), right.recv(10), name_of(right.send, b"x"))
    print(serves(server))


def backlog():
    """More connections than a server takes: they are refused or wait, and get through once it accepts."""
    path = "listener"
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(3)
    clients, results = [], []
    for _ in range(10):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        results.append(name_of(client.connect, path))
        clients.append(client)
    print(results)
    accepted = 0
    server.setblocking(False)
    while not isinstance(result := name_of(server.accept), str):
        result[0].close()
        accepted += 1
    print("accepted", accepted, result, name_of(clients[-1].connect, path))
    waiting = [threading.Thread(target=lambda: socket.socket(socket.AF_UNIX).connect(path)) for _ in range(20)]
    for thread in waiting:
        thread.start()
    server.setblocking(True)
    for _ in range(21):
        server.accept()[0].close()
    for thread in waiting:
        thread.join()
    server.close()
    print("gone", name_of(clients[0].recv, 1), name_of(socket.socket(socket.AF_UNIX).connect, path))
    os.unlink(path)


def async_signals():
    """SIGIO of O_ASYNC (socket(7), fcntl(2)): for what arrives and for ends, but not for room to write unless a write found none."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])

    def pair():
        first, second = socket.socketpair()
        for end in (first, second):
            end.setblocking(False)
        fcntl.fcntl(first, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(first, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
        return first, second

    def comes(limit_s=60):
        return signal.sigtimedwait([signal.SIGIO], limit_s) is not None

    def stays_away():
        return not comes(0.2)

    first, second = pair()
    print("nothing", stays_away())
    second.send(b"x")
    print("data", comes(), stays_away())
    first.send(b"x")
    print("own data", stays_away())
    second.recv(1)
    print("they were read", stays_away())
    second.shutdown(socket.SHUT_WR)
    print("half an end", comes())
    second.close()
    print("the end", comes())
    first, second = pair()
    while name_of(first.send, bytes(4096)) != "EAGAIN":
        pass
    select.select([], [first], [], 0)  # asks for room: its return is announced
    while name_of(second.recv, 65536) != "EAGAIN":
        pass
    print("room again", comes())
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
    print("an end that somebody else has, too", stays_away())
    first.close()
    second.close()
    print("closed by the owner", stays_away())


signal.alarm(280)  # nothing here waits for ever
globals()[sys.argv[1]]()
