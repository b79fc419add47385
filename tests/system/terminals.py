"""Interactive programs on a terminal of their own: line editing, control characters, window size, job control."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

from harness import Failed, Skipped, case, wait_until

PYTHON = "/usr/bin/python3"
PROMPT = r">>> $"
VARIABLES = {"TERM": "xterm", "PS1": "$ ", "HISTFILE": "", "INPUTRC": "/dev/null"}


class Terminal:
    """A program on a pseudo-terminal: what it prints, and what a user types."""

    def __init__(self, test, words, rows=24, columns=80, environment=None):
        self.test, self.text = test, ""
        self.master, slave = pty.openpty()
        self.resize(rows, columns, slave)
        self.modes = termios.tcgetattr(slave)
        variables = {**test.setup.environment, **VARIABLES, **(environment or {})}
        self.child = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, cwd=test.work, env=variables, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave = slave

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self.slave)
        os.close(self.master)

    def resize(self, rows, columns, fd=None):
        fcntl.ioctl(self.master if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def expect(self, pattern, limit=None):
        """Reads until the unread output matches; gives what came before the end of the match and forgets it."""
        deadline = time.monotonic() + (limit or min(self.test.setup.limit_s, 120) / 2)
        while not (match := re.search(pattern, self.text)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise Failed(f"{pattern!r} did not come; the output was {self.text[-800:]!r}")
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                raise Failed(f"the program ended before {pattern!r}: {self.text[-800:]!r}")
            self.text += re.sub(r"\x1b\[\?2004[hl]", "", data.decode(errors="replace"))
        before, self.text = self.text[:match.end()], self.text[match.end():]
        return before

    def type(self, keys):
        os.write(self.master, keys.encode())

    def ask(self, line, pattern=PROMPT):
        """Types a line and gives what is printed up to the next prompt."""
        self.type(line + "\r")
        return self.expect(pattern)

    def status(self):
        try:
            while select.select([self.master], [], [], 0)[0] and os.read(self.master, 65536):
                pass
        except OSError:
            pass
        try:
            code = self.child.wait(self.test.setup.limit_s)
        except subprocess.TimeoutExpired:
            raise Failed("the program did not end") from None
        return 128 - code if code < 0 else code


def both(test, command):
    """The native program and the pVM, each on a terminal, one after the other."""
    test.need(test.words(command)[0])
    environment = [word for name, value in VARIABLES.items() for word in ("--env", f"{name}={value}")]  # the lane passes none on
    for name, words in (("native", test.words(command)), ("pVM", test.pvm_command(command, environment))):
        yield name, Terminal(test, words)


def dialogue(name, command, talk, quick=False):
    """A case in which `talk` gives what was seen: the same natively and as a pVM."""

    @case(f"terminals/{name}", quick=quick)
    def compare(test):
        seen = {}
        for kind, terminal in both(test, command):
            with terminal:
                seen[kind] = talk(terminal)
        if seen["pVM"] != seen["native"]:
            pairs = list(zip(flat(seen["native"]), flat(seen["pVM"])))
            raise Failed("\n".join(f"native {a!r}\npVM    {b!r}" for a, b in pairs if a != b))


def flat(seen):
    return [part for item in seen for part in (item if isinstance(item, list) else [item])] if isinstance(seen, tuple) else [seen]


def line_editing(terminal):
    terminal.expect(PROMPT)
    seen = [terminal.ask("1 + 1"), terminal.ask("print('abXc')\x1b[D\x1b[D\x1b[D\x7f")]  # left three times, then backspace
    seen.append(terminal.ask("\x1b[A"))                                                   # up: the line before
    seen.append(terminal.ask("\x1b[A\x1b[A + 5"))                                         # up twice, and more
    seen.append(terminal.ask("2 * 3\x01print(\x05)"))                                     # Ctrl-A, Ctrl-E
    seen.append(terminal.ask("'gone'\x15'kept'"))                                         # Ctrl-U
    terminal.type("imp\t")
    terminal.type("ort os, sy\x7fys\r")
    seen.append(terminal.expect(PROMPT))
    seen.append(terminal.ask("os.isatty(0), os.ttyname(0) != '', sys.stdin.isatty()"))
    terminal.type("\x04")
    return seen[:-3] + [seen[-1]], terminal.status()


dialogue("python-line-editing", f"{PYTHON} -q", line_editing, quick=True)


def results_of(terminal):
    """What a user sees as results, without the echo of line editing."""
    terminal.expect(PROMPT)
    terminal.type("import time; time.sleep(100)\r")
    time.sleep(0.5)
    terminal.type("\x03")
    first = "KeyboardInterrupt" in terminal.expect(PROMPT)
    # Not in one write: the interrupt character discards input, and a reader that has seen "readable" then waits for more.
    terminal.type("half a line")
    time.sleep(0.3)
    terminal.type("\x03")
    second = "KeyboardInterrupt" in terminal.expect(PROMPT)
    terminal.type("while True: pass\r\r")
    time.sleep(0.5)
    terminal.type("\x03")
    third = "KeyboardInterrupt" in terminal.expect(PROMPT)
    terminal.type("input()\r")
    time.sleep(0.3)
    terminal.type("\x04")
    fourth = "EOFError" in terminal.expect(PROMPT)
    terminal.type("raise SystemExit(7)\r")
    return first, second, third, fourth, terminal.status()


dialogue("python-ctrl-c", f"{PYTHON} -q", results_of)


def end_of_input(terminal):
    terminal.expect(PROMPT)
    terminal.type("\x04")
    return terminal.status()


dialogue("python-ctrl-d", f"{PYTHON} -q", end_of_input)

WINDOW = """
import fcntl, os, signal, struct, sys, termios
def size(*_):
    rows, columns = struct.unpack("HHHH", fcntl.ioctl(1, termios.TIOCGWINSZ, bytes(8)))[:2]
    os.write(1, f"size {rows} {columns} {os.get_terminal_size()}\\n".encode())
signal.signal(signal.SIGWINCH, size)
size()
while True:
    signal.pause()
"""


def window(terminal):
    seen = [terminal.expect(r"size .*\n")]
    for rows, columns in ((50, 132), (10, 20)):
        terminal.resize(rows, columns)
        seen.append(terminal.expect(r"size .*\n"))
    terminal.type("\x1c")
    return seen, terminal.status()


dialogue("window-size", [PYTHON, "-c", WINDOW], window, quick=True)


def cooked(terminal):
    """The terminal's own line editing: erase, kill, end of file."""
    terminal.expect(r"ready\r\n")
    terminal.type("abc\x7fd\n")
    seen = [terminal.expect(r"\r\nabd\r\n")]
    terminal.type("nothing\x15word\n")
    seen.append(terminal.expect(r"word\r\nword\r\n"))
    terminal.type("\x04")
    return seen, terminal.status()


dialogue("cat", ["sh", "-c", "echo ready; exec cat"], cooked)


def interrupted(terminal):
    terminal.expect("ready")  # before, the terminal alone would answer
    terminal.type("x\n")
    terminal.expect(r"x\r\n(?s:.*)x\r\n")
    terminal.type("\x03")
    return terminal.status()


dialogue("cat-ctrl-c", ["sh", "-c", "echo ready; exec cat"], interrupted)

RAW = """
import os, sys, termios, tty
old = termios.tcgetattr(0)
tty.setraw(0)
os.write(1, b"raw")
data = b""
while b"q" not in data:
    data += os.read(0, 1)
termios.tcsetattr(0, termios.TCSADRAIN, old)
print(data, termios.tcgetattr(0) == old, os.tcgetpgrp(0) == os.getpgrp(), os.ctermid(), open("/dev/tty", "w").isatty())
"""


def raw(terminal):
    terminal.expect("raw")
    terminal.type("a\x03\x04\x1a\x1c\rq")
    return terminal.expect(r"\n"), terminal.status()


dialogue("raw-mode", [PYTHON, "-c", RAW], raw, quick=True)


def shell(terminal):
    prompt = r"\$ $"
    terminal.expect(prompt)
    seen = [terminal.ask(line, prompt) for line in (
        "echo $((6 * 7))", "x=abc; echo ${x^^} ${#x}", "for i in 1 2 3; do printf '<%s>' $i; done; echo", "cd /usr; pwd", "echo $LINES $COLUMNS",
        "echo one twX\x7fo \x1b[D\x1b[D\x1b[Dx", "\x1b[A", "type cd", "test -t 0 && echo terminal", "false; echo $?")]
    terminal.type("read -n 3 y; echo $y\r")
    time.sleep(0.3)
    terminal.type("abc")
    seen.append(terminal.expect(prompt))
    time.sleep(0.3)  # a Ctrl-C that comes before bash waits for input is seen only with the next key
    terminal.type("echo never seen\x03")
    seen.append(terminal.expect(prompt))
    terminal.type("while :; do :; done\r")
    time.sleep(0.5)
    terminal.type("\x03")
    terminal.expect(prompt)
    seen.append(terminal.ask("echo $?", prompt))
    terminal.resize(30, 100)
    time.sleep(0.3)
    terminal.type("echo =$LINES,$COLUMNS=\r")
    terminal.expect("=30,100=\r\n(?s:.*)" + prompt)
    terminal.type("exit 3\r")
    return seen, terminal.status()


dialogue("bash", "bash --norc --noprofile", shell)


def job_control(test, wrap):
    """A native bash runs the program as a job: Ctrl-Z, jobs, bg, fg, Ctrl-C."""
    prompt = r"\$ $"
    with Terminal(test, ["bash", "--norc", "--noprofile"]) as terminal:
        terminal.expect(prompt)
        program = " ".join(wrap([PYTHON, "-q"]))
        terminal.type(program + "\r")
        terminal.expect(PROMPT)
        terminal.ask("x = 41")
        # readline takes Ctrl-Z as SIGTSTP only while it reads a line.
        terminal.type("\x1a")
        stopped = "Stopped" in terminal.expect(r"Stopped(?s:.*)" + prompt)
        listed = "Stopped" in terminal.ask("jobs", prompt)
        status = terminal.ask("echo st=$?", prompt)
        terminal.type("fg\r")
        time.sleep(0.5)
        answer = "42" in terminal.ask("x + 1")
        terminal.type("import time; time.sleep(100)\r")
        time.sleep(0.5)
        terminal.type("\x1a")
        again = "Stopped" in terminal.expect(r"Stopped(?s:.*)" + prompt)
        terminal.ask("stty -a >/dev/null", prompt)
        terminal.type("fg\r")
        time.sleep(0.5)
        terminal.type("\x03")
        interrupted_then = "KeyboardInterrupt" in terminal.expect(PROMPT)
        terminal.type("\x04")
        terminal.expect(prompt)
        last = re.findall(r"st=(\d+)", terminal.ask("echo st=$?", prompt))
        terminal.type("exit\r")
        return stopped, listed, "st=0" in status, answer, again, interrupted_then, last, terminal.status()


@case("terminals/job-control", quick=True)
def jobs(test):
    test.need("bash")
    test.equal("pVM", job_control(test, test.pvm_command), job_control(test, test.words))


def reads_in_foreground(terminal):
    """A stopped `cat` reads on when it is brought to the foreground."""
    terminal.type("fg\r")
    time.sleep(0.5)
    terminal.type("hello\r")
    terminal.expect(r"hello\r\nhello\r\n")


@case("terminals/background")
def background(test):
    """A job in the background that reads the terminal is stopped, and reads on when it is brought to the foreground."""
    if test.setup.lane == "software":
        raise Skipped("that a command reads its terminal is known inside the lane only")
    prompt = r"\$ $"
    with Terminal(test, ["bash", "--norc", "--noprofile"]) as terminal:
        terminal.expect(prompt)
        terminal.ask(" ".join(test.pvm_command("cat")) + " &", prompt)
        time.sleep(1)
        for _ in range(20):
            if "Stopped" in terminal.ask("jobs", prompt):
                break
            time.sleep(0.3)
        else:
            raise Failed("the job is not stopped")
        reads_in_foreground(terminal)
        terminal.type("\x04")
        terminal.expect(prompt)


def inner_shell(terminal):
    """Job control of a shell on a terminal that the program has opened itself."""
    prompt = r"\$ $"
    terminal.expect(prompt)

    def states():
        return re.findall(r"Stopped|Running", terminal.ask("jobs", prompt))

    terminal.type("sleep 100\r")
    time.sleep(0.5)
    terminal.type("\x1a")
    terminal.expect(r"Stopped(?s:.*)" + prompt)
    seen = [states()]
    terminal.ask("bg", prompt)
    seen.append(states())
    terminal.type("fg\r")
    time.sleep(0.5)
    terminal.type("\x03")
    terminal.expect(prompt)
    seen.append(re.findall(r"st=(\d+)", terminal.ask("echo st=$?", prompt)))
    terminal.ask("cat &", prompt)
    for _ in range(50):
        if states() == ["Stopped"]:
            break
        time.sleep(0.1)
    else:
        raise Failed("the job that reads in the background is not stopped")
    reads_in_foreground(terminal)
    terminal.type("\x1c")
    terminal.expect(prompt)
    seen.append(re.findall(r"st=(\d+)", terminal.ask("echo st=$?", prompt)))
    for line in ("tty | grep -c pts", "ps -o tty= -p $$ | grep -c pts", "test -t 0 && echo 2 > /dev/tty"):
        found = re.findall(r"^\r?(\d+)\r$", terminal.ask(line, prompt), re.M)
        if len(found) != 1:
            raise Failed(f"{line!r} printed {found}")
        seen.append(found)
    terminal.type("exit 3\r")
    return seen, terminal.status()


SHELL = ["bash", "--norc", "--noprofile"]
SPAWN = f"import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn({SHELL!r})))"
dialogue("pty-spawn", [PYTHON, "-c", SPAWN], inner_shell, quick=True)
dialogue("script", ["script", "-qec", " ".join(SHELL), "/dev/null"], inner_shell)


def script_resized(terminal):
    """script passes a new size on: bash is told of it by SIGWINCH."""
    prompt = r"\$ $"
    terminal.expect(prompt)
    terminal.ask("trap 'echo changed' WINCH", prompt)
    terminal.resize(33, 77)
    time.sleep(0.5)
    terminal.type("echo\r")
    terminal.expect("changed")
    seen = re.findall(r"^33 77\r$", terminal.ask("stty size", r"33 77\r\n(?s:.*)" + prompt), re.M)
    terminal.type("exit\r")
    return seen, terminal.status()


dialogue("script-resized", ["script", "-qec", " ".join(SHELL), "/dev/null"], script_resized)


def in_tmux(terminal):
    """A shell in a window of tmux, which shows it on the terminal by escape sequences."""
    terminal.expect(r"bash-\S+[$#] ")
    terminal.type("sleep 100\r")
    time.sleep(1)
    terminal.type("\x1a")
    terminal.expect("Stopped")
    terminal.type("fg\r")
    time.sleep(0.5)
    terminal.type("\x03")
    time.sleep(0.5)
    terminal.type("echo st=$?\r")
    seen = re.findall(r"st=\d+", terminal.expect(r"st=\d+"))
    terminal.type("exit\r")
    return seen, terminal.status()


dialogue("tmux", ["tmux", "-L", "kx-test", "-f", "/dev/null", "new-session", " ".join(SHELL)], in_tmux)


def names_and_parents():
    """Of the processes there are, but for zombies."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if rest.split()[0] != "Z":
            found[int(entry)] = (name, int(rest.split()[1]))
    return found


def keepers_of(kx):
    """The processes that hold terminals for this kx."""
    return [pid for pid, told in names_and_parents().items() if told == ("kx-terminals", kx)]


def runs(pid):
    return names_and_parents().get(pid, ("",))[0] == "kx-terminals"


@case("terminals/nothing-left")
def nothing_left(test):
    """However kx ends, the processes that hold its family's terminals end too."""
    if test.setup.lane == "software":
        raise Skipped("kx is out of sight in the emulated machine")
    test.need("bash")
    for number in (signal.SIGKILL, signal.SIGTERM):
        with Terminal(test, test.pvm_command([PYTHON, "-c", SPAWN])) as terminal:
            terminal.expect(r"\$ $")
            kx = terminal.child.pid
            held = wait_until(lambda: (found := keepers_of(kx)) and len(found) > 1 and found, 10, "a process that holds the terminal")
            os.kill(kx, number)
            terminal.child.wait(test.setup.limit_s)
            wait_until(lambda: not any(map(runs, held)), 10, f"the end of {held}")


@case("terminals/hang-up")
def hang_up(test):
    """When the terminal goes away, the program gets SIGHUP and kx ends."""
    terminal = Terminal(test, test.pvm_command("cat"))
    try:
        terminal.type("x\n")
        terminal.expect(r"x\r\n(?s:.*)x\r\n")
        os.close(terminal.slave)
        os.close(terminal.master)
        status = terminal.child.wait(test.setup.limit_s)
        test.check(status in (-signal.SIGHUP, 129, 0, 1), f"status {status}")
    finally:
        terminal.child.poll() is None and terminal.child.kill()


@case("terminals/modes-restored")
def modes_restored(test):
    """A program that is killed in raw mode leaves the terminal as a native one would; one that ends leaves it as it was."""
    with Terminal(test, test.pvm_command([PYTHON, "-c", "print('ready')"])) as terminal:
        terminal.expect("ready")
        terminal.status()
        test.check(termios.tcgetattr(terminal.slave) == terminal.modes, "the modes changed")


@case("terminals/script-program")
def script_program(test):
    """less in its full-screen mode: terminfo, raw mode, keys."""
    if not shutil.which("less"):
        raise Skipped("less is not installed")
    for _, terminal in both(test, "less {input}/table.tsv"):
        with terminal:
            terminal.expect("table.tsv")
            terminal.type("G")
            terminal.expect(r"1999\s")
            terminal.type("q")
            test.equal("status", terminal.status(), 0)
