"""What scenes share: scripts that run a family and its observers side by side, on the host or inside the software lane."""
import subprocess
import sys


class Wrong(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Wrong(text)


def runner(command):
    """What runs a verb of this kx: status, standard output and standard error."""

    def kx(*words):
        done = subprocess.run([command, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return kx


class Running:
    """A program that says "ready", then a line for each that it is told; `process` is its kx. Ended with the block."""

    def __init__(self, words, stderr):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        self.expect("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def say(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def line(self):
        line = self.process.stdout.readline().decode().rstrip("\n")
        check(line, "the program has ended")
        return line

    def expect(self, text):
        line = self.line()
        check(line == text, f"the program said {line!r} instead of {text!r}")


def run(scene, *words):
    """A whole script: prints "passed", or ends it with what went wrong."""
    try:
        scene(*words)
    except Wrong as wrong:
        sys.exit(f"{sys.argv[1]}: {wrong}")
    print("passed")
