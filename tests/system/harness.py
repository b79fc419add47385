"""What the system tests share: cases, runs of a program natively and as a pVM, and their comparison."""
import atexit
import difflib
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8", "TZ": "UTC", "TERM": "dumb",
               "PYTHONDONTWRITEBYTECODE": "1"}
CASES = []


class Failed(Exception):
    """The case failed; the text says how."""


class Skipped(Exception):
    """The case cannot be run here; the text says why."""


class Case:
    """A named test: a function that takes a Test and raises Failed or Skipped."""

    def __init__(self, name, function, quick, alone):
        self.name, self.function, self.quick, self.alone = name, function, quick, alone


def case(name, quick=False, alone=False):
    """Registers a function as the test `name`. Quick ones also run with --quick; alone means that no other runs beside it."""

    def register(function):
        CASES.append(Case(name, function, quick, alone))
        return function

    return register


def same_programs(group, table, quick=()):
    """Registers one case per entry of `table`: name to a command line, or to a dict of arguments of Test.same()."""
    for name, entry in table.items():
        arguments = {"command": entry} if isinstance(entry, str) else entry

        def function(test, arguments=arguments):
            test.same(**arguments)

        CASES.append(Case(f"{group}/{name}", function, name in quick, False))


class Done:
    """What a finished run left: output, errors, status as a shell sees it."""

    def __init__(self, out, err, status):
        self.out, self.err, self.status = out, err, status

    def __repr__(self):
        return f"status {self.status}, stdout {shorten(self.out)}, stderr {shorten(self.err)}"


def shorten(data, limit=400):
    return repr(data if len(data) <= limit else data[:limit] + b"..." if isinstance(data, bytes) else data[:limit] + "...")


def shell_status(returncode):
    return 128 - returncode if isinstance(returncode, int) and returncode < 0 else returncode


def visible_folder(folder):
    """The folder, or a temporary one if it lies where a pVM has its own: /tmp and /dev/shm are private."""
    folder = pathlib.Path(folder).resolve()
    if not any(folder.is_relative_to(private) for private in ("/tmp", "/dev/shm")):
        return folder
    temporary = tempfile.mkdtemp(prefix="kx-tests-", dir="/var/tmp")
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return pathlib.Path(temporary)


class Watch:
    """Kills what a case started and has not ended long after its time: a case that waits for a line would wait forever."""

    def __init__(self):
        self.children = []
        self.lock = threading.Lock()
        threading.Thread(target=self.run, daemon=True).start()

    def add(self, child, limit_s):
        with self.lock:
            self.children.append((time.monotonic() + limit_s, child))

    def run(self):
        while True:
            time.sleep(5)
            with self.lock:
                self.children = [entry for entry in self.children if entry[1].returncode is None]
                late = [child for deadline, child in self.children if deadline < time.monotonic()]
            for child in late:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)


class Setup:
    """What all cases of a run share: the tool, the lane, the directories."""

    def __init__(self, kx, lane, build):
        self.kx, self.lane = os.path.abspath(kx), lane
        self.watch = Watch()
        self.build = pathlib.Path(build).resolve()
        self.input = self.build / "input"
        self.programs = self.build / "programs"
        self.limit_s = 60 if lane != "software" else 300
        self.environment = {**ENVIRONMENT, **{k: v for k, v in os.environ.items() if k.startswith("KX_")}}

    def pvm_words(self):
        """The words in front of the options of `kx run`."""
        lane = shlex.split(os.environ.get("KX_LANE_EXEC", ""))
        if self.lane == "software" and lane:
            if os.path.exists(lane[0]):
                lane[0] = os.path.abspath(lane[0])
            given = [word for name, value in ENVIRONMENT.items() for word in ("--env", f"{name}={value}")]
            return [*lane, self.kx, "run", *given]
        return [self.kx, "run", *(["--lane", self.lane] if self.lane else [])]


class Test:
    """One case being run, with a directory of its own that is empty at the start."""

    def __init__(self, setup, name):
        self.setup = setup
        self.kx, self.input, self.programs = setup.kx, setup.input, setup.programs
        self.work = setup.build / "work" / name.replace("/", ".")
        self.clean()

    def clean(self):
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)

    def remove(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def words(self, command):
        """A command as a list; in a text {input}, {work}, {programs} are replaced, after the words have been split."""
        words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
        for name in ("input", "work", "programs"):
            words = [word.replace("{" + name + "}", str(getattr(self, name))) for word in words]
        return words

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program, path=ENVIRONMENT["PATH"]):
                raise Skipped(f"{program} is not installed")

    def start(self, words, **options):
        """Popen with this suite's environment, the case's directory and its own session."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.work,
                   "env": self.setup.environment, "start_new_session": True, **options}
        child = subprocess.Popen(words, **options)
        if options["start_new_session"]:
            self.setup.watch.add(child, 5 * self.setup.limit_s)
        return child

    def execute(self, words, stdin=b"", limit=None, **options):
        limit = limit or self.setup.limit_s
        if isinstance(stdin, bytes):
            options["stdin"] = subprocess.PIPE
        else:
            options["stdin"], stdin = stdin, None
        child = self.start(words, **options)
        try:
            out, err = child.communicate(stdin, timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            return Done(out or b"", err or b"", f"none, stopped after {limit} s")
        return Done(out or b"", err or b"", shell_status(child.returncode))

    def native(self, command, **options):
        return self.execute(self.words(command), **options)

    def pvm_command(self, command, kx_options=()):
        return [*self.setup.pvm_words(), *self.words(kx_options), "--", *self.words(command)]

    def pvm(self, command, kx_options=(), **options):
        """Runs as a pVM with exactly these options of kx."""
        return self.execute(self.pvm_command(command, kx_options), **options)

    def same(self, command, stdin=b"", prepare=None, kx_options=(), compare=("out", "err", "status", "tree"), status=None, limit=None,
             normalize=None, native=None, judge_in_lane=False):
        """Runs natively and as a pVM with the case's directory writable, each time in a fresh one, and compares.

        `prepare` fills the directory; `stdin` is bytes or a path under the input; `normalize` maps outputs before they are compared;
        `native` is another command for the judge; with `judge_in_lane` it runs where the pVM runs, which has processors of its own.
        Gives the pVM's run.
        """
        self.need(self.words(native or command)[0])
        runs = []
        judge_words = self.words(native or command)
        if judge_in_lane and self.setup.lane == "software":
            environment = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
            judge_words = [str(ROOT / "tools/lane"), "exec", "--", "/usr/bin/env", "-i", *environment, *judge_words]
        for words in (judge_words, self.pvm_command(command, ["--rw", str(self.work), *kx_options])):
            self.clean()
            if prepare:
                prepare(self)
            if isinstance(stdin, str):
                with open(self.words([stdin])[0], "rb") as file:
                    done = self.execute(words, stdin=file, limit=limit)
            else:
                done = self.execute(words, stdin=stdin, limit=limit)
            if normalize:
                done.out, done.err = normalize(done.out), normalize(done.err)
            runs.append((done, tree(self.work)))
        (judge, judge_tree), (other, other_tree) = runs
        if status is not None:
            self.equal("native status", judge.status, status)
        problems = []
        if "status" in compare and judge.status != other.status:
            problems.append(f"exit status: native {judge.status}, pVM {other.status}")
        for name in ("out", "err"):
            if name in compare and getattr(judge, name) != getattr(other, name):
                problems.append(difference("std" + name, getattr(judge, name), getattr(other, name)))
        if "tree" in compare and judge_tree != other_tree:
            problems.append(difference("files", "\n".join(judge_tree).encode(), "\n".join(other_tree).encode()))
        if problems:
            if "err" not in compare and other.err:
                problems.append("pVM stderr " + shorten(other.err))
            raise Failed("\n".join(problems))
        return other

    def check(self, condition, text):
        if not condition:
            raise Failed(text)

    def equal(self, what, actual, expected):
        if actual != expected:
            raise Failed(f"{what}: {shorten(actual) if isinstance(actual, (bytes, str)) else actual}, expected "
                         f"{shorten(expected) if isinstance(expected, (bytes, str)) else expected}")

    def complains(self, done, status, *patterns):
        """The run ended with `status`, wrote nothing on stdout and one line on stderr that begins with kx: and holds every pattern."""
        self.equal("status", (done.status, done.err), (status, done.err))
        self.check(re.fullmatch(rb"kx(?: run)?: [^\n]+\n", done.err), f"not one line of kx: {done}")
        self.equal("stdout", done.out, b"")
        for pattern in patterns:
            self.check(re.search(pattern, done.err.decode(errors="replace")), f"{pattern!r} is not in {done.err!r}")


def difference(what, judge, other):
    """The first lines in which two outputs differ."""
    if max(len(judge), len(other)) > 1 << 20:
        return f"{what}: native {len(judge)} bytes, pVM {len(other)} bytes, different"
    lines = list(difflib.unified_diff(judge.decode(errors="backslashreplace").splitlines(), other.decode(errors="backslashreplace").splitlines(),
                                      what + " native", what + " pVM", n=1, lineterm=""))
    return "\n".join(line[:200] for line in lines[:16]) or f"{what}: different ends of lines"


def tree(directory):
    """What is in a directory: a line per file with its type, mode, size and contents."""
    lines = []
    for path in sorted(pathlib.Path(directory).rglob("*")):
        status = path.lstat()
        line = f"{path.relative_to(directory)} {stat.filemode(status.st_mode)} links={status.st_nlink} owner={status.st_uid}:{status.st_gid}"
        if stat.S_ISLNK(status.st_mode):
            line += f" -> {os.readlink(path)}"
        elif stat.S_ISREG(status.st_mode):
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
            line += f" size={status.st_size} sha256={digest.hexdigest()[:16]}"
        lines.append(line)
    return lines


def wait_until(condition, limit_s, what):
    """Gives the first true value of condition(), or fails."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Failed(f"not within {limit_s} s: {what}")


def compile_program(setup, name, command):
    """Builds a program of sources/ unless it is there and newer; `command` holds {source} and {out}."""
    compiler = command.split()[0]
    if not shutil.which(compiler):
        raise Skipped(f"{compiler} is not installed")
    out = setup.programs / name
    words = shlex.split(command)
    source = next(HERE / word for word in words if word.startswith("sources/"))
    if out.exists() and out.stat().st_mtime > source.stat().st_mtime:
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f"{name}.{os.getpid()}.{time.monotonic_ns()}")
    words = [str(HERE / word) if word.startswith("sources/") else word.replace("{out}", str(temporary)) for word in words]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failed(f"{name} does not compile: {done.stdout[:2000]}")
    os.replace(temporary, out)
    return out


if __name__ == "__main__":
    sys.exit("this is a module of run.py")
