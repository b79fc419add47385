"""Servers and threads: what a server in a pVM achieves, its load beside it on this machine; what its threads cost.

Each server is started anew for each round and side, on a free port of the loopback interface; the load is always a
native program. Its files are in memory. All clients and servers share this machine's processors.
"""

import csv
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

import server_runs
from harness import Bench, BenchError, Failure, NotInstalled, Row, last_line, quantity
from server_runs import Load, Service, output_of, program

TITLE = "Servers, ratio to native Linux (medians; of what is per second larger is better, of times smaller)"
OUTPUT = "servers.json"

MIB = 1 << 20
CLIENTS = 50
REDIS_KEY = "key:__rand_int__"  # what redis-benchmark uses when it is not told how many keys there are


def gvisor() -> tuple[str, list[str]]:
    """The name of gVisor and the words that run a command in it, on the host's network as pVMs are here."""
    words = [program("runsc"), "--rootless", "--network=host", "--ignore-cgroups", "do"]
    try:
        output_of([*words, "/bin/true"], 20)
    except BenchError as error:
        raise BenchError("runsc does not start") from error
    return "runsc", words


def redis(bench: Bench) -> Service:
    """Redis that keeps nothing unless it is asked to, with one key set."""
    server, client = program("redis-server"), program("redis-cli")
    directory = bench.memory_scratch / "redis"
    directory.mkdir(exist_ok=True)

    def command(port: int) -> list[str]:
        return [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--enable-debug-command", "local", "--enable-protected-configs", "local"]

    def prepare(port: int) -> None:
        output_of([client, "-e", "-p", str(port), "set", REDIS_KEY, "xxx"])

    return Service(command, ("--rw", str(directory)), prepare)


def redis_throughput(bench: Bench, rows: list) -> None:
    quick = bench.settings.quick

    def load(test: str, pipeline: int, target: float) -> Load:
        count = (10_000 if quick else 30_000) * (10 if pipeline > 1 else 1)

        def measure(port: int) -> float:
            words = ["-p", str(port), "-c", str(CLIENTS), "-n", str(count), "-P", str(pipeline), "-t", test, "--csv"]
            for line in csv.DictReader(output_of([program("redis-benchmark"), *words]).splitlines()):
                if line["test"] == test.upper():
                    return float(line["rps"])
            raise BenchError("redis-benchmark prints no figure")
        name = f"redis {test.upper()}, {CLIENTS} clients" + (f", {pipeline} at a time" if pipeline > 1 else "")
        return Load(name, target, measure, for_peer=pipeline == 1)

    loads = [load("get", 1, 0.9), load("set", 1, 0.9), load("get", 16, 0.95), load("set", 16, 0.95)]

    def service() -> Service:
        made = redis(bench)
        try:
            made.peer = gvisor()
        except BenchError as error:
            for each in loads[:2]:
                each.note = str(error)
        return made
    server_runs.add_rows(bench, rows, service, loads, bench.settings.rounds(5, 2))


def redis_latency(bench: Bench, rows: list) -> None:
    """The latency at half of what the slower side can do, which is measured first: the same rate for both, as otherwise
    the slower one would be asked for more than it can do, and the figure would be the length of the run."""
    generator = bench.program("redis_load")
    seconds = "1" if bench.settings.quick else "2"
    rate = 0.0

    def answers(port: int) -> float:
        return float(output_of([generator, str(port), str(CLIENTS), "0", "1"]))

    def latency(port: int) -> float:
        return float(output_of([generator, str(port), str(CLIENTS), str(rate), seconds]))

    wanted = Load("redis GET, p99 at half load", 2, latency, "ns", larger_is_better=False)

    def service() -> Service:
        nonlocal rate
        made = redis(bench)
        full = Load("full load", None, answers)
        server_runs.measure(bench, made, [full], bench.settings.rounds(3, 2))
        if full.failure is not None:
            raise full.failure
        rate = round(min(samples.median for samples in full.figures[:2]) / 2)
        wanted.note = f"at {quantity(rate, '/s')}"
        return made
    server_runs.add_rows(bench, rows, service, [wanted], bench.settings.rounds(5, 2))


def redis_save(bench: Bench, rows: list) -> None:
    """How long Redis stands still for the fork of its first BGSAVE; how long the saving takes does not count."""
    mib = 64 if bench.settings.quick else 1024
    value_size = 1000

    def pause(port: int) -> float:
        words = [program("redis-cli"), "-e", "-p", str(port)]
        output_of([*words, "config", "set", "dir", str(bench.memory_scratch / "redis")])
        output_of([*words, "debug", "populate", str(mib * MIB // 1024), "key", str(value_size)])
        answer = output_of([*words, "bgsave"])
        found = re.search(r"latest_fork_usec:(\d+)", output_of([*words, "info", "stats"]))
        if "started" not in answer or found is None:
            raise BenchError(f"BGSAVE: {last_line(answer)}")
        return int(found.group(1)) * 1e3
    loads = [Load(f"redis, pause of BGSAVE, {mib} MiB", 0.1, pause, "ns", larger_is_better=False)]
    server_runs.add_rows(bench, rows, lambda: redis(bench), loads, bench.settings.rounds(3, 2))


NGINX = """\
{user}daemon off;
worker_processes 4;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{ listen 127.0.0.1:{port}; root {directory}/files; }}
}}
"""


def web(bench: Bench, rows: list) -> None:
    directory = bench.memory_scratch / "nginx"
    files = {"1 KB": ("small", 1024, 0.9), "1 MB": ("large", MIB, 0.95)}

    def service() -> Service:
        nginx = program("nginx")
        (directory / "files").mkdir(parents=True, exist_ok=True)
        for file, size, _ in files.values():
            (directory / "files" / file).write_bytes(b"k" * size)

        def command(port: int) -> list[str]:
            # Started by root it would take `nobody` for its workers, who is in no group of that name on Debian.
            text = NGINX.format(directory=directory, port=port, user="user www-data;\n" if os.geteuid() == 0 else "")
            (directory / "nginx.conf").write_text(text)
            return [nginx, "-e", str(directory / "error.log"), "-c", str(directory / "nginx.conf")]
        return Service(command, ("--rw", str(directory)))

    def load(what: str, file: str, target: float) -> Load:
        def measure(port: int) -> float:
            words = ["-t", "2", "-c", "64", "-d", "1s" if bench.settings.quick else "2s", "--timeout", "10s"]
            text = output_of([program("wrk"), *words, f"http://127.0.0.1:{port}/{file}"])
            wrong = re.search(r"(Socket errors|Non-2xx).*", text)
            found = re.search(r"Requests/sec:\s*([\d.]+)", text)
            if wrong or not found:
                raise BenchError(f"wrk: {wrong.group(0) if wrong else 'no figure'}")
            return float(found.group(1))
        return Load(f"nginx, {what} file, 64 connections", target, measure)

    loads = [load(what, file, target) for what, (file, _, target) in files.items()]
    server_runs.add_rows(bench, rows, service, loads, bench.settings.rounds(5, 2))


def stream(bench: Bench, rows: list) -> None:
    def service() -> Service:
        iperf = program("iperf3")
        return Service(lambda port: [iperf, "-s", "-B", "127.0.0.1", "-p", str(port)])

    def measure(port: int) -> float:
        seconds = "1" if bench.settings.quick else "2"
        text = output_of([program("iperf3"), "-c", "127.0.0.1", "-p", str(port), "-t", seconds, "-f", "k"])
        found = re.search(r"([\d.]+) Kbits/sec\s+receiver", text)
        if not found:
            raise BenchError("iperf3 prints no figure")
        return float(found.group(1)) * 1000 / 8
    loads = [Load("iperf3, one stream to the server", 0.9, measure, "B/s")]
    server_runs.add_rows(bench, rows, service, loads, bench.settings.rounds(5, 2))


def postgres_program(name: str) -> str:
    """Debian keeps the programs of each version in a directory of its own; the newest one's."""
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return program(*(str(path / name) for path in reversed(versions)), name)


def database(bench: Bench, rows: list) -> None:
    """A database made natively, once, then served by both sides in turn."""
    quick = bench.settings.quick
    directory = bench.memory_scratch / "postgres"
    clients = 8

    def service() -> Service:
        postgres, initdb, pgbench = (postgres_program(name) for name in ("postgres", "initdb", "pgbench"))
        is_ready = postgres_program("pg_isready")
        directory.mkdir(exist_ok=True)
        identity = []
        if os.geteuid() == 0:  # as which PostgreSQL refuses to run
            try:
                user = pwd.getpwnam("postgres")
            except KeyError as error:
                raise NotInstalled("not installed: the user postgres") from error
            os.chown(directory, user.pw_uid, user.pw_gid)
            identity = [program("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        data = str(directory / "data")

        def command(port: int) -> list[str]:
            return [*identity, postgres, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""]

        def prepare(port: int) -> None:
            for _ in range(100):
                done = subprocess.run([is_ready, "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"], check=False)
                if done.returncode == 0:
                    return
                time.sleep(0.1)
            raise BenchError("the server accepts no connections")

        def fill(port: int) -> None:
            prepare(port)
            output_of([pgbench, "-i", "-q", "-s", "1" if quick else "5", *connection(port)])

        output_of([*identity, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-N", "--no-instructions"])
        filling = Service(command, prepare=fill, stop_signal=signal.SIGINT)
        with server_runs.Running(filling, lambda words: words, bench.scratch / "server.log"):
            pass
        return Service(command, ("--rw", str(directory)), prepare, signal.SIGINT)

    def connection(port: int) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "postgres"]

    def transactions(port: int) -> float:
        words = ["-n", "-S", "-c", str(clients), "-j", "2", "-T", "1" if quick else "2", *connection(port)]
        found = re.search(r"tps = ([\d.]+)", output_of([postgres_program("pgbench"), *words]))
        if not found:
            raise BenchError("pgbench prints no figure")
        return float(found.group(1))
    loads = [Load(f"pgbench, select only, {clients} clients", 0.8, transactions)]
    server_runs.add_rows(bench, rows, service, loads, bench.settings.rounds(5, 2))


def threads(bench: Bench, rows: list) -> None:
    binary = bench.program("threads")
    for kind, name, target, count in (("create", "thread, create + join", 2, 2_000),
                                      ("handover", "mutex, handover to a thread that sleeps", 1.1, 10_000),
                                      ("contended", "mutex, taken by two threads at once", None, 1_000_000)):
        if not bench.settings.wants(name):
            continue
        try:
            command = [binary, kind, str(count // 10 if bench.settings.quick else count)]
            native, pvm = bench.reported(command, bench.settings.rounds(7, 3))
            rows.append(Row(name, native, pvm, target))
        except (BenchError, OSError) as error:
            rows.append(Failure(name, target, str(error)))


def run(bench: Bench) -> tuple[list, dict]:
    rows: list = []
    for group in (redis_throughput, redis_latency, redis_save, web, stream, database, threads):
        group(bench, rows)
    return rows, {}
