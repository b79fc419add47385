"""Servers at their limits and peers that misbehave: the same errors as natively, and all goes on afterwards."""
import contextlib
import os
import signal
import socket

from harness import case, wait_until
from servers import ADDRESS, LIMIT_S, Place, Server, free_port, get, only_here, web_files
from servers_runtimes import PYTHON, same_source, source
from servers_web import configure_nginx


@case("servers/descriptor-limit", quick=True)
def descriptor_limit(test):
    same_source(test, [PYTHON], source("peers.py"), "descriptors")


@case("servers/passed-over-the-limit")
def passed_over_the_limit(test):
    same_source(test, [PYTHON], source("peers.py"), "passed_over_the_limit")


@case("servers/control-data")
def control_data(test):
    same_source(test, [PYTHON], source("peers.py"), "control")


@case("servers/slow-readers")
def slow_readers(test):
    same_source(test, [PYTHON], source("peers.py"), "slow_readers")


@case("servers/half-open", quick=True)
def half_open(test):
    same_source(test, [PYTHON], source("peers.py"), "halves")


@case("servers/backlog")
def backlog(test):
    same_source(test, [PYTHON], source("peers.py"), "backlog")


@case("servers/async-signals")
def async_signals(test):
    same_source(test, [PYTHON], source("peers.py"), "async_signals")


def held_connections(port, count):
    """Connections that begin a request and never end it."""
    connections = [socket.create_connection((ADDRESS, port), LIMIT_S) for _ in range(count)]
    for connection in connections:
        with contextlib.suppress(ConnectionError):  # the server may have ended it
            connection.sendall(b"GET /page.html HTTP/1.1\r\nHost: localhost\r\n")
    return connections


@case("servers/nginx-flood")
def nginx_flood(test):
    """More connections than nginx may have, and than it may have descriptors: its complaint natively and as a pVM, and it serves on."""
    test.need("nginx")
    only_here(test)
    limits = {"worker_connections are not enough": ("worker_connections 256", "worker_connections 32"),
              "accept4() failed (24: Too many open files)": ("worker_processes 1;", "worker_processes 1; worker_rlimit_nofile 32;")}
    for complaint, (old, new) in limits.items():
        for native in (True, False):
            port = free_port()
            with Place() as folder:
                files = web_files(folder / "www")
                command = configure_nginx(folder, port)
                path, log = folder / "nginx.conf", folder / "error.log"
                path.write_text(path.read_text().replace("worker_processes 4;", "worker_processes 1;").replace(old, new))
                with Server(test, command, ["--rw", folder], native=native, port=port) as server:
                    connections = held_connections(port, 100)
                    wait_until(lambda: complaint in log.read_text(), LIMIT_S, f"{complaint}, native {native}")
                    for connection in connections:
                        connection.close()
                    for name in ("page.html", "8388608.bin"):
                        test.check(get(port, "/" + name)[::2] == (200, files[name]), f"{name} afterwards, native {native}")
                    test.equal(f"status, native {native}", server.end(signal.SIGQUIT), 0)
                test.check("[alert]" not in log.read_text().replace("worker_connections are not", ""), f"an alert: {log.read_text()[-500:]}")


@case("servers/memcached-flood")
def memcached_flood(test):
    """Connections one after another beyond the limit are refused with the same words, and taken again when others have ended."""
    test.need("memcached")
    only_here(test)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    found = []
    for native in (True, False):
        port = free_port()
        with Server(test, ["memcached", "-l", ADDRESS, "-p", port, "-U", "0", "-t", "2", "-c", "20", *user], native=native, port=port) as server:
            answers, connections = [], []

            def alone():
                """Whether the connection that asked if the server is there has ended in its books, too."""
                with socket.create_connection((ADDRESS, port), LIMIT_S) as connection, connection.makefile("rwb") as file:
                    file.write(b"stats\r\n")
                    file.flush()
                    return b"STAT curr_connections 1\r\n" in list(iter(file.readline, b"END\r\n"))

            def attempt():
                connection = socket.create_connection((ADDRESS, port), LIMIT_S)
                connections.append(connection)
                try:
                    connection.sendall(b"version\r\n")
                    return connection.recv(100)
                except ConnectionError:
                    return b"ended"

            wait_until(alone, LIMIT_S, "a single connection")
            # A refused connection is closed with our question unread or not: the words of the refusal may be lost to its reset.
            for _ in range(40):
                answers.append(attempt().startswith(b"VERSION"))
            for connection in connections:
                connection.close()
            wait_until(lambda: attempt().startswith(b"VERSION"), LIMIT_S, "a free place")
            found.append((answers.count(True), answers == sorted(answers, reverse=True), server.end()))
    native, other = found
    test.equal("taken, in order, status", other, native)
    test.check(0 < native[0] < 40 and native[1:] == (True, 0), f"native: {native}")
