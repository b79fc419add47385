"""Redis and nginx under load while they save, reload and lose workers, and what they hold of the host afterwards: a soak in a
short form. KX_SOAK_SECONDS makes it longer; what is held is then told on standard error every minute."""
import http.client
import os
import pathlib
import random
import signal
import sys
import threading
import time

from harness import Failed, case, wait_until
from servers import LIMIT_S, Crowd, Place, get, need_root, web_files
from servers_data import Redis, need_redis, redis
from servers_web import nginx, worker_of

DEFAULT_S = 12
BROWSERS = 3
# What may be more at the end than after warming up: what the allocator keeps, children made ahead, idle connections.
MORE_RESIDENT_KIB = 64 << 10
MORE_DESCRIPTORS = 60


class Watch:
    """Compares what a server holds with what it held when it had warmed up."""

    def __init__(self, name, server):
        self.name, self.server, self.first = name, server, None

    def held(self):
        """Of the host: the hypervisor's resident memory in KiB, its descriptors, its threads."""
        process = pathlib.Path("/proc", self.server.id)
        resident = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS:"))
        return int(resident.split()[1]), len(os.listdir(process / "fd")), len(os.listdir(process / "task"))

    def look(self):
        now = self.held()
        self.first = self.first or now
        print(f"soak: {self.name}: {now[0]} KiB resident, {now[1]} descriptors, {now[2]} threads", file=sys.stderr, flush=True)

    def check(self):
        now = self.held()
        if now[0] > self.first[0] + MORE_RESIDENT_KIB or now[1] > self.first[1] + MORE_DESCRIPTORS:
            raise Failed(f"{self.name} held {self.first} (KiB, descriptors, threads) after warming up, and {now} in the end")

    def pvms(self):
        lines = self.server.kx("ps").out.decode().splitlines()
        return sum(line.split()[0].split(".")[0] == self.server.id for line in lines)


class Load:
    """Clients of both servers, and what became of their requests."""

    def __init__(self, web, data, contents):
        self.web, self.data, self.contents = web, data, contents
        self.lost, self.written, self.lock = 0, {}, threading.Lock()

    def browse(self, _):
        try:
            status, _, body = get(self.web.port, "/300001.bin")
        except (ConnectionError, http.client.HTTPException):
            with self.lock:
                self.lost += 1  # with a worker that was killed
            return
        if (status, body) != (200, self.contents):
            raise Failed(f"status {status}, {len(body)} bytes")

    def write(self, number):
        with Redis(self.data.port) as client:
            for _ in range(50):
                turn = self.written.get(number, 0) + 1
                if client("SET", f"writer:{number}", turn) != b"OK" or int(client("GET", f"writer:{number}")) != turn:
                    raise Failed(f"writer {number} lost its turn {turn}")
                self.written[number] = turn


@case("servers/soak")
def soak(test):
    """No request fails but for those of a killed worker, every write is there, and nothing is held that was not held before."""
    need_root()
    need_redis(test)
    seconds = int(os.environ.get("KX_SOAK_SECONDS", DEFAULT_S))
    test.setup.limit_s = max(test.setup.limit_s, seconds)
    chance = random.Random(7)
    with Place() as folder, Place() as store, nginx(test, folder) as web, redis(test, store, "--appendonly", "yes", "--save", "") as data:
        load = Load(web, data, web_files(folder / "www")["300001.bin"])
        watches = [Watch("nginx", web), Watch("redis", data)]
        begin = told = time.monotonic()
        killed = 0
        with Crowd(BROWSERS, load.browse) as browsers, Crowd(2, load.write) as writers, Redis(data.port) as client:
            while (now := time.monotonic()) < begin + seconds:
                if now > told + 60 or watches[0].first is None and now > begin + seconds / 3:
                    told = now
                    for watch in watches:
                        watch.look()
                time.sleep(chance.uniform(0.1, 0.8))
                what = chance.randrange(4)
                if what == 3:
                    web.kx("exec", "{id}", "--", "kill", "-KILL", worker_of(web.port))
                    killed += 1
                elif what == 2:
                    web.send(signal.SIGHUP)
                else:
                    client("BGSAVE" if what else "BGREWRITEAOF")
            browsers.stop()
            writers.stop()
            wait_until(lambda: (info := client.info())["rdb_bgsave_in_progress"] == info["aof_rewrite_in_progress"] == "0", LIMIT_S,
                       "the end of the saves")
            for number, turn in load.written.items():
                test.equal("what was written", client("GET", f"writer:{number}"), str(turn).encode())
            test.equal("saves", client.info()["rdb_last_bgsave_status"], "ok")
        test.check(load.lost <= BROWSERS * killed, f"{load.lost} requests were lost, {killed} workers were killed")
        wait_until(lambda: watches[0].pvms() == 5 and watches[1].pvms() == 1, LIMIT_S, "the end of old workers and children")
        for watch in watches:
            watch.look()
            watch.check()
        test.equal("nginx", web.end(signal.SIGQUIT), 0)
        test.equal("redis", data.end(), 0)
