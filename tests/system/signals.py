"""Signals to kx reach the program; stopping, continuing and killing kx act on the pVM as on a process."""
import os
import pathlib
import signal
import subprocess
import time

from harness import Skipped, case, shell_status, wait_until

PYTHON = "/usr/bin/python3"
HANDLER = """
import signal, sys, time
def handler(number, frame):
    print("got", signal.Signals(number).name, flush=True)
    if number == {last}:
        sys.exit(9)
for number in ({numbers}):
    signal.signal(number, handler)
print("ready", flush=True)
while True:
    {wait}
"""


def start_ready(test, program, wrap=True, **options):
    """Starts python with the program and waits for its first line."""
    words = [PYTHON, "-u", "-c", program]
    child = test.start(test.pvm_command(words) if wrap else words, **options)
    line = child.stdout.readline()
    test.check(line == b"ready\n", f"not ready: {line!r} {child.stderr.read() if not line else ''}")
    return child


def end(test, child):
    out, err = child.communicate(timeout=test.setup.limit_s)
    return shell_status(child.returncode), out, err


@case("signals/default-actions", quick=True)
def default_actions(test):
    """A signal that ends the program ends kx, with the status that a shell expects."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM):
        child = test.start(test.pvm_command("sh -c 'echo ready; exec sleep 100'") if False else
                           test.pvm_command(["perl", "-e", "$| = 1; print qq(ready\\n); sleep 100"]))
        test.equal("first line", child.stdout.readline(), b"ready\n")
        child.send_signal(number)
        test.equal(number.name, end(test, child), (128 + number, b"", b""))


@case("signals/handlers")
def handlers(test):
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGWINCH", "SIGCONT", "SIGURG")
    if test.setup.lane == "software":
        names = names[:-3] + names[-2:-1]  # it passes SIGWINCH on with a terminal only, and not SIGURG
    numbers = [getattr(signal, name) for name in names]
    for wait in ("time.sleep(100)", "signal.pause()", "sum(range(100000))", "sys.stdin.read(1)"):
        program = HANDLER.format(last=int(numbers[3]), numbers=", ".join(str(int(number)) for number in numbers), wait=wait)
        child = start_ready(test, program, stdin=subprocess.PIPE)
        for number in numbers[:3] + numbers[4:] + numbers[3:4]:
            # Python looks for signals before it waits, not while it goes to sleep: it needs time to get there.
            time.sleep(0.05 if test.setup.lane != "software" else 0.5)
            child.send_signal(number)
            test.equal(wait, child.stdout.readline().decode(), f"got {signal.Signals(number).name}\n")
        test.equal("end", end(test, child), (9, b"", b""))


@case("signals/information")
def information(test):
    """siginfo of a signal from outside: SI_USER, and no pid of the family."""
    program = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("ready", flush=True)
information = signal.sigwaitinfo([signal.SIGUSR1])
print(information.si_signo == signal.SIGUSR1, information.si_code)"""
    child = start_ready(test, program)
    child.send_signal(signal.SIGUSR1)
    test.equal("end", end(test, child), (0, b"True 0\n", b""))


@case("signals/ignored-by-caller")
def ignored_by_caller(test):
    """nohup: what the caller ignores, the program ignores."""
    if test.setup.lane == "software":
        raise Skipped("the lane starts commands with the default actions of signals")
    script = 'trap "" HUP INT; exec "$@"'
    program = "import os, signal, sys; print(signal.getsignal(signal.SIGHUP).name, signal.getsignal(signal.SIGINT).name, signal.getsignal(signal.SIGTERM).name)"
    runs = [test.execute(["bash", "-c", script, "-", *words]) for words in ([PYTHON, "-c", program], test.pvm_command([PYTHON, "-c", program]))]
    test.equal("run", repr(runs[1]), repr(runs[0]))


def state(pid):
    """The states of all threads of a process."""
    return {task.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@case("signals/stop-and-continue", quick=True)
def stop_and_continue(test):
    """SIGSTOP and SIGTSTP stop kx and the pVM with it; SIGCONT goes on."""
    for number in (signal.SIGSTOP, signal.SIGTSTP):
        child = start_ready(test, "import time\nprint('ready')\nfor i in range(10**9):\n    if i % 100000 == 0: print(i)")
        child.send_signal(number)
        pid, status = os.waitpid(child.pid, os.WUNTRACED)
        test.check(os.WIFSTOPPED(status), f"{number.name}: not stopped but {status:#x}")
        if test.setup.lane != "software":
            wait_until(lambda child=child: state(child.pid) == {"T"}, 10, "all threads of kx stopped")
            before = cpu_ticks(child.pid)
            time.sleep(0.3)
            test.equal("CPU time while stopped", cpu_ticks(child.pid), before)
        os.set_blocking(child.stdout.fileno(), False)
        while child.stdout.read(1 << 16):
            pass
        os.set_blocking(child.stdout.fileno(), True)
        child.send_signal(signal.SIGCONT)
        test.check(child.stdout.readline() != b"", "no output after SIGCONT")
        child.kill()
        child.communicate()


@case("signals/program-stops-itself")
def program_stops_itself(test):
    """A program that raises SIGSTOP stops kx, as a job would."""
    child = start_ready(test, "import os, signal\nprint('ready')\nos.kill(os.getpid(), signal.SIGSTOP)\nprint('continued')")
    pid, status = os.waitpid(child.pid, os.WUNTRACED)
    test.check(os.WIFSTOPPED(status), f"not stopped but {status:#x}")
    child.send_signal(signal.SIGCONT)
    test.equal("end", end(test, child), (0, b"continued\n", b""))


def processes_of_session(session):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session:
                    found.append((entry.name, (entry / "cmdline").read_bytes()))
            except OSError:
                pass
    return found


@case("signals/kill-9", alone=True)
def kill_9(test):
    """Killed, kx leaves no process, no mount and no file behind."""
    if test.setup.lane == "software":
        raise Skipped("the lane's own test covers it")
    mounts = pathlib.Path("/proc/self/mountinfo").read_text()
    listing = {directory: sorted(os.listdir(directory)) for directory in ("/tmp", "/dev/shm", "/run")}
    for program in ("import time\nprint('ready')\ntime.sleep(100)", "print('ready')\nwhile True: pass",
                    "import threading\nfor i in range(4): threading.Thread(target=lambda: [0 for j in iter(int, 1)]).start()\nprint('ready')"):
        child = start_ready(test, program)
        child.kill()
        test.equal("status", end(test, child), (137, b"", b""))
        wait_until(lambda child=child: not processes_of_session(child.pid), 10, "no process of its session is left")
    test.check(pathlib.Path("/proc/self/mountinfo").read_text() == mounts, "mounts were left behind")
    left = {directory: [name for name in sorted(os.listdir(directory)) if name not in listing[directory] and "kx" in name] for directory in listing}
    test.equal("files left", left, {directory: [] for directory in listing})


@case("signals/many")
def many(test):
    """A thousand signals to a busy program: none ends it, and the last is seen."""
    program = """
import os, signal
seen = 0
def count(number, frame):
    global seen
    seen += 1
def finish(number, frame):
    print(seen > 0, flush=True)
    os._exit(0)  # an exception could meet the end of a file object, where Python drops it
signal.signal(signal.SIGUSR1, count)
signal.signal(signal.SIGTERM, finish)
print("ready", flush=True)
while True:
    open("/proc/self/stat").read()"""
    child = start_ready(test, program)
    for _ in range(1000):
        child.send_signal(signal.SIGUSR1)
        time.sleep(0.001)
    child.send_signal(signal.SIGTERM)
    test.equal("end", end(test, child), (0, b"True\n", b""))
