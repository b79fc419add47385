"""Running families: kx ps, kill, stats and exec, and the limits of a family."""
import os
import pathlib
import re
import signal
import time

from harness import Skipped, case, compile_program, wait_until

PYTHON = "/usr/bin/python3"


def own_lane(test):
    """In the software lane kx runs in the emulated machine, where no second command reaches the family."""
    if test.setup.lane == "software":
        raise Skipped("the families of the lane are inside it")


def runtime_directory():
    if os.geteuid() == 0:
        return pathlib.Path("/run/kx")
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    return pathlib.Path(given) / "kx" if given.startswith("/") else pathlib.Path(f"/tmp/kx-{os.geteuid()}")


class Family:
    """A program started by kx run in the background; ended with the block."""

    def __init__(self, test, command, options=(), **more):
        own_lane(test)
        self.test, self.command, self.options, self.more = test, command, options, more

    def __enter__(self):
        self.process = self.test.start(self.test.pvm_command(self.command, self.options), **self.more)
        self.id = str(self.process.pid)
        self.socket = runtime_directory() / f"{self.id}.sock"
        wait_until(lambda: self.rows() or self.process.poll() is not None, 10, "the family in kx ps")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def rows(self):
        """The lines of kx ps that are this family's: [id, uid, state, private, shared, time, threads, command with its indent]."""
        lines = kx(self.test, "ps").out.decode().splitlines()[1:]
        pattern = re.compile(r"(\S+) +(\d+) (\w+) +(\d+) +(\d+) +([\d.]+) +(\d+) (.*)")
        rows = [pattern.fullmatch(line) for line in lines]
        return [row.groups() for row in rows if row and row[1].split(".")[0] == self.id]

    def end(self):
        out, err = self.process.communicate(timeout=20)
        return out, err, self.process.returncode


def kx(test, *words, **options):
    return test.execute([test.kx, *words], **options)


@case("families/ps", quick=True)
def ps(test):
    """A tree with ids, states, memory and command lines."""
    with Family(test, ["bash", "-c", "sleep 100 & exec -a busy bash -c 'while :; do :; done'"]) as family:
        rows = wait_until(lambda: (lambda rows: rows if len(rows) == 2 and "while" in rows[0][7] and rows[1][7] == "  sleep 100" and rows[1][2] == "sleeping" else None)(family.rows()), 10, "two processes")
        first, second = rows
        test.equal("first", (first[0], first[1], first[2]), (family.id, str(os.geteuid()), "running"))
        test.equal("second", (second[0], second[2], second[7]), (f"{family.id}.3", "sleeping", "  sleep 100"))
        test.check(float(first[5]) > 0 and int(first[3]) > 500 and first[6] == "1", f"time, memory, threads: {first}")
    with Family(test, [PYTHON, "-c", "import os, time\nx = bytearray(os.urandom(8 << 20))\nif os.fork() == 0: time.sleep(100)\ntime.sleep(100)"]) as family:
        rows = wait_until(lambda: (lambda rows: rows if len(rows) == 2 else None)(family.rows()), 10, "a forked child")
        test.check(int(rows[1][4]) > 8 << 10 and int(rows[1][3]) < 8 << 10, f"inherited memory of the child: {rows[1]}")


@case("families/zombie-stopped")
def states(test):
    program = ("import os, signal, time\na = os.fork()\nif a == 0: os._exit(0)\nb = os.fork()\nif b == 0: time.sleep(100)\n"
               "time.sleep(0.2)\nos.kill(b, signal.SIGSTOP)\ntime.sleep(100)")
    with Family(test, [PYTHON, "-c", program]) as family:
        wait_until(lambda: [row[2] for row in family.rows()][1:] == ["zombie", "stopped"], 10, "a zombie and a stopped process")


@case("families/hostile-name")
def hostile_name(test):
    """What a guest calls itself does not reach the terminal."""
    with Family(test, ["bash", "-c", "exec -a $'\\e[31mred\\nline' sleep 100"]) as family:
        wait_until(lambda: family.rows()[0][7] == "?[31mred?line 100", 10, "the name without control characters")
        test.check(b"\x1b" not in kx(test, "ps").out, "an escape sequence in kx ps")


@case("families/kill", quick=True)
def kill(test):
    with Family(test, ["bash", "-c", "trap 'echo usr1' USR1; sleep 100 & wait $!; wait $!; echo $?"]) as family:
        wait_until(lambda: len(family.rows()) == 2, 10, "two processes")
        test.equal("0", kx(test, "kill", "-0", f"{family.id}.3").status, 0)
        test.equal("a signal", kx(test, "kill", "-USR1", f"{family.id}.2").status, 0)
        time.sleep(0.3)
        test.equal("KILL", kx(test, "kill", "-SIGKILL", f"{family.id}.3").status, 0)
        out, _, status = family.end()
        test.equal("end", (out, status), (b"usr1\n137\n", 0))
    with Family(test, ["bash", "-c", "trap '' TERM; sleep 100 & sleep 100; echo"]) as family:
        test.equal("whole family", kx(test, "kill", "-9", family.id).status, 0)
        test.equal("its status", family.end()[2], 137)
        test.check(not family.socket.exists(), "its socket is still there")
    with Family(test, ["sleep", "100"]) as family:
        test.equal("TERM by default", kx(test, "kill", family.id).status, 0)
        test.equal("its status", family.end()[2], 143)


@case("families/kill-errors")
def kill_errors(test):
    own_lane(test)
    for words, status, pattern in ((["kill", "4x"], 1, "is not an ID"), (["kill", "999999999"], 1, "no family"), (["kill"], 125, "no ID"),
                                   (["kill", "-FOO", "1"], 125, "is not a signal"), (["stats", "1"], 125, "no family"),
                                   (["exec", "1", "--", "true"], 125, "no family"), (["exec", "1"], 125, "no program")):
        done = kx(test, *words)
        test.check(done.status == status and pattern in done.err.decode(), f"{words}: {done}")
    with Family(test, ["sleep", "100"]) as family:
        done = kx(test, "kill", f"{family.id}.77")
        test.check(done.status == 1 and b"no process 77" in done.err, f"no such process: {done}")


@case("families/kill-bomb")
def kill_bomb(test):
    """A family that forks all the time ends as a whole."""
    with Family(test, ["bash", "-c", "f() { while :; do (sleep 0.01; :) & wait $!; done; }; f & f & f"], ["--pids-max", "30"]) as family:
        time.sleep(0.5)
        test.equal("status", kx(test, "kill", "-KILL", family.id).status, 0)
        test.equal("its status", family.end()[2], 137)


@case("families/stats", quick=True)
def stats(test):
    with Family(test, ["bash", "-c", "sleep 100 & wait"]) as family:
        wait_until(lambda: len(family.rows()) == 2, 10, "two processes")
        one = kx(test, "stats", f"{family.id}.3")
        test.check(one.status == 0 and re.search(rb"system calls: [1-9]", one.out) and b"KVM:" in one.out, f"a process: {one}")
        whole = kx(test, "stats", family.id)
        test.check(re.search(rb"pVMs: 2 running, [1-9]", whole.out), f"a family: {whole}")


@case("families/exec", quick=True)
def execute(test):
    """The same files, processes and shared files as the family; streams and status are the caller's."""
    with Family(test, ["bash", "-c", "echo secret > /tmp/note; sleep 100 & wait"]) as family:
        wait_until(lambda: len(family.rows()) == 2, 10, "two processes")
        done = kx(test, "exec", family.id, "--", "bash", "-c", "cat /tmp/note; echo $PPID; read x; echo $x >&2; exit 7", stdin=b"input\n")
        test.equal("output, errors, status", (done.out, done.err, done.status), (b"secret\n1\n", b"input\n", 7))
        test.equal("a signal ends it", kx(test, "exec", family.id, "bash", "-c", "kill -9 $$").status, 137)
        test.equal("its processes", kx(test, "exec", family.id, "--", "kill", "-TERM", "3").status, 0)
        test.equal("the family goes on to its end", family.end()[2], 0)
    with Family(test, ["sleep", "100"]) as family:
        missing = kx(test, "exec", family.id, "--", "no-such-thing")
        test.check(missing.status == 127 and missing.err.count(b"\n") == 1, f"no program: {missing}")
        test.equal("not executable", kx(test, "exec", family.id, "--", "/etc").status, 126)
        test.equal("workdir", kx(test, "exec", "-w", "/usr", family.id, "pwd").out, b"/usr\n")
        test.equal("environment", kx(test, "exec", "-e", "A=b c", family.id, "--", "printenv", "A").out, b"b c\n")
        many = kx(test, "exec", family.id, "--", "echo", *(["word" * 25] * 2000))
        test.equal("long arguments", (many.status, len(many.out)), (0, 2000 * 101))
        shared = "import mmap, os\nf = os.open('/dev/shm/shared', os.O_RDWR | os.O_CREAT)\nos.ftruncate(f, 4096)\nm = mmap.mmap(f, 4096)\n"
        kx(test, "exec", family.id, "--", PYTHON, "-c", shared + "m[:5] = b'hello'")
        test.equal("a shared file", kx(test, "exec", family.id, "--", PYTHON, "-c", shared + "print(m[:5])").out, b"b'hello'\n")
        test.equal("the view is read-only", kx(test, "exec", family.id, "--", "touch", "/etc/kx-test").status, 1)


@case("families/exec-signals")
def exec_signals(test):
    with Family(test, ["sleep", "100"]) as family:
        command = [test.kx, "exec", family.id, "--", "bash", "-c", "trap 'echo term; exit 3' TERM; sleep 100 & echo ready; wait"]
        client = test.start(command)
        client.stdout.readline()
        client.send_signal(signal.SIGTERM)
        out, _ = client.communicate(timeout=20)
        test.equal("passed on", (out, client.returncode), (b"term\n", 3))
        client = test.start([test.kx, "exec", family.id, "--", "bash", "-c", "echo ready; sleep 100"])
        client.stdout.readline()
        client.kill()
        client.wait()
        wait_until(lambda: all(".sleep" not in row[7] and "ready" not in row[7] for row in family.rows()), 10, "SIGHUP to the program")
        client.stdout.close()
        client.stderr.close()
        client = test.start([test.kx, "exec", family.id, "--", "sleep", "100"])
        wait_until(lambda: any(row[7] == "sleep 100" and "." in row[0] for row in family.rows()), 10, "the program")
        kx(test, "kill", family.id + ".2")
        client.communicate(timeout=20)
        test.equal("the end of the family ends it", client.returncode, 137)


@case("families/stale-sockets")
def stale_sockets(test):
    """kill -9 leaves a socket that the next kx ps removes; an orderly end leaves none."""
    with Family(test, ["sleep", "100"]) as family:
        os.kill(family.process.pid, signal.SIGKILL)
        family.process.wait()
        test.check(family.socket.exists(), "the socket was to be left")
        test.equal("no row", family.rows(), [])
        test.check(not family.socket.exists(), "kx ps was to remove it")
    for command in (["true"], ["no-such-thing"]):
        done = test.start(test.pvm_command(command))
        done.communicate()
        test.check(not (runtime_directory() / f"{done.pid}.sock").exists(), f"{command} left its socket")


@case("families/stopped")
def stopped(test):
    with Family(test, ["sleep", "100"]) as family:
        os.kill(family.process.pid, signal.SIGSTOP)
        done = kx(test, "ps")
        test.check(re.search(rf"(?m)^{family.id} .* stopped ", done.out.decode()), f"a stopped family: {done}")
        test.equal("KILL", kx(test, "kill", "-KILL", family.id).status, 0)
        test.equal("its status", family.end()[2], -9)


@case("families/permissions")
def permissions(test):
    with Family(test, ["sleep", "100"]) as family:
        test.equal("directory and socket", [path.stat().st_mode & 0o7777 for path in (runtime_directory(), family.socket)], [0o700, 0o600])
        if os.geteuid() == 0 and pathlib.Path("/usr/bin/setpriv").exists():
            other = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", test.kx]
            done = test.execute([*other, "ps"])
            test.check(family.id.encode() not in done.out, f"another user sees the family: {done}")
            done = test.execute([*other, "kill", family.id])
            test.check(done.status != 0 and family.process.poll() is None, f"another user ends the family: {done}")
        inside = kx(test, "exec", family.id, "--", PYTHON, "-c",
                    f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect({str(family.socket)!r})")
        test.check(inside.status == 1, f"a program of the family reaches its socket: {inside}")


@case("families/bad-requests")
def bad_requests(test):
    """Nonsense on the socket ends the connection, and nothing else."""
    import random
    import socket
    with Family(test, ["sleep", "100"]) as family:
        noise = random.Random(1)
        for number in range(100):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
                client.settimeout(5)
                client.connect(str(family.socket))
                head = (0x6b786374).to_bytes(4, "little") + (1).to_bytes(2, "little") + (number % 8).to_bytes(2, "little")
                client.send(noise.randbytes(noise.randrange(1, 200)) if number % 2 else head + noise.randbytes(32))
        test.equal("the family", len(family.rows()), 1)


@case("families/pids-max", quick=True)
def pids_max(test):
    """EAGAIN at the limit, and the family survives a fork bomb."""
    program = ("import errno, os, time\nn = 0\ntry:\n  while True:\n    if os.fork() == 0: time.sleep(1); os._exit(0)\n    n += 1\n"
               "except OSError as error: print(n, errno.errorcode[error.errno])\n")
    test.equal("forks", test.pvm([PYTHON, "-c", program], ["--pids-max", "5"]).out, b"4 EAGAIN\n")
    bomb = "import os, time\nend = time.time() + 2\nwhile time.time() < end:\n  try: os.fork()\n  except OSError: time.sleep(0.01)\n"
    done = test.pvm(["bash", "-c", f"{PYTHON} -c '{bomb}' & wait; sleep 1; echo alive"], ["--pids-max", "20"])
    test.equal("after a bomb", (done.out, done.status), (b"alive\n", 0))
    test.complains(test.pvm("true", ["--pids-max", "0"]), 125, "--pids-max")


@case("families/cpus", quick=True)
def cpus(test):
    own_lane(test)
    test.equal("nproc", test.pvm("nproc", ["--cpus", "1"]).out, b"1\n")
    widen = "import os; os.sched_setaffinity(0, range(os.cpu_count() + 8)); print(len(os.sched_getaffinity(0)))"
    test.equal("no way to more", test.pvm([PYTHON, "-c", widen], ["--cpus", "1"]).out, b"1\n")
    for value in ("0", "0.5", "x"):
        test.complains(test.pvm("true", ["--cpus", value]), 125, "whole processors")
    test.complains(test.pvm("true", ["--cpus", "100000"]), 125, "may use only")


@case("families/trust-family")
def trust_family(test):
    script = "x=1; (x=2; echo $x); echo $x; for i in 1 2 3; do (echo $i) & done; wait"
    done = test.pvm(["bash", "-c", script], ["--trust-family"])
    test.equal("a program that forks", (sorted(done.out.split()), done.status), (sorted(b"2 1 1 2 3".split()), 0))


@case("families/hostile-child", quick=True)
def hostile_child(test):
    program = compile_program(test.setup, "hostile-child", "gcc -O1 sources/hostile_child.c -o {out}")
    done = test.pvm([program])
    test.equal("a child that edits its own page tables", (done.out, done.status), (b"inherited unchanged\nsecret kept\nlibrary OS unchanged\n", 0))
    # The same child shows that the test can tell: this is what --trust-family gives up.
    done = test.pvm([program], ["--trust-family"])
    test.equal("the same with --trust-family", (done.out, done.status), (b"inherited CHANGED\nsecret kept\nlibrary OS unchanged\n", 0))
