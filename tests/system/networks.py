"""The network of a family: the host's, none, a named one; published ports, name servers."""
import os
import shlex

from harness import Skipped, case

PYTHON = "/usr/bin/python3"

# What the drivers below begin with: they run where kx itself runs, as in the software lane that is another machine.
DRIVER = r"""
import contextlib, os, socket, subprocess, sys, time
KX = sys.argv[1:]
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
@contextlib.contextmanager
def family(options, program):
    process = subprocess.Popen([*KX, *options, "--", "/usr/bin/python3", "-c", program], stdin=subprocess.PIPE)
    try:
        yield process
        process.stdin.close()
        print("ended with", process.wait(60))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
def connected(port):
    # The port is refused until kx is there, and then resets connections until the program listens.
    end = time.monotonic() + 60
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), 60)
            connection.sendall(b"?")
            if connection.recv(1) == b"!":
                return connection
            connection.close()
        except ConnectionError:
            pass
        if time.monotonic() > end:
            raise SystemExit("nobody answers")
        time.sleep(0.05)
"""

# Answers "?" by "!", then sends back what it gets in capitals, until its standard input ends.
SERVER = r"""
import os, socket, threading
server = socket.create_server(("127.0.0.1", 80 if os.geteuid() == 0 else 8080))
def serve(connection):
    with connection:
        if connection.recv(1) == b"?":
            connection.sendall(b"!")
            while data := connection.recv(65536):
                connection.sendall(data.upper())
def accept():
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
threading.Thread(target=accept, daemon=True).start()
os.read(0, 1)
os._exit(0)
"""


def drive(test, program):
    """Runs a program beside kx, with the words that start a pVM as its arguments."""
    words = test.setup.pvm_words()
    prefix = []
    if test.setup.lane == "software":
        lane = shlex.split(os.environ.get("KX_LANE_EXEC", ""))
        if not lane:
            raise Skipped("no lane to run a second program in")
        prefix, words = words[:len(lane)], words[len(lane):]
    return test.execute([*prefix, PYTHON, "-c", DRIVER + f"SERVER = {SERVER!r}\n" + program, *words], limit=180)


@case("networks/none", quick=True)
def none(test):
    """A loopback interface of its own: what listens on the host's cannot be reached, what listens in the family can."""
    done = drive(test, r"""
with socket.create_server(("127.0.0.1", 0)) as server:
    subprocess.run([*KX, "--network", "none", "--", "/usr/bin/python3", "-c", '''
import os, socket, sys
print([name for _, name in socket.if_nameindex() if name == "lo"])
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    print("reached the host")
except ConnectionRefusedError:
    print("refused")
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if os.fork() == 0:
    socket.create_connection(server.getsockname()).sendall(b"hello")
    os._exit(0)
print(server.accept()[0].recv(100))
os.wait()
''', str(server.getsockname()[1])], check=True)
""")
    test.equal("none", (done.out, done.err, done.status), (b"['lo']\nrefused\nb'hello'\n", b"", 0))


@case("networks/host", quick=True)
def host(test):
    done = drive(test, r"""
with socket.create_server(("127.0.0.1", 0)) as server:
    subprocess.run([*KX, "--network=host", "--", "/usr/bin/python3", "-c", '''
import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print("reached")
''', str(server.getsockname()[1])], check=True)
""")
    test.equal("host", (done.out, done.err, done.status), (b"reached\n", b"", 0))


@case("networks/publish", quick=True)
def publish(test):
    """Connections to a published port reach the family: many at once, large ones, and each end by itself."""
    done = drive(test, r"""
import hashlib, threading
port, inside = free_port(), 80 if os.geteuid() == 0 else 8080
with family(["--network", "none", "--publish", f"127.0.0.1:{port}:{inside}/tcp"], SERVER) as process:
    connections = [connected(port) for _ in range(20)]
    for i, connection in enumerate(connections):
        connection.sendall(b"client %d" % i)
    print(all(connection.recv(100) == b"CLIENT %d" % i for i, connection in enumerate(connections)))
    text = b"".join(b"%d letters " % i for i in range(200000))
    sender = threading.Thread(target=lambda: (connections[0].sendall(text), connections[0].shutdown(socket.SHUT_WR)))
    sender.start()
    received = hashlib.sha256()
    while data := connections[0].recv(65536):
        received.update(data)
    sender.join()
    print(received.digest() == hashlib.sha256(text.upper()).digest())
try:
    socket.create_connection(("127.0.0.1", port))
    print("still published")
except ConnectionRefusedError:
    print("the port is free again")
""")
    test.equal("publish", (done.out, done.err, done.status), (b"True\nTrue\nended with 0\nthe port is free again\n", b"", 0))


@case("networks/publish-refused", quick=True)
def publish_refused(test):
    done = drive(test, r"""
def attempt(*options):
    done = subprocess.run([*KX, *options, "--", "true"], capture_output=True, text=True)
    print(done.returncode, done.stderr.replace(str(port), "PORT"), end="")
with socket.create_server(("127.0.0.1", 0)) as server:
    port = server.getsockname()[1]
    attempt("--network", "none", "--publish", f"127.0.0.1:{port}:80")
    attempt("--publish", f"{port}:80")
    for text in ("80", "80:", ":80", "0:80", "80:70000", "80:80/udp", "here:80:80", "80:80:80:80"):
        attempt("--network", "none", "--publish", text)
    attempt("--network", "no-such-network")
    attempt("--network", "/etc/passwd")
    attempt("--network", "")
    attempt("--dns", "dns.example")
""")
    lines = done.out.decode().splitlines()
    test.equal("statuses", [line.split()[0] for line in lines], ["125"] * 14)
    for line, text in zip(lines, ("PORT", "--network none", *["HOST:GUEST/tcp"] * 8, "no-such-network", "not a network namespace", "empty", "dns.example")):
        test.check(text in line, f"{text!r} is not in {line!r}")


@case("networks/named")
def named(test):
    """A network namespace that somebody else has made, by its path; only root may."""
    done = drive(test, r"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if os.geteuid() != 0:
    print("hello")
    raise SystemExit
ready, told = os.pipe()
if os.fork() == 0:
    if libc.unshare(0x40000000) != 0:  # CLONE_NEWNET
        os._exit(1)
    import fcntl, struct
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as some:
        fcntl.ioctl(some, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
    server = socket.create_server(("127.0.0.1", 7))
    os.write(told, b"%d" % os.getpid())
    server.accept()[0].sendall(b"hello")
    os._exit(0)
maker = os.read(ready, 20).decode()
subprocess.run([*KX, "--network", f"/proc/{maker}/ns/net", "--", "/usr/bin/python3", "-c",
                "import socket; print(socket.create_connection(('127.0.0.1', 7)).recv(9).decode())"], check=True)
""")
    test.equal("named", (done.out, done.err, done.status), (b"hello\n", b"", 0))


@case("networks/dns", quick=True)
def dns(test):
    """The view's resolv.conf, read-only."""
    options = ["--dns", "192.0.2.1", "--dns=2001:db8::1"]
    done = test.pvm("cat /etc/resolv.conf", options)
    test.equal("text", (done.out, done.err, done.status), (b"nameserver 192.0.2.1\nnameserver 2001:db8::1\n", b"", 0))
    done = test.pvm(["sh", "-c", "echo x > /etc/resolv.conf; ls /tmp; test -r /etc/passwd"], options)
    test.check(done.out == b"" and b"ead-only" in done.err and done.status == 0, f"writing: {done}")
