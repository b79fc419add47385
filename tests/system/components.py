"""The components of the library OS: mapped when they are first used, and left out with --components."""
import re

from harness import HERE, ROOT, case

PYTHON = "/usr/bin/python3"
NAMES = ("core", "net", "poll", "timers", "sysv", "mqueue", "proc", "relatives", "update", "trace")

# Makes calls by number, and says of each whether it answers ENOSYS. Those that could do something get arguments that are wrong.
CALLS = """
import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
def missing(number, *arguments):
    ctypes.set_errno(0)
    libc.syscall(number, *arguments)
    return ctypes.get_errno() == errno.ENOSYS
calls = {"net": {"socket": (41, -1, -1, -1), "shutdown": (48, -1, 0), "accept4": (288, -1, 0, 0, 0)},
         "poll": {"poll": (7, 0, 0, 0), "epoll_create": (213, 0), "epoll_create1": (291, -1)},
         "timers": {"getitimer": (36, 99, 0), "timerfd_create": (283, 99, 0), "timer_delete": (226, 99)},
         "sysv": {"msgget": (68, 0x12345, 0), "semget": (64, 0x12345, 0, 0), "shmget": (29, 0x12345, 0, 0)},
         "mqueue": {"mq_unlink": (241, b"/none-such"), "mq_getsetattr": (245, -1, 0, 0)},
         "relatives": {"pidfd_open": (434, -1, 0), "process_vm_readv": (310, -1, 0, 0, 0, 0, 0)},
         "core": {"getpid": (39,), "futex": (202, 0, 1, 0), "inotify_init1": (294, -1)}}
def report(who):
    for component, each in calls.items():
        print(who, component, *[name for name, words in each.items() if missing(*words)], flush=True)
"""


def mapped(done):
    """What --stats says: the components that were mapped, and those that were not allowed."""
    lines = re.findall(r"^  library OS components: mapped ([a-z ]+)(?:; not allowed ([a-z ]+))?$", done.err.decode(), re.M)
    return [tuple(names.split() for names in line) for line in lines]


def python(test, program, options=()):
    return test.pvm([PYTHON, "-c", program], ["--stats", *options])


@case("components/none", quick=True)
def none(test):
    """A program that needs none maps none."""
    done = test.pvm(["echo", "hello"], ["--stats"])
    test.equal("output", (done.status, done.out), (0, b"hello\n"))
    test.equal("mapped", mapped(done), [(["none"], [])])


@case("components/used")
def used(test):
    """Each is mapped by its use, and by nothing else."""
    programs = {"net": "import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))",
                "poll": "import select; print(select.select([], [], [], 0))",
                "timers": "import signal; print(signal.setitimer(signal.ITIMER_REAL, 100))",
                "sysv": "import ctypes; print(ctypes.CDLL(None).shmdt(1))",
                "mqueue": "import ctypes; print(ctypes.CDLL('librt.so.1').mq_open(b'/none-such', 0))",
                "relatives": "import os; print(os.pidfd_open(os.getpid()))"}
    base = set(mapped(python(test, "import ctypes, os, select, signal, socket"))[0][0])
    test.check(not base & set(programs), f"what nobody uses: {base}")
    for name, program in programs.items():
        done = python(test, program)
        test.equal(f"{name}: status", (done.status, bool(done.out)), (0, True))
        test.equal(name, set(mapped(done)[0][0]) - base - {"none"}, {name})
    done = test.pvm("cat /proc/self/comm", ["--stats"])
    test.equal("proc", (done.out, mapped(done)), (b"cat\n", [(["proc"], [])]))


@case("components/trace", quick=True)
def trace(test):
    done = test.pvm(["echo", "hello"], ["--stats", "--strace=/dev/null", "--components", "core"])
    test.equal("mapped", (done.out, mapped(done)[0][0]), (b"hello\n", ["trace"]))


@case("components/allowed", quick=True)
def allowed(test):
    """Without the option none of the calls is missing: what is missing below is so for its sake."""
    done = python(test, CALLS + "report('all')")
    test.equal("output", done.out.decode(), "".join(f"all {name}\n" for name in ("net", "poll", "timers", "sysv", "mqueue", "relatives", "core")))


def expected(who, kept):
    every = {"net": "socket shutdown accept4", "poll": "poll epoll_create epoll_create1", "timers": "getitimer timerfd_create timer_delete",
             "sysv": "msgget semget shmget", "mqueue": "mq_unlink mq_getsetattr", "relatives": "pidfd_open process_vm_readv", "core": ""}
    return "".join(f"{who} {name}".rstrip() + (f" {calls}" if calls and name not in kept else "") + "\n" for name, calls in every.items())


@case("components/not-allowed", quick=True)
def not_allowed(test):
    """ENOSYS for the calls of what is not in the list, which --stats names with the reason; the rest works."""
    for kept in (("core",), ("poll", "timers"), ("net", "sysv", "mqueue", "relatives")):
        done = python(test, CALLS + "report('x')", ["--components", ",".join(kept)])
        test.equal(str(kept), (done.status, done.out.decode()), (0, expected("x", kept)))
        test.equal("named", mapped(done)[0][1], [name for name in NAMES[1:-1] if name not in kept])
        for name, call in (("net", "accept4"), ("mqueue", "mq_unlink")):
            line = f"unsupported: {call} (1 times, answered ENOSYS: the component {name} is not allowed)"
            test.equal(call, line in done.err.decode(), name not in kept)


@case("components/proc")
def proc(test):
    """Without it nothing is below /proc, by whatever path."""
    program = ("import os\nfor path in ('/proc/self/comm', '/proc', '/proc/1/../cpuinfo', '/dev/fd/0'):\n"
               "    try: os.close(os.open(path, os.O_RDONLY)); print('there')\n    except FileNotFoundError: print('none')\n")
    test.equal("with", python(test, program).out, b"there\n" * 4)
    test.equal("without", python(test, program, ["--components", "core"]).out, b"none\n" * 4)


@case("components/children", quick=True)
def children(test):
    """What was forked, what that executes, and what the shell starts have what their family has; a child uses what its parent mapped."""
    inherit = ("import os, select, socket\na, b = socket.socketpair()\npid = os.fork()\nif pid == 0:\n    b.send(b'x')\n"
               "    print(select.select([b], [], [], 0), flush=True)\n    os._exit(0)\nprint(a.recv(1), os.waitpid(pid, 0)[1])")
    done = python(test, inherit)
    test.equal("inherited", (done.out, set(mapped(done)[0][0]) >= {"net", "poll"}), (b"([], [], [])\nb'x' 0\n", True))
    (test.work / "calls.py").write_text(CALLS + "report(sys.argv[1])\n")
    script = f"{PYTHON} calls.py child; exec {PYTHON} calls.py exec"
    done = test.pvm(["sh", "-c", script], ["--workdir", test.work, "--components", "sysv,poll", "--stats"])
    test.equal("children", (done.status, done.out.decode()), (0, expected("child", ("sysv", "poll")) + expected("exec", ("sysv", "poll"))))
    test.check("unsupported: socket (2 times" in done.err.decode(), f"both are counted: {done.err.decode()}")


@case("components/threads")
def threads(test):
    """Several threads that use one for the first time at the same time."""
    program = ("import select, threading\nbarrier = threading.Barrier(6)\ndone = []\ndef run():\n    barrier.wait()\n"
               "    done.append(select.select([], [], [], 0))\nall = [threading.Thread(target=run) for _ in range(6)]\n"
               "[each.start() for each in all]\n[each.join() for each in all]\nprint(len(done))")
    done = python(test, program)
    test.equal("output", (done.status, done.out, "poll" in mapped(done)[0][0]), (0, b"6\n", True))


@case("components/bad-lists", quick=True)
def bad_lists(test):
    for text, name in (("net,none-such", "none-such"), ("net,", ""), (",net", ""), ("Net", "Net"), ("net poll", "net poll")):
        done = test.pvm("true", ["--components", text])
        line = f"kx: --components: '{name}' is not a component of the library OS (a list of {', '.join(NAMES)})\n"
        test.equal(text, (done.status, done.err.decode()), (125, line))


@case("components/list", quick=True)
def listed(test):
    """kx lib list: of each process, where a component is, its size, and whether it is mapped; updates can be left out."""
    words = [PYTHON, str(HERE / "components_scene.py"), test.kx]
    if test.setup.lane == "software":
        words = [str(ROOT / "tools" / "lane"), "exec", "--", *words]
    done = test.execute(words, limit=2 * test.setup.limit_s)
    test.equal("scene", (done.status, done.out.decode(), done.err.decode()), (0, "passed\n", ""))
