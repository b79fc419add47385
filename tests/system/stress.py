"""Trees of processes under stress: random forks with checked memory, pipes and signals, SIGKILL at any time, many children, bombs."""
import os
import pathlib
import random
import re
import signal
import time

from families import Family, kx, own_lane, runtime_directory
from harness import Failed, Skipped, case, compile_program, wait_until
from terminals import Terminal

FULL = os.environ.get("KX_FULL", "") not in ("", "0")


def program(test, name):
    return compile_program(test.setup, name.replace("_", "-"), f"gcc -O1 -pthread sources/{name}.c -o {{out}}")


@case("stress/fork-memory")
def fork_memory(test):
    """Processes that map, write, protect, move, drop and fork at random, and verify all their memory after each fork."""
    tree = program(test, "fork_memory")
    seconds, memories = (300, ("64M", "128M", "1G")) if FULL else (4, ("64M", "512M"))
    for seed, memory in enumerate(memories):
        done = test.pvm([tree, seed + 1, 1000000, seconds], ["--memory", memory], limit=seconds + 120)
        test.equal(f"seed {seed + 1} with {memory}", (done.out, done.status), (b"ok\n", 0))


@case("stress/overlapping-children")
def overlapping_children(test):
    """A child is always alive, but none for long: what was frozen for earlier ones is used again."""
    done = test.pvm([program(test, "overlapping_children"), 3000 if FULL else 150], ["--memory", "64M"], limit=300)
    test.equal("many children", (done.out, done.status, done.err), (b"ok\n", 0, b""))


@case("stress/pipelines")
def pipelines(test):
    """Two children alive at once, again and again: what a fork adds to the parent's memory is used again."""
    script = "for i in $(seq 60); do /bin/true | /bin/true; done"
    done = test.pvm(["bash", "-c", script], ["--stats"])
    slots = re.search(rb"slots (\d+) MiB", done.err)
    test.check(done.status == 0 and slots and int(slots[1]) <= 128, f"memory of the shell: {done.err.decode()[-600:]}")


@case("stress/tokens-and-signals")
def tokens_and_signals(test):
    storm = program(test, "token_storm")
    for count, rounds in ((4, 300), (24, 2000)) if FULL else ((4, 200), (12, 60)):
        test.same([storm, count, rounds], limit=300)


@case("stress/kill-relatives")
def kill_relatives(test):
    """SIGKILL by relatives at random moments: ends of files, broken pipes, SIGCHLD and statuses are right."""
    storm = program(test, "kill_storm")
    for seed in range(1, 9 if FULL else 2):
        done = test.pvm([storm, "rounds", seed, 300 if FULL else 60], limit=300)
        test.equal(f"seed {seed}", (done.out, done.status), (b"ok\n", 0))


@case("stress/kill-from-outside")
def kill_from_outside(test):
    """kx kill -KILL of any process but the first, whatever it is doing: the first is told of each of its own."""
    count = 300 if FULL else 25
    with Family(test, [program(test, "kill_storm"), "workers", count]) as family:
        chance = random.Random(1)
        deadline = time.monotonic() + (600 if FULL else 60)
        while family.process.poll() is None and time.monotonic() < deadline:
            others = [row[0] for row in family.rows()[1:]]
            if others:
                kx(test, "kill", "-KILL", chance.choice(others))
        test.check(family.process.poll() is not None, "the family did not end")
        out, _, status = family.end()
        test.equal("the first process", (out, status), (b"ok\n", 137))


def traces_of(pid):
    """What a kx with this process id could have left on the host, but for its socket."""
    found = [f"mount {line}" for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if re.search(rf"\b{pid}\b.*kx|kx.*\b{pid}\b", line)]
    for folder in ("/tmp", "/dev/shm", "/run", "/run/kx", "/dev/mqueue"):
        if os.path.isdir(folder):
            found += [f"{folder}/{name}" for name in os.listdir(folder) if re.search(rf"(?<!\d){pid}(?!\d)", name)]
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        found += [f"{folder}/{name}" for name in names if re.search(rf"(?<!\d){pid}(?!\d)", name)]
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if str(pid) in fields[1:4] and fields[0] != "Z":  # parent, group, session
            found.append(f"process {process}")
    socket = str(runtime_directory() / f"{pid}.sock")
    return [trace for trace in found if trace != socket]


def system_v_objects():
    return [len(pathlib.Path(f"/proc/sysvipc/{kind}").read_text().splitlines()) for kind in ("msg", "sem", "shm")]


@case("stress/kill-hypervisor", alone=True)
def kill_hypervisor(test):
    """kill -9 of kx itself, while it starts, forks or ends: nothing is left but a socket that the next kx removes."""
    own_lane(test)
    chance = random.Random(2)
    storm = program(test, "fork_memory")
    bash = "f() { while :; do (:) & (:) | (:); done; }; f & f"
    mounts, objects = len(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()), system_v_objects()
    for number in range(400 if FULL else 30):
        command = ["bash", "-c", bash] if number % 2 else [storm, number, 1000000, 60]
        family = test.start(test.pvm_command(command, ["--rw", str(test.work)]))
        time.sleep(chance.uniform(0, 0.03) if number % 3 == 0 else chance.uniform(0, 0.4))
        os.kill(family.pid, signal.SIGKILL)
        family.communicate()
        test.equal("the status", family.returncode, -signal.SIGKILL)
        # The process that keeps terminals ends with kx, a moment later: it takes down the memory that they share.
        try:
            wait_until(lambda: not traces_of(family.pid), 5, "nothing left")
        except Failed:
            raise Failed(f"left behind by kill {number}: {traces_of(family.pid)}") from None
        if number % 10 == 9:
            kx(test, "ps")
            test.check(not (runtime_directory() / f"{family.pid}.sock").exists(), "a socket outlived kx ps")
    test.equal("mounts and System V objects", (len(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()), system_v_objects()), (mounts, objects))
    test.equal("files", list(test.work.iterdir()), [])


@case("stress/many-children", alone=True)
def many_children(test):
    """Children of one 64 MiB parent, all alive at once, with answers of their own."""
    count = 1000 if FULL else 60
    total = 3 * count * (count + 1) // 2
    statuses = sum(i % 100 for i in range(1, count + 1))
    done = test.pvm([program(test, "many_children"), 64, count], ["--pids-max", "2000", "--memory", "1G"], limit=1200)
    test.equal("answers and statuses", (done.out, done.status), (f"{total} {statuses}\n".encode(), 0))


@case("stress/bomb-and-recovery")
def bomb_and_recovery(test):
    """At the limit fork fails with EAGAIN; once the bomb is gone the family forks as before."""
    bomb = program(test, "fork_bomb")
    done = test.pvm([bomb, "recover"], ["--pids-max", "40"], limit=120)
    test.equal("after the bomb", (done.out, done.status), (b"EAGAIN seen\ngone\nforks again\n", 0))


@case("stress/bomb-ends")
def bomb_ends(test):
    """A bomb whose processes ignore every signal, in sessions of their own, ends by kx kill; an ordinary one by Ctrl-C."""
    bomb = program(test, "fork_bomb")
    with Family(test, [bomb, "ignore"], ["--pids-max", "60"]) as family:
        wait_until(lambda: len(family.rows()) > 50, 30, "a bomb")
        start = time.monotonic()
        test.equal("kx kill", kx(test, "kill", "-KILL", family.id).status, 0)
        test.equal("its status", family.end()[2], 137)
        test.check(time.monotonic() - start < 15, "the bomb took long to end")
    with Terminal(test, test.pvm_command([bomb, "plain"], ["--pids-max", "60"])) as terminal:
        time.sleep(2)
        start = time.monotonic()
        terminal.type("\x03")
        test.equal("after Ctrl-C", terminal.status(), 130)
        test.check(time.monotonic() - start < 15, "the bomb took long to end")


class ThreadLimit:
    """A control group with few tasks, for what is started in the block by the words of `enter`."""

    def __init__(self, limit):
        for base in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
            self.folder = pathlib.Path(base) / f"kx-test-{os.getpid()}"
            try:
                self.folder.mkdir()
                (self.folder / "pids.max").write_text(str(limit))
                return
            except OSError:
                if self.folder.exists():
                    self.folder.rmdir()
        raise Skipped("no control group of tasks can be made here")

    def __enter__(self):
        return ["sh", "-c", f"echo $$ > {self.folder}/cgroup.procs && exec \"$@\"", "sh"]

    def __exit__(self, *_):
        wait_until(lambda: not (self.folder / "cgroup.procs").read_text(), 10, "the end of the control group's processes")
        self.folder.rmdir()


@case("stress/host-threads")
def host_threads(test):
    """A host that refuses threads makes fork and pthread_create fail with EAGAIN, and nothing else."""
    own_lane(test)
    script = """if True:
        import os, threading, time
        def until_refused(make):
            made = []
            try:
                while len(made) < 100: made.append(make())
            except (OSError, RuntimeError) as error: print(type(error).__name__)
            return made
        def child():
            pid = os.fork()
            if pid == 0: time.sleep(1); os._exit(0)
            return pid
        def thread():
            thread = threading.Thread(target=time.sleep, args=(1,))
            thread.start()
            return thread
        children = until_refused(child)
        print([os.waitpid(pid, 0)[1] for pid in children] == [0] * len(children), 0 < len(children) < 100)
        for each in until_refused(thread): each.join()
        print(os.spawnlp(os.P_WAIT, "true", "true"))"""
    with ThreadLimit(30) as enter:
        done = test.execute([*enter, *test.pvm_command(["/usr/bin/python3", "-c", script])])
    test.equal("what was refused", (done.out, done.status), (b"BlockingIOError\nTrue True\nRuntimeError\n0\n", 0))
