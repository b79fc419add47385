"""Stores of data as pVMs: Redis, memcached and PostgreSQL, with saves under load, killed processes and families, and recovery."""
import os
import pathlib
import re
import signal
import socket
import threading

from harness import Skipped, case, wait_until
from servers import ADDRESS, LIMIT_S, Crowd, Place, Server, at_once, free_port, only_here

REDIS_CONFIGURATION = "/etc/redis/redis.conf"


class Redis:
    """A connection that speaks the protocol of Redis: commands are sent at once, answers are read when asked for."""

    def __init__(self, port):
        self.socket = socket.create_connection((ADDRESS, port), LIMIT_S)
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended")
        kind, text = line[:1], line[1:-2]
        if kind == b"$":
            return None if text == b"-1" else self.file.read(int(text) + 2)[:-2]
        if kind == b"*":
            return None if text == b"-1" else [self.answer() for _ in range(int(text))]
        return int(text) if kind == b":" else text

    def __call__(self, *words):
        self.send(*words)
        return self.answer()

    def info(self):
        return dict(line.split(":", 1) for line in self("INFO").decode().splitlines() if ":" in line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()


def redis_command(folder, port, *more):
    """The distribution's configuration but for places, the port and what `more` says."""
    return ["redis-server", REDIS_CONFIGURATION, "--daemonize", "no", "--dir", folder, "--port", port, "--pidfile", folder / "redis.pid",
            "--logfile", "", "--enable-debug-command", "local", "--repl-diskless-sync-delay", "0", *more]


def need_redis(test):
    test.need("redis-server")
    only_here(test)
    if not os.access(REDIS_CONFIGURATION, os.R_OK):
        raise Skipped(f"{REDIS_CONFIGURATION} cannot be read")


def redis(test, folder, *more):
    port = free_port()
    return Server(test, redis_command(folder, port, *more), ["--rw", folder], port=port)


def fill(client, count):
    """Values of all kinds, sent as one train of commands."""
    for i in range(count):
        client.send("SET", f"text:{i}", "x" * (i % 300))
        client.send("RPUSH", f"list:{i % 20}", i)
        client.send("HSET", f"hash:{i % 20}", f"field{i}", i)
        client.send("ZADD", "scores", i, f"member{i}")
    return [client.answer() for _ in range(4 * count)]


@case("servers/redis-saves")
def redis_saves(test):
    """BGSAVE and BGREWRITEAOF, by forked children, while a client writes: each file holds all, as the digest after a start says."""
    need_redis(test)
    with Place() as folder:
        with redis(test, folder, "--appendonly", "yes") as server, Redis(server.port) as client:
            fill(client, 3000)
            written = [0]

            def write(_):
                with Redis(server.port) as other:
                    for i in range(50):
                        test.equal("SET", other("SET", f"new:{written[0]}", "y" * 100), b"OK")
                        written[0] += 1

            with Crowd(1, write):
                for turn in range(3):
                    before = written[0]
                    saved = int(client.info()["rdb_saves"])
                    test.equal("BGSAVE", client("BGSAVE"), b"Background saving started")
                    wait_until(lambda: int(client.info()["rdb_saves"]) > saved, LIMIT_S, "a save")
                    wait_until(lambda: client.info()["rdb_bgsave_in_progress"] == "0", LIMIT_S, "the end of the save")
                    test.equal("save", client.info()["rdb_last_bgsave_status"], "ok")
                    rewritten = int(client.info()["aof_rewrites"])
                    test.check(client("BGREWRITEAOF").startswith(b"Background append only file rewriting"), "BGREWRITEAOF")
                    wait_until(lambda: int(client.info()["aof_rewrites"]) > rewritten, LIMIT_S, "a rewriting")
                    wait_until(lambda: client.info()["aof_rewrite_in_progress"] == "0", LIMIT_S, "the end of the rewriting")
                    test.equal("rewriting", client.info()["aof_last_bgrewrite_status"], "ok")
                    wait_until(lambda: written[0] > before, LIMIT_S, "a write beside it")
            test.equal("writes", client("EXISTS", *[f"new:{i}" for i in range(written[0])]), written[0])
            digest = client("DEBUG", "DIGEST")
            client("SAVE")
            test.equal("status", server.end(), 0)
        test.equal("redis-check-rdb", test.native(["redis-check-rdb", folder / "dump.rdb"]).status, 0)
        for appendonly in ("yes", "no"):
            with redis(test, folder, "--appendonly", appendonly) as server, Redis(server.port) as client:
                wait_until(lambda: client("PING") == b"PONG", LIMIT_S, "the data are loaded")
                test.equal(f"digest with appendonly {appendonly}", client("DEBUG", "DIGEST"), digest)


@case("servers/redis-killed")
def redis_killed(test):
    """SIGKILL for the whole family at any moment: with appendfsync always each write that was acknowledged is there."""
    need_redis(test)
    options = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
    with Place() as folder:
        acknowledged = {}
        for turn in range(3):
            with redis(test, folder, *options) as server:
                with Redis(server.port) as client:
                    wait_until(lambda: client("PING") == b"PONG", LIMIT_S, "the data are loaded")
                    for key, value in acknowledged.items():
                        client.send("GET", key)
                    test.equal(f"after {turn} kills", [client.answer() for _ in acknowledged], [value.encode() for value in acknowledged.values()])
                if turn == 2:
                    test.equal("status", server.end(), 0)
                    break
                confirmed = [{} for _ in range(3)]
                ended = []

                def write(number):
                    try:
                        with Redis(server.port) as client:
                            i = 0
                            while True:
                                train = {f"{turn}.{number}.{i + j}": f"value {i + j}" for j in range(5)}
                                for key, value in train.items():
                                    client.send("SET", key, value)
                                for key, value in train.items():
                                    if client.answer() == b"OK":
                                        confirmed[number][key] = value
                                i += len(train)
                    except OSError:
                        ended.append(number)

                writers = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(3)]
                for writer in writers:
                    writer.start()
                wait_until(lambda: min(map(len, confirmed)) > 100, LIMIT_S, "some writes by each")
                server.kill()
                for writer in writers:
                    writer.join(LIMIT_S)
                test.equal("writers that saw the end", sorted(ended), [0, 1, 2])
                for some in confirmed:
                    acknowledged.update(some)


@case("servers/redis-replica")
def redis_replica(test):
    """A replica in another family gets what was there, what is written meanwhile, and what is missed while it is away."""
    need_redis(test)
    with Place() as first, Place() as second:
        with redis(test, first) as primary, Redis(primary.port) as client:
            fill(client, 2000)
            written = [0]

            def write(_):
                test.equal("write", client_of_writer("SET", f"new:{written[0]}", "z" * 50), b"OK")
                written[0] += 1

            for turn in range(2):
                with redis(test, second, "--replicaof", f"{ADDRESS} {primary.port}") as replica, Redis(replica.port) as other:
                    with Redis(primary.port) as client_of_writer, Crowd(1, write):
                        wait_until(lambda: other.info()["master_link_status"] == "up", LIMIT_S, "the replica has what was there")
                        before = written[0]
                        wait_until(lambda: written[0] > before + 100, LIMIT_S, "writes")
                    test.equal("SET", client("SET", "last", turn), b"OK")
                    test.equal("WAIT", client("WAIT", 1, LIMIT_S * 1000), 1)
                    test.equal("digests", other("DEBUG", "DIGEST"), client("DEBUG", "DIGEST"))
                    test.equal("keys", other("DBSIZE"), client("DBSIZE"))
                    test.check(other("SET", "a", "b").startswith(b"READONLY"), "a replica that can be written to")
                    test.equal("status", replica.end(), 0)
                fill(client, 500)


@case("servers/redis-ends")
def redis_ends(test):
    """Exit statuses natively and as a pVM: SHUTDOWN, signals, a port that is taken."""
    need_redis(test)
    with Place() as folder:
        for native in (True, False):
            port = free_port()
            for how in ("SHUTDOWN", signal.SIGTERM, signal.SIGINT):
                with Server(test, redis_command(folder, port), ["--rw", folder], native=native, port=port) as server, Redis(port) as client:
                    test.equal("SET", client("SET", "a", how), b"OK")
                    if how == "SHUTDOWN":
                        client.send(how)
                    test.equal(f"{how}, native {native}", server.end(0 if how == "SHUTDOWN" else how), 0)
                    test.check((folder / "dump.rdb").exists(), "no file was saved")
        with socket.create_server((ADDRESS, 0)) as other:
            command = redis_command(folder, other.getsockname()[1])
            native, done = test.native(command), test.pvm(command, ["--rw", folder])
            complaint = re.compile(rb"# (.*bind.*|Failed listening.*)\n")
            test.equal("a port that is taken", (done.status, complaint.findall(done.out)), (native.status, complaint.findall(native.out)))
            test.equal("native", (native.status, len(complaint.findall(native.out)) > 0), (1, True))


@case("servers/redis-pipelining")
def redis_pipelining(test):
    """Long trains of commands over several connections, large values, and redis-benchmark as a client in a pVM."""
    need_redis(test)
    test.need("redis-benchmark")
    with Place() as folder, redis(test, folder, "--save", "") as server:

        def client(number):
            with Redis(server.port) as connection:
                train = b"*2\r\n$4\r\nINCR\r\n$1\r\n%d\r\n" % number * 20000
                sender = threading.Thread(target=connection.socket.sendall, args=(train,), daemon=True)
                sender.start()
                test.equal("answers", [connection.answer() for _ in range(20000)], list(range(1, 20001)))
                sender.join(LIMIT_S)
                value = bytes([number]) * (5 << 20)
                connection("SET", f"large{number}", value)
                test.check(connection("GET", f"large{number}") == value, "a large value")

        at_once(4, client)
        done = test.pvm(["redis-benchmark", "-h", ADDRESS, "-p", server.port, "-P", "16", "-c", "20", "-n", "5000", "-q", "-t", "set,get,incr,lpush"])
        test.equal("redis-benchmark", (done.status, done.out.count(b"requests per second")), (0, 4))
        test.equal("status", server.end(), 0)


@case("servers/redis-clients")
def redis_clients(test):
    """Threads for input and output, clients that block, subscribe, watch and run scripts, and redis-cli over a socket in the file system."""
    need_redis(test)
    test.need("redis-cli")
    with Place() as folder, redis(test, folder, "--save", "", "--io-threads", "2", "--io-threads-do-reads", "yes", "--unixsocket", folder / "redis") as server:

        def moves(number):
            """Producers and consumers: what one pushes, another waits for; a counter is changed by optimistic transactions."""
            with Redis(server.port) as client:
                for i in range(50):
                    if number % 2:
                        client("LPUSH", "queue", f"{number}.{i}")
                    else:
                        test.check(client("BRPOP", "queue", LIMIT_S), "nothing came")
                for _ in range(10):
                    done = None
                    while done is None:
                        client("WATCH", "counter")
                        value = int(client("GET", "counter") or 0)
                        client("MULTI")
                        client("SET", "counter", value + 1)
                        done = client("EXEC")
                for _ in range(20):
                    client("EVAL", "return redis.call('INCRBY', KEYS[1], ARGV[1])", 1, "scripted", number)

        with Redis(server.port) as listener, Redis(server.port) as client:
            listener("SUBSCRIBE", "news")
            at_once(6, moves)
            test.equal("queue", client("LLEN", "queue"), 0)
            test.equal("counter", client("GET", "counter"), b"60")
            test.equal("scripted", client("GET", "scripted"), b"%d" % (20 * sum(range(6))))
            for i in range(100):
                test.equal("subscribers", client("PUBLISH", "news", f"news {i}"), 1)
            test.equal("news", [listener.answer()[2] for _ in range(100)], [b"news %d" % i for i in range(100)])
            done = test.pvm(["redis-cli", "-s", folder / "redis"], ["--rw", folder], stdin=b"GET counter\nPING\nINFO clients\n")
            test.check(done.status == 0 and done.out.startswith(b"60\nPONG\n# Clients"), f"redis-cli: {done}")
        test.equal("status", server.end(), 0)


def memcached_statistics(test, server):
    """A hundred connections set, get and count; gives what the server says of it."""

    def ask(file, text):
        file.write(text)
        file.flush()
        return file.readline()

    connections = [socket.create_connection((ADDRESS, server.port), LIMIT_S) for _ in range(100)]
    files = [connection.makefile("rwb") for connection in connections]
    test.equal("set", ask(files[0], b"set counter 0 0 1\r\n0\r\n"), b"STORED\r\n")

    def client(number):
        for file_number in range(number, 100, 10):
            file = files[file_number]
            for i in range(10):
                key, value = b"%d.%d" % (file_number, i), b"%d " % i * (1 << i)
                test.equal("set", ask(file, b"set %s 7 0 %d\r\n%s\r\n" % (key, len(value), value)), b"STORED\r\n")
                test.equal("get", ask(file, b"get %s\r\n" % key), b"VALUE %s 7 %d\r\n" % (key, len(value)))
                test.equal("value", file.read(len(value) + 7), value + b"\r\nEND\r\n")
            test.check(ask(file, b"incr counter 1\r\n").strip().isdigit(), "incr")

    at_once(10, client)
    large = os.urandom(900000)
    test.equal("a large one", ask(files[0], b"set large 0 0 900000\r\n" + large + b"\r\n"), b"STORED\r\n")
    test.equal("too large", ask(files[1], b"set huge 0 0 2000000\r\n" + bytes(2000000) + b"\r\n"), b"SERVER_ERROR object too large for cache\r\n")
    test.equal("get", ask(files[2], b"get large\r\n"), b"VALUE large 0 900000\r\n")
    test.check(files[2].read(900007) == large + b"\r\nEND\r\n", "the large value")
    test.equal("get", ask(files[3], b"get counter\r\n"), b"VALUE counter 0 3\r\n")
    test.equal("the counter", files[3].readline() + files[3].readline(), b"100\r\nEND\r\n")
    files[4].write(b"stats\r\n")
    files[4].flush()
    statistics = {name: value for _, name, value in (line.decode().split() for line in iter(files[4].readline, b"END\r\n"))}
    for connection in connections:
        connection.close()
    return statistics


@case("servers/memcached")
def memcached(test):
    """Four threads, a hundred connections; values, counters and statistics add up, as natively."""
    test.need("memcached")
    only_here(test)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    found = []
    for native in (True, False):
        port = free_port()
        with Server(test, ["memcached", "-l", ADDRESS, "-p", port, "-U", "0", "-t", "4", "-c", "300", *user], native=native, port=port) as server:
            statistics = memcached_statistics(test, server)
            found.append({name: value for name, value in statistics.items() if re.match(r"threads|cmd_|get_|incr_|curr_items|bytes$|max_conn", name)})
            found[-1]["status"] = server.end()
    native, other = found
    test.equal("statistics", other, native)
    test.equal("sums", (native["cmd_get"], native["get_hits"], native["incr_hits"], native["curr_items"], native["status"]), ("1002", "1002", "100", "1002", 0))


def postgres_folder():
    """Where the newest PostgreSQL has its programs."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not folders:
        raise Skipped("PostgreSQL is not installed")
    return folders[-1].parent


class Postgres:
    """A cluster of databases in a directory of its own; root gives it to the user postgres, as PostgreSQL refuses to be root's."""

    def __init__(self, test):
        only_here(test)
        self.test, self.programs = test, postgres_folder()
        as_root = os.geteuid() == 0
        self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if as_root else []
        self.place = Place("postgres" if as_root else None)

    def __enter__(self):
        self.folder = self.place.__enter__()
        return self

    def __exit__(self, *_):
        self.place.__exit__()

    def command(self, program, *words):
        return [*self.prefix, self.programs / program, *words]

    def initdb(self, native):
        command = self.command("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        done = self.test.native(command) if native else self.test.pvm(command, ["--rw", self.folder], limit=LIMIT_S)
        self.test.check(done.status == 0, f"initdb: {done}")

    def server(self):
        port = free_port()
        self.target = ["-h", ADDRESS, "-p", port, "-U", "postgres"]
        command = self.command("postgres", "-D", self.folder / "data", "-k", self.folder, "-p", port, "-c", f"listen_addresses={ADDRESS}")
        return Server(self.test, command, ["--rw", self.folder], port=port)

    def ask(self, text):
        """Lines of an answer, by psql."""
        done = self.test.native([self.programs / "psql", *self.target, "-AtX", "-d", "postgres", "-c", text], limit=LIMIT_S)
        self.test.check(done.status == 0, f"{text}: {done}")
        return done.out.decode().splitlines()

    def ready(self):
        """Waits for the end of a recovery, while which connections are refused."""
        wait_until(lambda: self.test.native([self.programs / "pg_isready", *self.target]).status == 0, LIMIT_S, "the server accepts connections")

    def bench(self, *words, native=True):
        command = [self.programs / "pgbench", *self.target, *words, "postgres"]
        return self.test.native(command, limit=LIMIT_S) if native else self.test.pvm(command, limit=LIMIT_S)

    def initial(self):
        done = self.bench("-i", "-q", "-s", "1")
        self.test.check(done.status == 0, f"pgbench -i: {done}")

    def sums(self):
        """Each transaction adds to all four sums or to none. Gives how many there were."""
        columns = (("abalance", "accounts"), ("bbalance", "branches"), ("tbalance", "tellers"), ("delta", "history"))
        sums = [self.ask(f"select coalesce(sum({column}), 0) from pgbench_{table}")[0] for column, table in columns]
        self.test.check(len(set(sums)) == 1, f"sums: {sums}")
        return int(self.ask("select count(*) from pgbench_history")[0])


@case("servers/postgres")
def postgres(test):
    """initdb and the server as pVMs; pgbench from the host and from a pVM, and an index that agrees with its table."""
    with Postgres(test) as cluster:
        cluster.initdb(native=False)
        with cluster.server() as server:
            cluster.ready()
            cluster.initial()
            for native in (True, False):
                done = cluster.bench("-n", "-c", "4", "-j", "2", "-t", "50", native=native)
                test.check(done.status == 0 and b"transactions actually processed: 200/200" in done.out, f"pgbench, native {native}: {done}")
            test.equal("transactions", cluster.sums(), 400)
            test.equal("sorted", cluster.ask("select md5(string_agg(i::text, ',')) from (select i from generate_series(1, 200000) i order by md5(i::text)) t"),
                       cluster.ask("select md5(string_agg(i::text, ',')) from (select i from generate_series(200000, 1, -1) i order by md5(i::text)) t"))
            # Workers beside the backend, with shared memory made for the one query.
            parallel = ("set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; "
                        "set min_parallel_table_scan_size = 0; ")
            query = "select count(*), sum(aid), sum(abalance) from pgbench_accounts"
            test.check(any("Workers Launched: 2" in line for line in cluster.ask(f"{parallel} explain (analyze) {query}")), "no workers")
            test.equal("a parallel query", cluster.ask(parallel + query)[-1], cluster.ask(query)[-1])
            cluster.ask("vacuum full analyze")
            test.equal("after vacuum", cluster.sums(), 400)
            test.equal("status", server.end(signal.SIGINT), 0)


@case("servers/postgres-killed")
def postgres_killed(test):
    """SIGKILL for a backend: the others start anew and recover. SIGKILL for the family: what was confirmed is there afterwards."""
    with Postgres(test) as cluster:
        cluster.initdb(native=True)
        with cluster.server() as server:
            cluster.ready()
            cluster.initial()
            client = test.start([cluster.programs / "psql", *map(str, cluster.target), "-AtX", "-d", "postgres", "-c",
                                 "select pg_backend_pid()", "-c", "select pg_sleep(600)"])
            backend = client.stdout.readline().decode().strip()
            test.equal("kill", server.kx("exec", "{id}", "--", "kill", "-KILL", backend).status, 0)
            _, complaint = client.communicate(timeout=LIMIT_S)
            test.check(client.returncode == 2 and b"connection" in complaint, f"the client of the backend: {client.returncode}, {complaint}")
            wait_until(lambda: server.log().count("ready to accept connections") == 2, LIMIT_S, "a recovery")
            test.check("was terminated by signal 9" in server.log(), "the server does not say what happened")
            test.equal("transactions", cluster.sums(), 0)
            logs = test.work / "transactions"
            bench = test.start([str(word) for word in (cluster.programs / "pgbench", *cluster.target, "-n", "-c", "3", "-T", "600", "-l",
                                                       f"--log-prefix={logs}", "postgres")])
            wait_until(lambda: int(cluster.ask("select count(*) from pgbench_history")[0]) > 200, LIMIT_S, "transactions")
            server.kill()
            bench.communicate(timeout=LIMIT_S)
        confirmed = sum(len(path.read_text().splitlines()) for path in test.work.glob("transactions*"))
        with cluster.server() as server:
            cluster.ready()
            found = cluster.sums()
            test.check(0 < confirmed <= found, f"{confirmed} confirmed transactions, {found} found")
            test.check("database system was not properly shut down" in server.log(), "there was no recovery")
            done = cluster.bench("-n", "-c", "2", "-t", "20")
            test.check(done.status == 0, f"pgbench: {done}")
            test.equal("transactions", cluster.sums(), found + 40)
            test.equal("status", server.end(signal.SIGINT), 0)


@case("servers/postgres-standby")
def postgres_standby(test):
    """A copy by pg_basebackup in a pVM, then a standby in another family that follows, and goes on by itself once it is promoted."""
    with Postgres(test) as cluster, Postgres(test) as other:
        cluster.initdb(native=True)
        with cluster.server() as primary:
            cluster.ready()
            cluster.initial()
            done = test.pvm(other.command("pg_basebackup", *cluster.target, "-D", other.folder / "data", "-R", "-X", "stream", "-c", "fast"),
                            ["--rw", other.folder], limit=LIMIT_S)
            test.check(done.status == 0, f"pg_basebackup: {done}")
            with other.server() as standby:
                other.ready()
                done = cluster.bench("-n", "-c", "3", "-t", "40")
                test.check(done.status == 0, f"pgbench: {done}")
                place = cluster.ask("select pg_current_wal_lsn()")[0]
                wait_until(lambda: other.ask(f"select pg_last_wal_replay_lsn() >= '{place}'") == ["t"], LIMIT_S, "the standby has followed")
                test.equal("transactions", other.sums(), cluster.sums())
                test.equal("in recovery", other.ask("select pg_is_in_recovery()"), ["t"])
                primary.kill()
                test.equal("promoted", other.ask("select pg_promote()"), ["t"])
                done = other.bench("-n", "-c", "2", "-t", "20")
                test.check(done.status == 0, f"pgbench: {done}")
                test.equal("transactions", other.sums(), 160)
                test.equal("status", standby.end(signal.SIGINT), 0)
