"""Standard streams: end of file, large pipes, broken pipes, files and sockets in their place."""
import hashlib
import os
import socket
import subprocess
import threading

from harness import Skipped, case

SIZE = 100 << 20


def blocks(count, seed):
    """`count` bytes, the same for the same seed."""
    block = hashlib.sha256(seed.encode()).digest() * 32768
    for start in range(0, count, len(block)):
        yield block[:count - start]


def pump(test, command, size, kx_options=()):
    """Feeds `size` bytes through a pVM; gives (digest in, digest out, status, errors)."""
    child = test.start(test.pvm_command(command, kx_options), stdin=subprocess.PIPE)
    given, got = hashlib.sha256(), hashlib.sha256()

    def feed():
        for block in blocks(size, command):
            given.update(block)
            child.stdin.write(block)
        child.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    while data := child.stdout.read(1 << 20):
        got.update(data)
    feeder.join()
    errors = child.stderr.read()
    return given.hexdigest(), got.hexdigest(), child.wait(), errors


@case("streams/100-megabytes")
def hundred_megabytes(test):
    given, got, status, errors = pump(test, "cat", SIZE)
    test.equal("run", (got, status, errors), (given, 0, b""))


@case("streams/8-megabytes", quick=True)
def eight_megabytes(test):
    given, got, status, errors = pump(test, "dd bs=12345 status=none", 8 << 20)
    test.equal("run", (got, status, errors), (given, 0, b""))


@case("streams/end-of-file", quick=True)
def end_of_file(test):
    test.equal("empty", (test.pvm("cat").out, test.pvm("wc -c").out), (b"", b"0\n"))
    test.equal("no newline", test.pvm("cat", stdin=b"abc").out, b"abc")
    child = test.start(test.pvm_command("cat"), stdin=subprocess.PIPE)
    child.stdin.write(b"first")
    child.stdin.flush()
    test.equal("before the end", os.read(child.stdout.fileno(), 100), b"first")
    child.stdin.close()
    test.equal("status", (child.wait(test.setup.limit_s), child.stdout.read()), (0, b""))


@case("streams/broken-pipe", quick=True)
def broken_pipe(test):
    """A writer whose reader goes away dies of SIGPIPE."""
    child = test.start(test.pvm_command("yes"))
    test.equal("output", child.stdout.read(10), b"y\ny\ny\ny\ny\n")
    child.stdout.close()
    test.equal("status", (child.wait(test.setup.limit_s), child.stderr.read()), (141, b""))


@case("streams/broken-pipe-ignored")
def broken_pipe_ignored(test):
    """With SIGPIPE ignored by the caller, the program gets EPIPE."""
    if test.setup.lane == "software":
        raise Skipped("the lane starts commands with the default actions of signals")
    script = 'trap "" PIPE; "$@" | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}'
    runs = [test.execute(["bash", "-c", script, "-", *words]) for words in (["seq", "1000000"], test.pvm_command("seq 1000000"))]
    test.equal("run", repr(runs[1]), repr(runs[0]))


@case("streams/file-offset")
def file_offset(test):
    """A file given as a stream is shared with the caller: the offset moves on, O_APPEND holds."""
    with open(test.input / "table.tsv", "rb") as file:
        file.seek(100)
        done = test.pvm("head -c 50", stdin=file)
        test.equal("read", done.out, (test.input / "table.tsv").read_bytes()[100:150])
    with open(test.work / "log", "ab") as log:
        log.write(b"before\n")
        log.flush()
        for word in ("one", "two"):
            child = test.start(test.pvm_command(["echo", word]), stdout=log)
            test.equal("status", child.wait(test.setup.limit_s), 0)
    test.equal("log", (test.work / "log").read_bytes(), b"before\none\ntwo\n")


@case("streams/socket")
def socket_stream(test):
    ours, theirs = socket.socketpair()
    child = test.start(test.pvm_command("tr a-z A-Z"), stdin=theirs, stdout=theirs)
    theirs.close()
    ours.sendall(b"hello")
    ours.shutdown(socket.SHUT_WR)
    answer = b""
    while data := ours.recv(100):
        answer += data
    test.equal("answer", (answer, child.wait(test.setup.limit_s)), (b"HELLO", 0))


@case("streams/same-pipe")
def same_pipe(test):
    """stdout and stderr into one pipe keep their order."""
    if test.setup.lane == "software":
        raise Skipped("stdout and stderr are two streams to the lane")
    program = "import os\nfor i in range(200):\n    os.write(1 + i % 2, b'%d\\n' % i)"
    child = test.start(test.pvm_command(["/usr/bin/python3", "-c", program]), stderr=subprocess.STDOUT)
    test.equal("order", child.communicate(timeout=test.setup.limit_s)[0], b"".join(b"%d\n" % i for i in range(200)))


@case("streams/pipeline")
def pipeline(test):
    """Four pVMs in a shell pipeline give what the native one gives."""
    text = str(test.input / "text.txt")
    stages = [["cat", text], ["tr", " ", "\\n"], ["sort"], ["uniq", "-c"]]
    results = []
    for wrap in (test.words, test.pvm_command):
        previous, children = subprocess.DEVNULL, []
        for stage in stages:
            child = test.start(wrap(stage), stdin=previous, stderr=subprocess.DEVNULL)
            if previous is not subprocess.DEVNULL:
                previous.close()
            previous = child.stdout
            children.append(child)
        out = previous.read()
        results.append((out, [child.wait(test.setup.limit_s) for child in children]))
    test.check(results[0] == results[1], f"statuses {results[0][1]} {results[1][1]}, sizes {len(results[0][0])} {len(results[1][0])}")


@case("streams/nonblocking")
def nonblocking(test):
    """A program that makes its input non-blocking sees EAGAIN, select() and then the data."""
    program = """
import os, select
os.set_blocking(0, False)
try:
    os.read(0, 10)
except BlockingIOError as error:
    print("again", flush=True)
print(select.select([0], [], [], 30)[0], os.read(0, 10), flush=True)"""
    child = test.start(test.pvm_command(["/usr/bin/python3", "-c", program]), stdin=subprocess.PIPE)
    test.equal("first", child.stdout.readline(), b"again\n")
    child.stdin.write(b"now")
    child.stdin.flush()
    test.equal("then", child.stdout.readline(), b"[0] b'now'\n")
    child.stdin.close()
    test.equal("status", child.wait(test.setup.limit_s), 0)
