"""A program of some size: a tokenizer, a parser, an evaluator, a text index, a scheduler and a simulation, all deterministic."""
import collections
import contextlib
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import zlib


class Kind(enum.Enum):
    NUMBER = "number"
    NAME = "name"
    OPERATOR = "operator"
    END = "end"


@dataclasses.dataclass(frozen=True)
class Token:
    kind: Kind
    text: str


TOKENS = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z]+)|(?P<operator>[-+*/()^=]))")


def tokenize(text):
    position = 0
    while position < len(text.rstrip()):
        match = TOKENS.match(text, position)
        if not match:
            raise SyntaxError(f"at {position}: {text[position]!r}")
        position = match.end()
        yield Token(Kind(match.lastgroup), match.group(match.lastgroup))
    yield Token(Kind.END, "")


class Calculator:
    """A recursive-descent evaluator over exact fractions."""

    def __init__(self):
        self.names = {"two": fractions.Fraction(2)}

    def evaluate(self, text):
        self.tokens = list(tokenize(text))
        self.position = 0
        if len(self.tokens) > 2 and self.tokens[1].text == "=":
            name = self.tokens[0].text
            self.position = 2
            self.names[name] = self.sum()
            return self.names[name]
        value = self.sum()
        if self.peek().kind is not Kind.END:
            raise SyntaxError(f"unexpected {self.peek().text!r}")
        return value

    def peek(self):
        return self.tokens[self.position]

    def take(self, *texts):
        if self.peek().text in texts:
            self.position += 1
            return self.tokens[self.position - 1].text
        return None

    def sum(self):
        value = self.product()
        while operator := self.take("+", "-"):
            other = self.product()
            value = value + other if operator == "+" else value - other
        return value

    def product(self):
        value = self.power()
        while operator := self.take("*", "/"):
            other = self.power()
            value = value * other if operator == "*" else value / other
        return value

    def power(self):
        base = self.atom()
        return base ** int(self.power()) if self.take("^") else base

    def atom(self):
        if self.take("-"):
            return -self.atom()
        if self.take("("):
            value = self.sum()
            if not self.take(")"):
                raise SyntaxError("')' expected")
            return value
        token = self.peek()
        self.position += 1
        if token.kind is Kind.NUMBER:
            return fractions.Fraction(token.text)
        if token.kind is Kind.NAME:
            return self.names[token.text]
        raise SyntaxError(f"unexpected {token.text!r}")


def calculate():
    calculator = Calculator()
    for text in ("1 + 2 * 3", "x = (1 + 2) * 3 / 7", "x ^ 2 - two", "-2 ^ 3 ^ 2", "1 / 0", "2 +", "y", "3 $ 4"):
        try:
            print(text, "->", calculator.evaluate(text))
        except (ArithmeticError, SyntaxError, KeyError) as error:
            print(text, "->", type(error).__name__, error)


def index(path):
    words = collections.defaultdict(set)
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            for word in line.split():
                words[word].add(number)
    common = heapq.nlargest(5, words.items(), key=lambda item: (len(item[1]), item[0]))
    print("index:", [(word, len(lines)) for word, lines in common])
    both = words["alpha"] & words["omega"] - words["日本"]
    print("alpha, omega:", len(both), sorted(both)[:5])


def shortest_paths():
    chance = random.Random(7)
    edges = collections.defaultdict(list)
    for _ in range(2000):
        edges[chance.randrange(300)].append((chance.randrange(300), chance.randrange(1, 50)))
    distance, queue = {0: 0}, [(0, 0)]
    while queue:
        cost, node = heapq.heappop(queue)
        if cost > distance[node]:
            continue
        for other, weight in edges[node]:
            if cost + weight < distance.get(other, sys.maxsize):
                distance[other] = cost + weight
                heapq.heappush(queue, (cost + weight, other))
    print("paths:", len(distance), sum(distance.values()), max(distance.values()))


def files():
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=".")))
        for number in range(50):
            (directory / f"{number:02}.json").write_text(json.dumps({"n": number, "square": number**2}))
        shutil.copytree(directory, directory / "copy", ignore=shutil.ignore_patterns("*5.json"))
        total = sum(json.loads(path.read_text())["square"] for path in sorted(directory.rglob("*.json")))
        os.rename(directory / "copy", directory / "moved")
        print("files:", total, len(list(directory.glob("**/*"))), (directory / "moved").stat().st_nlink)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerows(itertools.product("ab", (1, 2), ('q"', "c,d")))
    print("csv:", zlib.crc32(table.getvalue().encode()), len(table.getvalue()))


def threads():
    results, lock, barrier = [], threading.Lock(), threading.Barrier(4)

    def work(number):
        barrier.wait()
        digest = hashlib.sha256(bytes([number]) * 100_000).hexdigest()
        with lock:
            results.append((number, digest[:8]))

    crew = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    print("threads:", sorted(results))


@functools.lru_cache(maxsize=None)
def partitions(total, largest):
    if total == 0:
        return 1
    return sum(partitions(total - part, part) for part in range(1, min(total, largest) + 1))


def numbers():
    decimal.getcontext().prec = 60
    print("root of two:", decimal.Decimal(2).sqrt())
    print("partitions of 90:", partitions(90, 90))
    print("factorial digits:", len(str(functools.reduce(lambda a, b: a * b, range(1, 1001)))))
    print("date:", datetime.date(2024, 2, 28) + datetime.timedelta(days=2), datetime.datetime.fromtimestamp(0, datetime.timezone.utc))


def main():
    start = time.monotonic()
    calculate()
    index(sys.argv[1])
    shortest_paths()
    files()
    threads()
    numbers()
    print("time passed:", 0 < time.monotonic() - start < 300)
    print("last line on stderr", file=sys.stderr)
    sys.exit(5)


if __name__ == "__main__":
    main()
