"""Programs compiled here: C with several C libraries, C++, Fortran, generated machine code, and busybox."""
from harness import case, compile_program, same_programs

C = "gcc -O2 -pthread sources/hello.c -o {out} -lm"
BUILDS = {
    "c-dynamic": C,
    "c-no-pie": C.replace("-O2", "-O2 -no-pie"),
    "c-static": C.replace("-O2", "-O2 -static"),
    "c-static-pie": C.replace("-O2", "-O2 -static-pie"),
    "c-musl": C.replace("gcc", "musl-gcc"),
    "c-musl-static": C.replace("gcc", "musl-gcc -static"),
    "c-bind-now": C.replace("-O2", "-O2 -Wl,-z,now,-z,noseparate-code"),
    "c-sanitized": C.replace("-O2", "-O1 -fsanitize=undefined -static-libubsan"),
    "c++": "g++ -std=c++20 -O2 -pthread sources/streams.cpp -o {out}",
    "c++-static": "g++ -std=c++20 -O2 -static -pthread sources/streams.cpp -o {out}",
    "fortran": "gfortran -O2 sources/numeric.f90 -o {out}",
    "machine-code": "gcc -O1 sources/machine_code.c -o {out}",
    "machine-code-static": "gcc -O1 -static sources/machine_code.c -o {out}",
    "machine-code-musl": "musl-gcc -O1 sources/machine_code.c -o {out}",
}
ARGUMENTS = {"c++": ["{input}/text.txt"], "c++-static": ["{input}/text.txt"]}
STATUS = {"c++": 134, "c++-static": 134, "fortran": 3, "machine-code": 0, "machine-code-static": 0, "machine-code-musl": 0}
QUICK = ("c-dynamic", "c-musl", "c-musl-static", "c++", "machine-code")


def register(name, command):
    @case(f"compiled/{name}", quick=name in QUICK)
    def compiled(test):
        program = compile_program(test.setup, name, command)
        test.same([program, *ARGUMENTS.get(name, ["a", "two words"])], stdin=b"word 21\n", status=STATUS.get(name, 42))


for build_name, build_command in BUILDS.items():
    register(build_name, build_command)

same_programs("busybox", {
    "ls": "busybox ls -l {input}/tree/d1",
    "awk": "busybox awk '{ n += NF } END { print n }' {input}/text.txt",
    "sha512sum": "busybox sha512sum {input}/random.bin",
    "tar": "busybox tar -cf a.tar -C {input} tree/d1/e1",
    "sort": "busybox sort -u {input}/text.txt",
    "vi-help": "busybox vi --help",
    "sh": {"command": "busybox sh", "stdin": b"x=1; while [ $x -lt 5 ]; do echo $x; x=$((x + 1)); done; exit 9\n", "status": 9},
    "find": "busybox find {input}/tree -name 'f*' -size +0",
    "gzip": "busybox gzip -c {input}/random.bin",
}, quick=("ls", "awk"))
