#!/usr/bin/env python3
"""Tests of the software lane itself: what a command in it sees and gives back. Usage: run_lane.py [--build DIR]"""
import argparse
import concurrent.futures
import fcntl
import hashlib
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TIMEOUT_S = 60
cases = []


def case(function):
    cases.append(function)
    return function


class Lane:
    def __init__(self, build):
        self.build = build
        self.tool = os.path.join(build, "kx-lane")
        self.directory = tempfile.TemporaryDirectory(prefix="kx-lane-test.")
        self.environment = dict(os.environ, KX_LANE_SOCKET=os.path.join(self.directory.name, "lane.sock"))
        self.keeper = subprocess.Popen([self.tool, "keep", self.environment["KX_LANE_SOCKET"]], stdout=subprocess.PIPE,
                                       text=True)
        if self.keeper.stdout.readline() != "ready\n":
            raise SystemExit("not ok lane starts")

    def command(self, *arguments):
        return [self.tool, "exec", "--", *arguments]

    def run(self, *arguments, **options):
        options.setdefault("stdin", None if "input" in options else subprocess.DEVNULL)
        if options["stdin"] is None:
            del options["stdin"]
        options.setdefault("env", self.environment)
        return subprocess.run(self.command(*arguments), capture_output=True, timeout=TIMEOUT_S, **options)

    def popen(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), env=self.environment, **options)


def check(condition, *details):
    if not condition:
        raise AssertionError(*details)


def equal(got, want):
    check(got == want, f"got {got!r}, want {want!r}")


@case
def exit_statuses(lane):
    for status in (0, 1, 7, 255):
        equal(lane.run("sh", "-c", f"exit {status}").returncode, status)
    equal(lane.run("sh", "-c", "kill -9 $$").returncode, 128 + 9)
    equal(lane.run("no-such-program").returncode, 127)
    equal(lane.run("/etc/passwd").returncode, 126)


@case
def stdout_and_stderr_apart(lane):
    result = lane.run("sh", "-c", "echo out; echo err >&2")
    equal((result.stdout, result.stderr), (b"out\n", b"err\n"))


@case
def binary_data_both_ways(lane):
    data = os.urandom(3_000_000)
    equal(hashlib.sha256(lane.run("cat", input=data).stdout).digest(), hashlib.sha256(data).digest())


@case
def empty_stdin_ends(lane):
    equal(lane.run("wc", "-c", input=b"").stdout, b"0\n")


@case
def arguments_environment_directory(lane):
    arguments = ["a b", "", "new\nline", b"\xff\xfe"]
    environment = dict(lane.environment, ODD="x=y\nz")
    with tempfile.TemporaryDirectory() as directory:
        result = lane.run("sh", "-c", r'printf "%s|" "$@" "$ODD" "$PWD"; pwd', "sh", *arguments, env=environment,
                          cwd=directory)
        equal(result.stdout, b"a b||new\nline|\xff\xfe|x=y\nz|" + f"{directory}|{directory}\n".encode())


@case
def many_arguments(lane):
    arguments = [f"argument-{i:06}" for i in range(50_000)]
    equal(lane.run("sh", "-c", 'echo "$# ${50000}"', "sh", *arguments).stdout, b"50000 argument-049999\n")


@case
def sockets_of_families_are_its_own(lane):
    """A kx in the lane must not see, and take for left behind, the sockets of families that run on the host."""
    if os.geteuid() != 0:
        return
    probe = f"/run/kx/lane-test-{os.getpid()}"
    equal(lane.run("touch", probe).returncode, 0)
    there = os.path.exists(probe)
    if there:
        os.unlink(probe)
    check(not there, f"{probe} is on the host")


@case
def files_are_those_of_the_host(lane):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "file")
        for text in ("first", "second, longer"):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            equal(lane.run("cat", path).stdout.decode(), text)
        lane.run("sh", "-c", f"umask 027; echo lane >{path}; mkdir {directory}/d")
        with open(path, encoding="ascii") as file:
            equal(file.read(), "lane\n")
        equal(os.stat(os.path.join(directory, "d")).st_uid, os.getuid())


@case
def umask_is_passed_on(lane):
    old = os.umask(0o027)
    try:
        equal(lane.run("sh", "-c", "umask").stdout, b"0027\n")
    finally:
        os.umask(old)


@case
def reader_gone_ends_writer(lane):
    process = lane.popen("sh", "-c", "yes; echo $? >&2", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    check(process.stdout.read(4).startswith(b"y\ny\n"))
    process.stdout.close()
    equal(process.stderr.read(), b"141\n")
    equal(process.wait(TIMEOUT_S), 0)
    process.stderr.close()


@case
def slow_reader_loses_nothing(lane):
    process = lane.popen("head", "-c", "2000000", "/dev/zero", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    time.sleep(1)
    other = lane.run("echo", "other")
    equal(other.stdout, b"other\n")
    equal(len(process.stdout.read()), 2_000_000)
    equal(process.wait(TIMEOUT_S), 0)
    process.stdout.close()


@case
def signals_reach_the_command(lane):
    for number, name in ((signal.SIGTERM, "TERM"), (signal.SIGINT, "INT"), (signal.SIGUSR1, "USR1")):
        script = f"trap 'echo got; exit 3' {name}; echo up; while :; do sleep 0.05; done"
        process = lane.popen("sh", "-c", script, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        equal(process.stdout.readline(), b"up\n")
        process.send_signal(number)
        equal(process.stdout.read(), b"got\n")
        equal(process.wait(TIMEOUT_S), 3)
        process.stdout.close()


@case
def untrapped_signal_gives_status(lane):
    process = lane.popen("sh", "-c", "echo up; exec sleep 30", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    process.stdout.readline()
    process.terminate()
    equal(process.wait(TIMEOUT_S), 128 + signal.SIGTERM)
    process.stdout.close()


@case
def stop_and_continue(lane):
    # A group of its own in this session: the kernel lets no orphaned group stop.
    process = lane.popen("sh", "-c", "echo up; read line; echo $line", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         process_group=0)
    process.stdout.readline()
    process.send_signal(signal.SIGTSTP)
    deadline = time.monotonic() + TIMEOUT_S
    pid = 0
    while not pid and time.monotonic() < deadline:
        time.sleep(0.05)
        pid, status = os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)
    if not pid:
        process.kill()
    check(pid and os.WIFSTOPPED(status), "did not stop")
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate(b"went on\n", TIMEOUT_S)
    equal(out, b"went on\n")


@case
def time_limit(lane):
    start = time.monotonic()
    result = subprocess.run([lane.tool, "exec", "--timeout", "1", "sleep", "50"], env=lane.environment, check=False)
    equal(result.returncode, 124)
    check(time.monotonic() - start < 20)


@case
def nothing_survives_the_command(lane):
    start = time.monotonic()
    result = lane.run("sh", "-c", "sleep 4321 & echo started")
    equal((result.returncode, result.stdout), (0, b"started\n"))
    check(time.monotonic() - start < 20)
    time.sleep(0.3)
    equal(lane.run("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 432[1]'").stdout,
          b"0\n")


@case
def client_killed_ends_command(lane):
    process = lane.popen("sh", "-c", "echo up; exec sleep 5432", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    time.sleep(0.5)
    equal(lane.run("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 543[2]'").stdout,
          b"0\n")


@case
def eight_at_once(lane):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda i: lane.run("sh", "-c", f"seq {i} 20000 | tail -n 1; echo {i}").stdout, range(32))
        for i, out in enumerate(results):
            equal(out, f"20000\n{i}\n".encode())


class TerminalSession:
    """A command of the lane on a terminal of its own, as under a shell."""

    def __init__(self, lane, *arguments, size=(33, 77)):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.execve(lane.tool, lane.command(*arguments), lane.environment)
        self.seen = b""

    def expect(self, text):
        deadline = time.monotonic() + TIMEOUT_S
        while text not in self.seen:
            check(time.monotonic() < deadline, f"no {text!r} in {self.seen!r}")
            if select.select([self.master], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.master, 4096)
                except OSError:
                    check(text in self.seen, f"no {text!r} in {self.seen!r}")
        before, self.seen = self.seen.split(text, 1)
        return before

    def write(self, text):
        os.write(self.master, text)

    def status(self):
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:  # what is not read would keep the client from ending
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.master, 4096)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.master)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError(f"still running after {self.seen!r}")


@case
def terminal_and_its_size(lane):
    session = TerminalSession(lane, "sh", "-c", "tty; stty size; test -t 0 -a -t 1 -a -t 2 && echo all")
    session.expect(b"/dev/pts/")
    session.expect(b"33 77\r\n")
    session.expect(b"all\r\n")
    equal(session.status(), 0)


@case
def terminal_size_changes(lane):
    session = TerminalSession(lane, "sh", "-c", "trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done")
    session.expect(b"up\r\n")
    fcntl.ioctl(session.master, termios.TIOCSWINSZ, struct.pack("HHHH", 11, 22, 0, 0))
    session.expect(b"11 22\r\n")
    session.write(b"\x03")
    equal(session.status(), 128 + signal.SIGINT)


@case
def terminal_line_editing_and_end_of_file(lane):
    session = TerminalSession(lane, "cat")
    session.write(b"abX\x7fc\n")
    session.expect(b"\r\nabc\r\n")
    session.write(b"\x04")
    equal(session.status(), 0)


@case
def terminal_interrupt_key(lane):
    session = TerminalSession(lane, "sh", "-c", "trap 'echo interrupted; exit 9' INT; echo up; while :; do sleep 0.05; done")
    session.expect(b"up\r\n")
    session.write(b"\x03")
    session.expect(b"interrupted\r\n")
    equal(session.status(), 9)


@case
def terminal_stop_key(lane):
    session = TerminalSession(lane, "sh", "-c", "echo up; read line; echo [$line]")
    session.expect(b"up\r\n")
    session.write(b"\x1a")
    # The session leader's group is orphaned here, so the client goes on at once, as the kernel demands.
    session.write(b"line\n")
    session.expect(b"[line]\r\n")
    equal(session.status(), 0)


@case
def terminal_job_control_of_a_shell(lane):
    session = TerminalSession(lane, "bash", "--norc", "-i")
    session.expect(b"bash-")
    session.write(b"sleep 100\n")
    session.expect(b"\r\n")
    time.sleep(0.5)
    session.write(b"\x1a")
    session.expect(b"Stopped")
    session.write(b"fg\n")
    session.expect(b"sleep 100\r\n")
    time.sleep(0.5)
    session.write(b"\x03")
    session.expect(b"bash-")
    session.write(b"exit 5\n")
    equal(session.status(), 5)


@case
def terminal_with_piped_output(lane):
    session_out, session_in = os.pipe()
    session = pty.openpty()
    process = lane.popen("sh", "-c", "test -t 0 && echo tty; test -t 1 || echo pipe", stdin=session[1], stdout=session_in)
    os.close(session_in)
    equal(process.wait(TIMEOUT_S), 0)
    equal(os.read(session_out, 100), b"tty\npipe\n")
    for fd in (*session, session_out):
        os.close(fd)


@case
def kvm_works_in_it(lane):
    script = "import fcntl,os; k=os.open('/dev/kvm',os.O_RDWR); print(fcntl.ioctl(fcntl.ioctl(k,0xae01,0),0xae41,0)>0)"
    equal(lane.run("python3", "-c", script).stdout, b"True\n")


@case
def clock_is_that_of_the_host(lane):
    before = time.time()
    now = float(lane.run("date", "+%s.%N").stdout)
    check(before - 1 < now < time.time() + 1, now, before)


def descendants(pid):
    out = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in out.splitlines() if int(line.split()[1]) == pid]


def gone(pids):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not any(os.path.exists(f"/proc/{pid}") for pid in pids):
            return True
        time.sleep(0.05)
    return False


@case
def lane_of_its_own_leaves_nothing(lane):
    environment = {k: v for k, v in lane.environment.items() if k != "KX_LANE_SOCKET"}
    process = subprocess.Popen(lane.command("sh", "-c", "echo up; exec sleep 60"), env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    equal(process.stdout.readline(), b"up\n")
    children = descendants(process.pid)
    equal(len(children), 2)
    process.kill()
    process.wait()
    process.stdout.close()
    check(gone(children), children)


@case
def clear_errors(lane):
    environment = dict(lane.environment, KX_LANE_SOCKET="/nonexistent/lane.sock")
    result = lane.run("true", env=environment)
    equal((result.returncode, result.stderr.count(b"\n")), (125, 1))
    check(b"/nonexistent/lane.sock: No such file or directory: start it with" in result.stderr, result.stderr)
    environment = dict(os.environ, KX_LANE_DIR="/nonexistent", KX_LANE_SOCKET="")
    result = lane.run("true", env=environment)
    equal((result.returncode, result.stderr.count(b"\n")), (125, 1))
    check(b"/nonexistent/vmlinuz and modules: not found" in result.stderr, result.stderr)


@case
def stopping_the_keeper_leaves_nothing(lane):  # the last one
    children = descendants(lane.keeper.pid)
    process = lane.popen("sleep", "60", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(0.5)
    lane.keeper.terminate()
    equal(lane.keeper.wait(TIMEOUT_S), 0)
    equal(process.wait(TIMEOUT_S), 125)
    check(b"virtual machine ended" in process.stderr.read())
    process.stderr.close()
    check(gone(children), children)
    check(not os.path.exists(lane.environment["KX_LANE_SOCKET"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--only", help="run the cases whose name contains this")
    options = parser.parse_args()
    lane = Lane(os.path.abspath(options.build))
    passed = failed = 0
    try:
        for function in cases:
            if options.only and options.only not in function.__name__:
                continue
            try:
                function(lane)
                passed += 1
                print(f"ok {function.__name__}", flush=True)
            except Exception as error:  # a case that fails must not keep the others from running
                failed += 1
                print(f"not ok {function.__name__}: {type(error).__name__}: {error}", flush=True)
    finally:
        lane.keeper.kill()
        lane.keeper.wait()
        lane.keeper.stdout.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
