"""Name servers as pVMs: unbound and nsd with a small zone, asked by a client that checks each answer, by dnsperf and by other pVMs."""
import os
import random
import re
import signal
import socket
import struct

from harness import Failed, Skipped, case, wait_until
from servers import ADDRESS, LIMIT_S, Place, Server, at_once, free_port, need_root, only_here

NAMES = {f"host{i}.zone.example": f"192.0.2.{i}" for i in range(1, 201)}
A, TXT = 1, 16

UNBOUND = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: "{folder}/unbound.pid"
  logfile: ""
  use-syslog: no
  do-daemonize: no
  interface: {address}@{port}
  num-threads: 2
  do-ip6: no
  module-config: "iterator"
  local-zone: "zone.example." static
  local-data: 'large.zone.example. 60 IN TXT "{text}"'
{data}
remote-control:
  control-enable: no
"""

NSD = """
server:
  ip-address: {address}@{port}
  server-count: 2
  username: {user}
  chroot: ""
  zonesdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  logfile: "{folder}/nsd.log"
  database: ""
remote-control:
  control-enable: no
zone:
  name: zone.example
  zonefile: zone.txt
"""


def question(identity, name, kind):
    """A message that asks for one record, with recursion desired (RFC 1035, section 4)."""
    encoded = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    return struct.pack(">6H", identity, 0x100, 1, 0, 0, 0) + encoded + struct.pack(">2H", kind, 1)


def answer(message, asked):
    """Checks that a message answers `asked`; gives (code, truncated, list of the data of its records)."""
    identity, flags, _, count = struct.unpack_from(">4H", message)
    if identity != struct.unpack_from(">H", asked)[0] or not flags & 0x8000 or message[12:len(asked)] != asked[12:]:
        raise Failed(f"not the answer to {asked!r}: {message!r}")
    place, data = len(asked), []
    for _ in range(count):
        if message[place] & 0xC0 != 0xC0:
            raise Failed(f"a name that does not refer to the question's: {message!r}")
        size = struct.unpack_from(">H", message, place + 10)[0]
        data.append(message[place + 12:place + 12 + size])
        place += 12 + size
    return flags & 15, bool(flags & 0x200), data


def ask_by_tcp(port, name, kind):
    with socket.create_connection((ADDRESS, port), LIMIT_S) as connection, connection.makefile("rwb") as file:
        asked = question(random.randrange(65536), name, kind)
        file.write(struct.pack(">H", len(asked)) + asked)
        file.flush()
        return answer(file.read(struct.unpack(">H", file.read(2))[0]), asked)


def ask(port, name, kind):
    """By UDP; asks again if nothing comes, since a datagram may be dropped."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.connect((ADDRESS, port))
        connection.settimeout(LIMIT_S / 9)
        for _ in range(9):
            asked = question(random.randrange(65536), name, kind)
            connection.send(asked)
            try:
                return answer(connection.recv(65536), asked)
            except TimeoutError:
                pass
    raise Failed(f"no answer about {name}")


def check_zone(test, port):
    """All names over UDP and TCP from several clients, one that is not there, and one too large for a datagram."""

    def client(number):
        for name, address in NAMES.items():
            how = ask_by_tcp if number == 0 else ask
            test.equal(name, how(port, name, A), (0, False, [socket.inet_aton(address)]))
        test.equal("a name that is not there", ask(port, "nobody.zone.example", A), (3, False, []))

    at_once(4, client)
    code, truncated, _ = ask(port, "large.zone.example", TXT)
    test.equal("a large record by UDP", (code, truncated), (0, True))
    code, truncated, data = ask_by_tcp(port, "large.zone.example", TXT)
    test.equal("a large record by TCP", (code, truncated, b"".join(piece[i + 1:i + 1 + piece[i]] for piece in data for i in range(0, len(piece), 256))),
               (0, False, TEXT.replace('" "', "").encode()))


TEXT = '" "'.join(f"{i:03}" * 85 for i in range(6))


def check_dnsperf(test, port, folder):
    """dnsperf as a pVM: every query of its file is answered."""
    test.need("dnsperf")
    queries = folder / "queries"
    queries.write_text("".join(f"{name} A\n" for name in NAMES))
    for mode in ("udp", "tcp"):
        done = test.pvm(["dnsperf", "-s", ADDRESS, "-p", port, "-d", queries, "-n", "20", "-c", "4", "-t", "60", "-m", mode], limit=LIMIT_S)
        text = done.out.decode()
        test.check(done.status == 0 and re.search(r"Queries completed: +4000 \(100\.00%\)", text) and re.search(r"NOERROR 4000 \(100\.00%\)", text),
                   f"dnsperf, {mode}: {done}")


def unbound_command(folder, address, port):
    path = folder / "unbound.conf"
    data = "\n".join(f"  local-data: '{name}. 60 IN A {address}'" for name, address in NAMES.items())
    path.write_text(UNBOUND.format(folder=folder, address=address, port=port, data=data, text=TEXT))
    return ["unbound", "-d", "-c", path]


@case("servers/unbound")
def unbound(test):
    """Two threads, UDP and TCP."""
    test.need("unbound")
    only_here(test)
    port = free_port()
    with Place() as folder, Server(test, unbound_command(folder, ADDRESS, port), ["--rw", folder], port=port) as server:
        check_zone(test, port)
        check_dnsperf(test, port, folder)
        test.equal("status", server.end(), 0)


@case("servers/resolver")
def resolver(test):
    """Programs of a family with --dns ask a name server in another one: its address is all they know, so its port is 53."""
    test.need("unbound", "getent", "python3")
    need_root()
    only_here(test)
    address = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, 53))
            except OSError as problem:
                raise Skipped(f"port 53 is taken: {problem}") from None
    with Place() as folder, Server(test, unbound_command(folder, address, 53), ["--rw", folder]) as server:

        def reachable():
            test.check(server.process.poll() is None, f"ended: {server.log()}")
            try:
                socket.create_connection((address, 53), 5).close()
                return True
            except OSError:
                return False

        wait_until(reachable, LIMIT_S, "the name server")
        done = test.pvm(["getent", "ahostsv4", "host7.zone.example"], ["--dns", address])
        test.check(done.status == 0 and done.out.startswith(b"192.0.2.7 "), f"getent: {done}")
        test.equal("a name that is not there", test.pvm(["getent", "hosts", "nobody.zone.example"], ["--dns", address]).status, 2)
        program = ("import concurrent.futures, socket\n"
                   "with concurrent.futures.ThreadPoolExecutor(8) as pool:\n"
                   "    print(*pool.map(lambda i: socket.gethostbyname(f'host{i}.zone.example'), range(1, 201)))\n")
        done = test.pvm(["/usr/bin/python3", "-c", program], ["--dns", address])
        test.equal("many threads", (done.out.decode().split(), done.status, done.err), (list(NAMES.values()), 0, b""))
        test.equal("status", server.end(), 0)


def write_zone(folder, serial, names):
    records = "".join(f"{name}. A {address}\n" for name, address in names.items())
    (folder / "zone.txt").write_text(f"$ORIGIN zone.example.\n$TTL 60\n@ SOA ns root {serial} 3600 600 86400 60\n@ NS ns\nns A 192.0.2.254\n"
                                     f'large TXT "{TEXT}"\n{records}')


@case("servers/nsd")
def nsd(test):
    """Two serving processes; SIGHUP makes the zone be read again by new ones, and no question stays without an answer."""
    test.need("nsd")
    only_here(test)
    port = free_port()
    as_root = os.geteuid() == 0
    with Place("nsd" if as_root else None) as folder:
        write_zone(folder, 1, NAMES)
        user = "nsd" if as_root else '""'
        (folder / "nsd.conf").write_text(NSD.format(folder=folder, address=ADDRESS, port=port, user=user))
        with Server(test, ["nsd", "-d", "-c", folder / "nsd.conf"], ["--rw", folder], port=port) as server:
            check_zone(test, port)
            check_dnsperf(test, port, folder)
            for serial in range(2, 5):
                write_zone(folder, serial, {**NAMES, "new.zone.example": f"198.51.100.{serial}"})
                server.send(signal.SIGHUP)
                expected = (0, False, [socket.inet_aton(f"198.51.100.{serial}")])
                wait_until(lambda: ask(port, "new.zone.example", A) == expected, LIMIT_S, "the new zone")
                test.equal("an old name", ask(port, "host9.zone.example", A), (0, False, [socket.inet_aton("192.0.2.9")]))
            test.equal("status", server.end(), 0)
