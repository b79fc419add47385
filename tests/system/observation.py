"""--stats and --strace: what they print, where, and that they change nothing else."""
import re

from harness import case


@case("stats/report", quick=True)
def stats_report(test):
    done = test.pvm("cat {input}/people.json", ["--stats"])
    test.equal("stdout", done.out, (test.input / "people.json").read_bytes())
    test.equal("status", done.status, 0)
    text = done.err.decode()
    for pattern in (r"^kx: statistics$", r"^  start: .*\d+ us", r"^  system calls: \d+ \(\d+ in the pVM, \d+ by the service thread, \d+ by an exit\)$",
                    r"^    read +\d+ +\d+ +\d+$", r"^    write +\d+ +\d+ +\d+$", r"page faults: \d+", r"memory: \d+"):
        test.check(re.search(pattern, text, re.M), f"{pattern} is not in:\n{text}")
    sums = re.search(r"system calls: (\d+) \((\d+) in the pVM, (\d+) by the service thread, (\d+) by an exit", text)
    total, *parts = map(int, sums.groups())
    test.equal("sum", sum(parts), total)


@case("stats/status")
def stats_status(test):
    done = test.pvm("false", ["--stats"])
    test.equal("status", (done.status, b"kx: statistics" in done.err), (1, True))


UNSUPPORTED = "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall(%d, 0, 0, 0, 0), ctypes.get_errno())"


@case("stats/unsupported")
def stats_unsupported(test):
    """What is not there answers ENOSYS, and is counted by name."""
    for number, name in ((246, "kexec_load"), (175, "init_module"), (9999, "unknown numbers")):
        done = test.pvm(["/usr/bin/python3", "-c", UNSUPPORTED % number], ["--stats"])
        test.equal(name, done.out, b"-1 38\n")
        test.check(re.search(rf"unsupported: {name} \(1 times", done.err.decode()), f"{name} is not named in:\n{done.err.decode()}")


@case("strace/stderr", quick=True)
def strace_stderr(test):
    done = test.pvm("cat version", ["--strace", "--workdir", "{input}"])
    test.equal("stdout", (done.out, done.status), ((test.input / "version").read_bytes(), 0))
    text = done.err.decode()
    for pattern in (r'openat\(.*"version".*\) = 3', r"read\(3, .*\) = \d+", r"write\(1, .*\) = \d+", r"exit_group\(0"):
        test.check(re.search(pattern, text), f"{pattern} is not in:\n{text[-3000:]}")


@case("strace/file", quick=True)
def strace_file(test):
    done = test.pvm("cat /no/such/file", ["--strace={work}/trace"])
    test.equal("stderr", (done.err, done.status), (b"cat: /no/such/file: No such file or directory\n", 1))
    test.check(re.search(r'openat\(.*"/no/such/file".*\) = -(2|1 ENOENT|ENOENT)', (test.work / "trace").read_text()), "no openat in the trace")


@case("strace/unsupported")
def strace_unsupported(test):
    done = test.pvm(["/usr/bin/python3", "-c", UNSUPPORTED % 246], ["--strace={work}/trace"])
    test.equal("stdout", done.out, b"-1 38\n")
    lines = [line for line in (test.work / "trace").read_text().splitlines() if line.startswith("kexec_load(")]
    test.check(lines and re.search("unsupported|ENOSYS", lines[0]), f"not named: {lines}")


@case("strace/same-output")
def strace_same_output(test):
    """Tracing changes nothing that the program does."""
    test.same("sort -u {input}/text.txt -o sorted", kx_options=["--strace=/dev/null"])


@case("tool/help")
def tool_help(test):
    for words in (["--help"], ["run", "--help"], ["check", "--help"], ["completion", "--help"]):
        done = test.execute([test.kx, *words])
        test.equal(str(words), (done.status, done.err), (0, b""))
        test.check(b"sage: kx" in done.out, f"no usage: {done.out!r}")
    test.equal("no verb", test.execute([test.kx]).status != 0, True)
    test.equal("wrong verb", test.execute([test.kx, "frobnicate"]).status, 125)


@case("tool/version")
def tool_version(test):
    done = test.execute([test.kx, "version"])
    test.check(done.status == 0 and re.fullmatch(rb"kx \d+\.\d+.*\n", done.out), str(done))


@case("tool/check")
def tool_check(test):
    done = test.execute([test.kx, "check"])
    test.check(done.status in (0, 1) and done.out.count(b"\n") > 2, str(done))


@case("tool/completion")
def tool_completion(test):
    for shell in ("bash", "zsh"):
        done = test.execute([test.kx, "completion", shell])
        test.check(done.status == 0 and b"--memory" in done.out and b"--volume" in done.out, str(done))
    test.equal("syntax", test.execute(["bash", "-n"], stdin=test.execute([test.kx, "completion", "bash"]).out).status, 0)


EVENT_LOOP = """
import os, select, socket, sys
connections, requests = 8, 50
listener = socket.create_server(("127.0.0.1", 0))
child = os.fork()
if child == 0:
    peers = [socket.create_connection(listener.getsockname()) for _ in range(connections)]
    for number in range(requests):
        for peer in peers:
            peer.send(b"%04d" % number)
        for peer in peers:
            assert peer.recv(4, socket.MSG_WAITALL) == b"%04d" % number
    os._exit(0)
poller, files, ended = select.epoll(), {}, 0
poller.register(listener, select.EPOLLIN)
while ended < connections:
    for fd, _ in poller.poll():
        if fd == listener.fileno():
            file, _ = listener.accept()
            file.setblocking(False)
            files[file.fileno()] = file
            poller.register(file, select.EPOLLIN)
        elif data := files[fd].recv(64):
            assert files[fd].send(data) == len(data)
        else:
            files.pop(fd).close()
            ended += 1
print(os.waitpid(child, 0)[1])
"""


@case("stats/event-loop", quick=True)
def stats_event_loop(test):
    """Neither what an event loop reads from its connections nor what it answers needs an exit."""
    done = test.pvm(["/usr/bin/python3", "-c", EVENT_LOOP], ["--stats"])
    test.equal("answers", (done.out, done.status), (b"0\n", 0))
    counted = re.search(r"sockets: (\d+) reads ahead, (\d+) writes behind", done.err.decode())
    test.check(counted and min(map(int, counted.groups())) >= 300, f"of 400 each:\n{done.err.decode()}")
