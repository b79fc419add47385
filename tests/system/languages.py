"""perl, python3 and lua."""
import shutil
import textwrap

from harness import HERE, same_programs

PYTHON = "/usr/bin/python3"


def python(program, **more):
    return {"command": [PYTHON, "-c", textwrap.dedent(program)], **more}


same_programs("python3", {
    "print": python("print(1)"),
    "script": {"command": [PYTHON, "script.py", "{input}/text.txt"], "status": 5,
               "prepare": lambda test: shutil.copy(HERE / "sources/script.py", test.work)},
    "json": python("""
        import json
        people = json.load(open("{input}/people.json"))
        print(len(people), json.dumps(people[:3], ensure_ascii=False, indent=1, sort_keys=True))"""),
    "hashlib": python("""
        import hashlib
        data = open("{input}/large.bin", "rb").read()
        for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
            print(name, hashlib.new(name, data).hexdigest())"""),
    "ctypes": python("""
        import ctypes
        libc = ctypes.CDLL("libc.so.6", use_errno=True)
        print(libc.strlen(b"hello"), libc.abs(-3), libc.getppid() > 0)
        compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        array = (ctypes.c_int * 5)(5, 3, 4, 1, 2)
        libc.qsort(array, 5, 4, compare(lambda a, b: a[0] - b[0]))
        print(list(array), libc.close(99), ctypes.get_errno())
        libm = ctypes.CDLL("libm.so.6")
        libm.cos.restype, libm.cos.argtypes = ctypes.c_double, [ctypes.c_double]
        print(libm.cos(1.0))"""),
    "mmap": python("""
        import mmap
        with open("m", "wb") as file:
            file.truncate(100000)
        with open("m", "r+b") as file:
            shared = mmap.mmap(file.fileno(), 0)
            shared[5000:5005] = b"hello"
            shared.flush()
            private = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            private[0:3] = b"not"
            shared[99999:] = b"!"
            print(private.find(b"hello"), private[0:3], shared[0:3])
            shared.resize(200000)
            print(len(shared), shared[99999:100001])
        print(open("m", "rb").read()[4999:5006])
        anonymous = mmap.mmap(-1, 1 << 20)
        anonymous.write(b"x" * 70000)
        print(anonymous.tell(), anonymous[69998:70002])"""),
    "struct": python("""
        import struct
        data = struct.pack("<bHiQfd5s?", -1, 2, -3, 2**63, 1.5, 2.25, b"abc", True)
        print(data.hex(), struct.unpack("<bHiQfd5s?", data), struct.calcsize("@bi"))"""),
    "decimal": python("""
        from decimal import *
        getcontext().prec = 50
        print(Decimal(2).sqrt(), Decimal(1) / Decimal(7), Decimal("1.1") ** 100, Decimal(10).ln())
        try:
            Decimal(1) / 0
        except ZeroDivisionError as error:
            print(repr(error))"""),
    "float": python("import math; print(math.pi, 0.1 + 0.2, math.gamma(5.5), math.fsum([.1] * 10), float('nan'), 1e308 * 10)"),
    "zlib": python("""
        import bz2, lzma, zlib
        data = open("{input}/text.txt", "rb").read()
        for module in (zlib, bz2, lzma):
            packed = module.compress(data)
            print(module.__name__, len(packed), module.decompress(packed) == data)"""),
    "sqlite": python("""
        import sqlite3
        base = sqlite3.connect("data.db")
        base.execute("create table t(a, b)")
        base.executemany("insert into t values(?, ?)", ((i, str(i)) for i in range(1000)))
        base.commit()
        print(base.execute("select sum(a), max(b) from t").fetchone())"""),
    "threads": python("""
        import concurrent.futures, queue, threading, time
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            print(sum(pool.map(lambda n: (time.sleep(0.01), n * n)[1], range(100))))
        event = threading.Event()
        threading.Timer(0.05, event.set).start()
        print(event.wait(10), threading.active_count() <= 2)"""),
    "asyncio": python("""
        import asyncio
        async def work(n):
            await asyncio.sleep(0.01 * (5 - n))
            return n
        async def main():
            queue = asyncio.Queue()
            asyncio.get_running_loop().call_later(0.02, queue.put_nowait, "later")
            print(await asyncio.gather(*map(work, range(5))), await queue.get())
        asyncio.run(main())"""),
    "sockets": python("""
        import socket, threading
        a, b = socket.socketpair()
        a.sendall(b"hello")
        print(b.recv(10))
        server = socket.create_server(("127.0.0.1", 0))
        def serve():
            connection, _ = server.accept()
            with connection:
                while data := connection.recv(65536):
                    connection.sendall(data.upper())
        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(server.getsockname()) as client:
            client.sendall(b"abc" * 1000)
            client.shutdown(socket.SHUT_WR)
            got = b""
            while data := client.recv(65536):
                got += data
        thread.join()
        print(len(got), got[:6])"""),
    "signals": python("""
        import os, signal, time
        seen = []
        signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
        signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        signal.pause()
        print(seen)
        os.kill(os.getpid(), signal.SIGTERM)""", status=143),
    "exception": python("import os\ndef f(n):\n    return f(n + 1) if n < 3 else {}[n]\nf(0)", status=1),
    "recursion": python("def f(n): return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError as error:\n    print(error)"),
    "memory": python("""
        blocks = [bytearray(1 << 20) for _ in range(100)]
        for block in blocks:
            block[::4096] = b"x" * 256
        del blocks[::2]
        print(sum(map(len, blocks)), sum(block[4096] for block in blocks))"""),
    "walk": python("""
        import os
        for root, directories, files in os.walk("{input}/tree"):
            directories.sort()
            print(root, sorted(files), os.stat(root).st_mtime)"""),
    "stdlib": python("""
        import base64, calendar, difflib, email.message, html, locale, pickle, pprint, statistics, string, urllib.parse, uuid, xml.etree.ElementTree as e
        print(uuid.uuid5(uuid.NAMESPACE_DNS, "kylinx"), statistics.stdev([1, 2, 4]), calendar.isleap(2024), pickle.loads(pickle.dumps({1: (2,)})))
        print(e.tostring(e.fromstring("<a><b c='1'/></a>")), urllib.parse.quote("a b/ü"), list(difflib.ndiff(["a"], ["b"])))"""),
    "os": python("""
        import os, platform, resource, sys, pwd
        print(sys.executable, sys.argv, os.getcwd() == os.path.realpath("."), platform.machine(), pwd.getpwuid(0).pw_name)
        print(sorted(k for k in os.environ if not k.startswith("KX_")), sys.flags.utf8_mode, sys.stdout.encoding)
        print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 10, len(os.urandom(32)), os.cpu_count(), os.get_terminal_size if 0 else "")""", judge_in_lane=True),
    "stdin": {"command": [PYTHON, "-"], "stdin": b"import sys\nprint(sys.stdin.read(), 42)\n"},
    "exit": python("import sys; sys.exit(200)", status=200),
    "abort": python("import os; os.abort()", status=134),
    "segfault": python("import ctypes; ctypes.string_at(8)", status=139),
}, quick=("json", "mmap", "signals"))

same_programs("perl", {
    "hash": r"""perl -ne '$h{$_}++ for split; END { print "$_ $h{$_}\n" for sort keys %h }' {input}/text.txt""",
    "regex": r"""perl -pe 's/(\w+) (\w+)/$2 $1/g; tr/a-m/n-z/' {input}/text.txt""",
    "bigint": "perl -Mbigint -e 'print 2**521 - 1, qq(\\n)'",
    "digest": """perl -MDigest::SHA=sha256_hex -MFile::Find -e 'find({no_chdir => 1, wanted => sub { push @f, $_ if -f }}, "{input}/tree");
        local $/; for (sort @f) { open F, "<", $_; print sha256_hex(<F>), " $_\\n" }'""",
    "sort": "perl -e 'print sort { length($a) <=> length($b) or $a cmp $b } <>' {input}/text.txt",
    "in-place": {"command": "perl -i.bak -pe 's/one/1/' a", "prepare": lambda test: (test.work / "a").write_text("one\ntwo\n")},
    "alarm": """perl -e '$SIG{ALRM} = sub { die "rang\\n" }; alarm 1; eval { select undef, undef, undef, 10; }; print $@'""",
    "pack": "perl -e 'print unpack(q(H*), pack(q(NnCw/a*d), 1, 2, 3, q(abc), 1.5)), sprintf(q( %s %.3e), 1e15, 1/3)'",
    "die": {"command": "perl -e 'die qq(over\\n)'", "status": 255},
    "kill": {"command": "perl -e 'kill 9, $$; sleep 10'", "status": 137},
}, quick=("hash",))

same_programs("lua", {
    "string": """lua5.4 -e 'for l in io.lines("{input}/table.tsv") do local a, b = l:match("(%d+)\\t(%S+)"); io.write(b:upper(), a // 7, " ") end'""",
    "coroutine": """lua5.4 -e 'local g = coroutine.wrap(function() for i = 1, 1e5 do coroutine.yield(i * i) end end); local s = 0
        for i = 1, 1e5 do s = s + g() end print(s, math.pi, 2^53, 1 // 0.0, string.pack("<i4", 7):byte(1, -1))'""",
    "collect": "lua5.4 -e 'local t = {} for i = 1, 2e5 do t[i % 1000] = {i, tostring(i)} end collectgarbage() print(#t, t[7][2])'",
    "error": {"command": "lua5.4 -e 'error(\"no\")'", "status": 1},
    "exit": {"command": "lua5.4 -e 'os.exit(3)'", "status": 3},
}, quick=("string",))
