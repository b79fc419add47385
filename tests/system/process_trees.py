"""Programs that start others: shells and their jobs, make, compilers, git, perl, python3, man, ssh-keygen."""
import re
import textwrap
import time

from harness import Failed, case, same_programs
from terminals import both

PYTHON = "/usr/bin/python3"
PIDS = re.compile(rb"\b\d+( +(?:Terminated|Killed|Hangup|User|Aborted|Segmentation|Done|Stopped|Exit|Running))")


def without_pids(data):
    return re.sub(rb" *PID +", b" PID ", PIDS.sub(rb"PID\1", data))  # bash pads the column


def script(shell, text, **more):
    """A script on standard input would be read by its commands too: it is an argument."""
    return {"command": [*shell.split(), "-c", textwrap.dedent(text)], **more}


def bash(text, **more):
    return script("bash --norc", text, **more)


same_programs("bash", {
    "pipeline": bash("cut -f 2 {input}/table.tsv | sort | uniq -c | sort -k1,1nr -k2 | sed 's/^ *//' | tr ' ' ':' | tail -n 8 | paste -sd ,"),
    "pipe-status": bash("true | false | (exit 7) | cat; echo ${PIPESTATUS[*]}; set -o pipefail; false | true; echo $?; ! true; echo $?"),
    "long-pipeline": bash("seq 1000 | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | tail -n 1"),
    "broken-pipe": bash("yes | head -n 2; echo ${PIPESTATUS[*]}; seq 1000000 | sed 3q; echo ${PIPESTATUS[*]}"),
    "subshell": bash("""
        x=1; (x=2; cd /; echo $x; pwd; exit 5); echo $? $x
        (echo a; (echo b; (echo c; exit 3); echo $?); echo $?)
        echo $BASHPID | grep -vc "^$$\\$"; (test $BASHPID != $$ && echo differs); echo $BASH_SUBSHELL $(echo $BASH_SUBSHELL)"""),
    "substitution": bash("""
        echo $(echo a $(echo b $(echo c $(echo d))))
        x=$(exit 9); echo $?; y=`echo \\`echo back\\``; echo $y; z=$(< {input}/text.txt); echo ${#z}
        for i in $(seq 20); do n=$(($(echo $i) + ${n:-0})); done; echo $n"""),
    "process-substitution": bash("""
        diff <(seq 10) <(seq 2 11); cat <(echo one) <(echo two); paste <(seq 3) <(seq 4 6) <(seq 7 9)
        seq 5 | tee >(wc -l > count) > /dev/null; wait $!; while ! test -s count; do sleep 0.01; done; cat count
        while read -r a b; do echo "$b-$a"; done < <(printf '1 2\\n3 4\\n')"""),
    "here-documents": bash("""
        cat << END; cat <<- 'END' | tr a-z A-Z; cat <<< "here $((1 + 1)) $(echo string)"
        first $(echo substituted)
        END
        second $(kept)
        END
        sort << A; head -c 5 << B
        b
        a
        A
        $(printf '%070000d' 1)
        B"""),
    "large-here-document": bash("""x=$(printf '%0300000d' 7); wc -c <<< "$x"; md5sum <<< "$x" """),
    "background": bash("""
        for i in 3 1 2; do (exit $i) & pids+=($!); done
        for p in ${pids[*]}; do wait $p; echo $?; done; wait; echo $?
        sleep 0.05 & sleep 0.02 & wait; echo all; wait 999999 2> /dev/null; echo $?"""),
    "wait-n": bash("mkfifo f; (read x < f; exit 4) & (exit 3) & wait -n; echo $?; echo > f; wait -n; echo $?; wait -n; echo $?"),
    "traps": bash("""
        trap 'echo usr1' USR1; kill -USR1 $$; trap 'echo exit $?' EXIT; trap 'echo err' ERR; trap 'echo term; exit 3' TERM
        false; (trap 'echo subshell' EXIT; trap -p USR1 | wc -l); trap '' HUP; kill -HUP $$; bash -c 'kill -HUP $$; echo ignored'
        kill -TERM $$; echo never""", status=3),
    "trap-child": bash("""
        set -m; trap 'n=$((n + 1))' CHLD; for i in 1 2 3; do true & wait $!; done; echo $n
        trap - CHLD; trap 'echo int' INT; kill -INT $$; (trap - INT; kill -INT $BASHPID); echo $?"""),
    "trap-interrupts-wait": bash("trap 'echo usr1' USR1; sleep 100 & p=$!; (sleep 1; kill -USR1 $$) & wait $p; echo $(($? > 128)); kill $p; wait $p; echo $?",
                                 normalize=without_pids),
    "kill": bash("""
        for s in TERM KILL HUP USR1 PIPE ALRM; do sleep 100 & kill -$s $!; wait $! 2> /dev/null; echo $s $? $(kill -l $?); done
        sleep 100 & kill -STOP $!; kill -CONT $!; kill -0 $! && echo alive; kill $!; wait $! 2> /dev/null; kill -0 $! 2> /dev/null; echo $?"""),
    "kill-group": bash("""
        mkfifo f; set -m; (sleep 100 & sleep 100 & echo > f; wait) & p=$!; read -r < f; kill -0 -- -$p && echo group
        kill -TERM -- -$p; wait $p 2> /dev/null; echo $?; while kill -0 -- -$p 2> /dev/null; do sleep 0.01; done; echo gone""", normalize=without_pids),
    "job-control": bash("""
        set -m; sleep 100 & jobs; kill -STOP %1; while ! jobs | grep -q Stopped; do sleep 0.01; done; jobs %1
        bg %1; jobs %1; kill %1; wait %1; echo $?; (sleep 1; exit 4) & fg; echo $?; jobs""", normalize=without_pids, compare=("out", "status")),
    "job-stop-and-continue": bash("""
        set -m; mkfifo f; (kill -STOP $BASHPID; echo went on; exit 6) & while ! jobs | grep -q Stopped; do sleep 0.01; done
        fg %1 > /dev/null; echo $?""", normalize=without_pids),
    "coprocess": bash("coproc sed -u s/a/b/g; echo banana >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo $x; exec {COPROC[1]}>&-; wait $COPROC_PID; echo $?"),
    "exec": bash("(exec sh -c 'echo $0 $1; exit 4' zero one); echo $?; exec 5> out; echo five >&5; exec 5>&-; cat out; exec echo last; echo never"),
    "redirections": bash("""
        { echo out; echo err >&2; } 2>&1 | sort; ls /no/such 2> /dev/null; echo $?; exec 3<&0 < {input}/text.txt; read -r a; exec <&3 3<&-; echo $a
        echo x > a; echo y >> a; cat < a > b; cat b - <<< z; : > a; wc -c a; set -C; echo no > a; echo $?; cat nothing || echo missing"""),
    "statuses": bash("""
        /no/such; echo $?; no-such-command; echo $?; /etc/passwd; echo $?; touch t; ./t; echo $?; sh -c 'kill -9 $$'; echo $?
        sh -c 'kill -SEGV $$'; echo $?; bash -c 'exit 300'; echo $?; (exit -1); echo $?; eval 'exit 42'""", status=42, normalize=without_pids),
    "loops": bash("""
        i=0; while read -r line; do set -- $line; i=$((i + $#)); done < {input}/text.txt; echo $i
        n=0; until [ $n -ge 60 ]; do /bin/true && n=$((n + 1)); done; echo $n; for f in {input}/tree/d1/*; do basename "$f"; done | sort | head -n 3"""),
    "recursion": bash("f() { [ $1 -eq 0 ] && echo bottom || (f $(($1 - 1))); }; f 12"),
    "stdin": {"command": "bash", "stdin": b"echo one\ncat\nthis and the next line are for cat\necho not run\n"},
    "select-and-read": bash("read -t 5 -r x < <(sleep 0.02; echo late); echo $x; read -t 0.05 y < <(sleep 0.4); echo $(($? > 128)); mapfile -t a < <(seq 5); echo ${#a[@]}"),
    "environment": bash("export A=1; B=2 bash -c 'echo $A $B $C'; env -i C=3 /bin/sh -c 'echo $C'; (export A=5; sh -c 'echo $A'); echo $A; umask 027; sh -c umask; (cd /usr; sh -c pwd)"),
    "limits": bash("ulimit -n 40; bash -c 'ulimit -n'; (ulimit -c 0; ulimit -c); ulimit -S -f 1; dd if=/dev/zero of=big bs=4096 count=1 2> /dev/null; echo $?", compare=("out", "status")),
    "fork-many": bash("for i in $(seq 150); do (exit $((i % 256))); s=$((s + $?)); done; echo $s; for i in $(seq 25); do (echo $i > f$i) & done; wait; cat f* | sort -n | tail -n 1"),
}, quick=("pipeline", "subshell", "here-documents", "background", "traps", "kill", "statuses"))

SHELL = r"""
    x=$(echo one | tr a-z A-Z); echo $x $(echo $(echo nested))
    (exit 3); echo $?; false || echo or; true && echo and; ! false; echo $?
    cat << END | sort
    b $x
    a
    END
    i=0; while [ $i -lt 5 ]; do i=$((i + 1)); sh -c "exit $i"; s="$s $?"; done; echo $s
    sleep 0.02 & p=$!; wait $p; echo $?; sleep 100 & kill $!; wait $!; echo $?
    trap 'echo term' TERM; kill -TERM $$; trap 'echo bye' EXIT
    seq 100 | while read n; do echo $n; done | tail -n 1; f() { (echo in $1; return 4); }; f x; echo $?
    echo a > f; echo b >> f; wc -l < f; nothing 2> /dev/null; echo $?; ./f 2> /dev/null; echo $?; kill -9 $(sh -c 'echo $PPID') & wait
    sh -c 'kill -KILL $$'; echo $?
    exit 9"""

same_programs("dash", {
    "script": script("dash", SHELL, status=9, normalize=without_pids),
    "stdin": {"command": "dash", "stdin": b"echo one\nsh -c 'exit 3'; echo $?\nx=$(seq 3)\necho $x | wc -w\nexit 5\n", "status": 5},
}, quick=("script",))

same_programs("ash", {
    "script": script("busybox ash", SHELL, status=9, normalize=without_pids),
    "applets": script("busybox sh", """
        seq 50 | busybox awk '{ s += $1 } END { print s }'; busybox find {input}/tree -name 'f1*' | busybox sort | busybox xargs busybox cat | busybox md5sum
        busybox tar -cf - -C {input} tree | busybox gzip -c | busybox gunzip | busybox tar -tf - | busybox wc -l; busybox timeout 5 busybox sleep 0; echo $?"""),
}, quick=("script",))

same_programs("tools", {
    "xargs": "sh -c 'seq 40 | xargs -n 3 echo | sort'",
    "xargs-parallel": "sh -c 'seq 40 | xargs -P 4 -n 1 sh -c \"echo \\$((\\$0 * \\$0))\" | sort -n'",
    "xargs-status": {"command": "sh -c 'echo 1 | xargs -I % sh -c \"exit 255\"; echo $?; echo 1 | xargs false; echo $?; echo 1 | xargs /no/such; echo $?'"},
    "find-exec": "sh -c 'find {input}/tree -name \"f1*\" -exec wc -c {} \\; | sort; find {input}/tree -type f -exec cat {} + | sort | sha256sum'",
    "find-execdir": "sh -c 'find {input}/tree/d1 -name \"f*.txt\" -execdir test -s {} \\; -print | sort; find {input}/tree -name e1 -exec false \\; -print'",
    "tar-gzip": "sh -c 'tar -C {input} --sort=name -cf - tree | gzip -n | tee a.gz | sha256sum; gzip -dc a.gz | tar -tf - | wc -l'",
    "tar-compress": "sh -c 'tar -C {input} --sort=name -cJf a.xz tree; tar -xf a.xz; find tree -type f | wc -l; tar -cf - -I \"gzip -n\" tree | wc -c'",
    "sort-spills": "sh -c 'sort -S 1M --parallel=2 --compress-program=gzip -r {input}/table.tsv {input}/table.tsv | md5sum'",
    "split-filter": script("sh", "split -n l/4 --filter='sort | wc -l > $FILE.n' {input}/table.tsv part; cat part*.n"),
    "timeout": {"command": "sh -c 'timeout 0.05 sleep 100; echo $?; timeout 10 true; echo $?; timeout -s KILL 0.05 sleep 100; echo $?; timeout 5 sh -c \"exit 3\"'", "status": 3},
    "nohup": {"command": "sh -c 'nohup sh -c \"kill -HUP \\$\\$; echo survived\" 2> /dev/null'"},
    "env-chain": "env A=1 nice -n 5 env B=2 setsid -w sh -c 'echo $A $B $(nice)'",
    "awk-pipes": """gawk 'BEGIN { cmd = "sort -n"; for (i = 5; i > 0; i--) print i | cmd; close(cmd); "echo read" | getline x; print x; print system("exit 7");
        while (("seq 3" | getline y) > 0) print y; print "both" |& "tr a-z A-Z"; close("tr a-z A-Z", "to"); "tr a-z A-Z" |& getline z; print z }'""",
    "flock": "sh -c 'flock lock sh -c \"flock -n lock true; echo \\$?\"; for i in 1 2 3 4; do flock lock sh -c \"n=\\$(cat n 2> /dev/null || echo 0); echo \\$((n + 1)) > n\" & done; wait; cat n'",
    "sed-execute": "sed -n '1,3s/.*/echo line/ep' {input}/text.txt",
    "time": {"command": ["bash", "-c", "TIMEFORMAT=timed; time (sleep 0.01; exit 4); echo $?; times | wc -l"]},
    "script-tools": "sh -c 'ls {input}/tree | while read d; do printf \"%s %s\\n\" $d $(ls {input}/tree/$d | wc -l); done; which sh; id -u; basename $(dirname /a/b/c)'",
}, quick=("xargs-parallel", "find-exec", "tar-gzip", "timeout"))


def project(test, count):
    """A C program of `count` files with a header, a library and a makefile."""
    (test.work / "all.h").write_text("".join(f"int f{i}(int);\n" for i in range(count)))
    for i in range(count):
        (test.work / f"f{i}.c").write_text(f'#include "all.h"\nint f{i}(int x) {{ return x * {i % 7} + {i}; }}\n')
    calls = " + ".join(f"f{i}({i % 5})" for i in range(count))
    (test.work / "main.c").write_text(f'#include <stdio.h>\n#include "all.h"\nint main(void) {{ printf("%d\\n", {calls}); return 0; }}\n')
    (test.work / "Makefile").write_text(textwrap.dedent("""\
        OBJECTS := main.o $(patsubst %.c,%.o,$(filter-out main.c,$(sort $(wildcard *.c))))
        program: $(OBJECTS) sub/done
        \t@gcc -o $@ $(OBJECTS) && echo linked
        %.o: %.c all.h
        \t@gcc -O0 -c -o $@ $<
        sub/done:
        \t@mkdir -p sub && $(MAKE) --no-print-directory -f ../sub.mk -C sub
        clean:
        \t@rm -rf *.o program sub && echo clean
        """))
    (test.work / "sub.mk").write_text("done: a b c\n\t@cat a b c > done\na b c:\n\t@echo $@ $(shell echo from a shell) > $@\n")


@case("make/hundred-files")
def hundred_files(test):
    test.same("sh -c 'make -s -j2 program && ./program && make -q program; echo $?; touch f3.c; make -s program; ./program; make -s clean; ls | wc -l'",
              prepare=lambda test: project(test, 100), status=0, limit=4 * test.setup.limit_s)


@case("make/ten-files", quick=True)
def ten_files(test):
    test.same("sh -c 'make -s -j2 program && ./program'", prepare=lambda test: project(test, 10), status=0, limit=2 * test.setup.limit_s)


def makefile(text):
    def prepare(test):
        (test.work / "Makefile").write_text(textwrap.dedent(text))
    return prepare


same_programs("make", {
    "errors": {"command": "make -k", "status": 2, "prepare": makefile("""\
        all: a b c
        a: ; @echo a; exit 3
        b: ; @echo b
        c: d ; @echo never
        d: ; @kill -TERM $$$$
        """)},
    "functions": {"command": "make -s", "prepare": makefile("""\
        X := $(shell seq 5 | tr '\\n' ' ')
        Y != echo assigned; exit 2
        all: ; @echo $(X) $(Y) $(.SHELLSTATUS) $(words $(X)) $(foreach i,$(X),$(shell expr $(i) '*' 2))
        """)},
    "output-sync": {"command": "sh -c 'make -s -j3 -O | sort'", "prepare": makefile("""\
        all: $(addprefix t,1 2 3 4 5 6)
        t%: ; @echo $* begins; echo $* ends
        """)},
    "parallel-recursion": {"command": "make -s -j3", "prepare": makefile("""\
        ifndef LEVEL
        all: ; @+$(MAKE) --no-print-directory LEVEL=1 && echo top
        else
        all: $(addprefix x,1 2 3 4 5 6 7 8) ; @cat x* | sort | tail -n 1
        x%: ; @echo $* > $@
        endif
        """)},
}, quick=("errors",))

HELLO_C = '#include <stdio.h>\nint main(int n, char** v) { printf("hello from C, %d, %s\\n", n, v[n - 1]); return 3; }\n'
HELLO_CXX = "#include <iostream>\n#include <map>\n#include <string>\nint main() { std::map<std::string, int> m{{\"b\", 2}, {\"a\", 1}};\n" \
            "  for (auto& [k, v] : m) std::cout << k << v << std::endl; try { m.at(\"c\"); } catch (std::exception&) { return 4; } }\n"


def sources(test):
    (test.work / "hello.c").write_text(HELLO_C)
    (test.work / "hello.cpp").write_text(HELLO_CXX)
    (test.work / "wrong.c").write_text("int main(void) { return undeclared; }\n")


same_programs("compilers", {
    "gcc": {"command": "sh -c 'gcc -O1 -o hello hello.c && ./hello a b'", "prepare": sources, "status": 3},
    "gcc-pipe": {"command": "sh -c 'gcc -pipe -O2 -flto -o hello hello.c && ./hello'", "prepare": sources, "status": 3, "compare": ("out", "err", "status")},
    "gcc-stages": {"command": "sh -c 'gcc -S hello.c && gcc -c hello.s && ar rc lib.a hello.o && gcc -o hello hello.o && strip hello && ./hello && nm lib.a'",
                   "prepare": sources, "status": 3, "compare": ("out", "err", "status")},
    "gcc-error": {"command": "gcc -c wrong.c", "prepare": sources, "status": 1},
    "g++": {"command": "sh -c 'g++ -std=c++17 -o hello hello.cpp && ./hello'", "prepare": sources, "status": 4},
    "musl-gcc": {"command": "sh -c 'musl-gcc -static -o hello hello.c && ./hello'", "prepare": sources, "status": 3},
}, quick=("gcc",))

CONFIGURE = r"""#!/bin/sh
# As those of autoconf do it: many small programs, subshells, traps and here-documents.
trap 'rm -rf conf.*; exit 1' 1 2 13 15
echo "checking the shell... $(cd . && echo works)"
for program in gcc cc sed awk grep no-such-program; do
  found=no
  saved=$IFS; IFS=:
  for directory in $PATH; do
    IFS=$saved
    if test -x "$directory/$program"; then found=yes; break; fi
  done
  IFS=$saved
  echo "checking for $program... $found" | sed 's/\.\.\. yes/... found/'
done
try() {
  cat > conf.c
  if (eval "gcc -o conf.exe conf.c") 2> conf.err && (./conf.exe; exit) 2> /dev/null; then result=yes; else result=no; fi
  rm -f conf.*
}
for header in stdio.h sys/wait.h no/such.h; do
  try << END
#include <$header>
int main(void) { return 0; }
END
  echo "checking for $header... $result"
done
for size in int long 'char *'; do
  n=0
  for guess in 4 8; do
    try << END
int main(void) { return sizeof($size) == $guess ? 0 : 1; }
END
    test $result = yes && n=$guess
  done
  name=$(echo "$size" | sed 's/[^a-z]/p/g' | tr 'a-z' 'A-Z')
  echo "#define SIZEOF_$name $n" >> config.h
done
sed "s,@prefix@,${prefix-/usr/local},g;s,@date@,fixed,g" > Makefile.out << 'END'
prefix = @prefix@
stamp = @date@
END
cat config.h Makefile.out
exit 0
"""


@case("shell/configure")
def configure(test):
    def prepare(test):
        (test.work / "configure").write_text(CONFIGURE)
        (test.work / "configure").chmod(0o755)
    test.same("sh -c './configure'", prepare=prepare, status=0, limit=2 * test.setup.limit_s)


PACKAGE = """
    set -e
    export SOURCE_DATE_EPOCH=1600000000
    mkdir -p tree/DEBIAN tree/usr/bin tree/usr/share/doc/greeting
    gcc -O2 -g0 -o tree/usr/bin/greeting greeting.c
    strip --strip-all tree/usr/bin/greeting
    gzip -9nc changes > tree/usr/share/doc/greeting/changelog.gz
    (cd tree; find usr -type f | sort | xargs md5sum) > tree/DEBIAN/md5sums
    printf 'Package: greeting\\nVersion: 1.0\\nArchitecture: amd64\\nMaintainer: A <a@b>\\nInstalled-Size: %s\\nDescription: greets\\n' \
        "$(du -k -s --apparent-size tree/usr | cut -f 1)" > tree/DEBIAN/control
    printf '#!/bin/sh\\nset -e\\necho installed\\n' > tree/DEBIAN/postinst
    chmod 755 tree/DEBIAN/postinst
    find tree -exec touch -h -d @1600000000 {} +
    dpkg-deb --root-owner-group --build tree greeting_1.0_amd64.deb
    dpkg-deb --info greeting_1.0_amd64.deb
    dpkg-deb --contents greeting_1.0_amd64.deb | sort
    dpkg-deb --extract greeting_1.0_amd64.deb out; dpkg-deb --control greeting_1.0_amd64.deb meta
    (cd out; md5sum -c ../meta/md5sums); out/usr/bin/greeting; meta/postinst
    sha256sum greeting_1.0_amd64.deb
    """


@case("shell/package")
def package(test):
    """The step that makes a Debian package: compiled, stripped, packed, looked at and unpacked."""
    test.need("dpkg-deb", "gcc", "strip")

    def prepare(test):
        (test.work / "greeting.c").write_text('#include <stdio.h>\nint main(void) { puts("hello, package"); return 0; }\n')
        (test.work / "changes").write_text("greeting (1.0) stable; urgency=low\n\n  * First.\n" * 100)
    test.same(["sh", "-c", PACKAGE], prepare=prepare, status=0, limit=2 * test.setup.limit_s)


GIT = """
    set -e
    export GIT_CONFIG_NOSYSTEM=1 HOME=$PWD GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
    export GIT_PAGER=cat GIT_EDITOR=true GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_DATE='1600000000 +0000'
    git -c init.defaultBranch=main init -q repository; cd repository; git config gc.auto 0; git config maintenance.auto false
    commit() { export GIT_AUTHOR_DATE="$((1600000000 + $1)) +0000" GIT_COMMITTER_DATE="$((1600000000 + $1)) +0000"; git commit -q -m "$2"; }
    """


def git(text):
    # Times and inodes are in the index: the files are compared by what git says of them.
    return script("sh", textwrap.dedent(GIT) + textwrap.dedent(text), compare=("out", "err", "status"))


same_programs("git", {
    "basic": git("""
        seq 10 > a; mkdir d; echo x > d/b; git add .; commit 1 first; echo more >> a; git diff; git commit -q -a -m second
        git log --stat --format='%H %an %ad %s'; git status --short; git ls-tree -r HEAD; git rev-parse HEAD; git show HEAD~:d/b; git blame -s a | tail -n 2"""),
    "branches": git("""
        echo base > f; git add f; commit 1 base; git checkout -q -b side; echo side > g; git add g; commit 2 side
        git checkout -q main; echo main > h; git add h; commit 3 main; git merge -q -m merged side; git log --graph --oneline
        git tag v1; git describe --tags; git checkout -q side; git rebase -q main; git log --oneline | wc -l
        echo conflict > h; git commit -q -a -m ours; git checkout -q main; echo other > h; git commit -q -a -m theirs
        git merge side || git status --short; git merge --abort; git branch"""),
    "gc": git("""
        for i in $(seq 12); do echo "line $i" >> f; echo $i > g$i; git add .; commit $i "number $i"; done
        git config pack.threads 1; git gc -q --prune=now; git fsck; ls .git/objects/pack | sed 's/.*\\.//' | sort | uniq -c; git log --oneline | wc -l
        git cat-file -p HEAD~3:f; git count-objects | cut -d ' ' -f 1; git rev-list --objects --all | cut -d ' ' -f 1 | git cat-file --batch-check | sort"""),
    "clone": git("""
        echo one > f; git add f; commit 1 one; git clone -q . ../copy; cd ../copy; git config gc.auto 0; git config maintenance.auto false
        echo two >> f; git add f; commit 2 two; git push -q origin main:pushed
        cd ../repository; git log --oneline pushed; git fetch -q ../copy main; git rev-parse FETCH_HEAD; git archive pushed | tar -xOf - f; git format-patch --stdout -1 pushed | head -n 12"""),
    "hooks": git("""
        printf '#!/bin/sh\\necho hook $(git diff --cached --name-only)\\ntest ! -e bad\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
        echo 1 > f; git add f; commit 1 good; touch bad; git add bad; commit 2 bad || echo refused; git config alias.top '!git log --oneline | wc -l'; git top
        echo 'f filter=up' > .gitattributes; git config filter.up.clean 'tr a-z A-Z'; git config filter.up.smudge 'tr A-Z a-z'; echo abc > f; git add f; git show :f"""),
    "bisect": git("""
        for i in 1 2 3 4 5 6 7 8; do echo $i > f; git add f; commit $i "number $i"; done
        git bisect start HEAD HEAD~7 > out; git bisect run sh -c 'test $(cat f) -lt 5' > out 2>&1; git bisect log | grep 'first bad'"""),
}, quick=("basic",))


def perl(text, **more):
    return {"command": ["perl", "-we", textwrap.dedent(text)], **more}


same_programs("perl", {
    "fork": perl(r"""
        $| = 1; my @pids; for my $i (1 .. 5) { my $p = fork; if (!$p) { exit $i } push @pids, $p }
        my $s = 0; for (@pids) { waitpid $_, 0; $s += $? >> 8 } print "$s ", wait, "\n"; if (my $p = fork) { wait; print $? & 127, "\n" } else { kill 9, $$; sleep 10 }"""),
    "system": perl(r"""
        $| = 1; print system("exit 3;") >> 8, " ", system("true"), " ", system("/no/such 2> /dev/null") >> 8, "\n"; system "echo", "several", "words";
        system "kill -TERM \$\$"; print $? & 127, "\n"; print `echo backticks; exit 5`, $? >> 8, "\n"; my @l = `seq 3`; print scalar @l, "\n" """),
    "pipes": perl(r"""
        $| = 1; open my $in, "-|", "seq 5" or die; my $s = 0; $s += $_ while <$in>; close $in; print "$s\n"; open my $out, "|-", "tr a-z A-Z" or die; print $out "upper\n"; close $out;
        my $p = open my $child, "-|"; if (!$p) { print "from the child\n"; exit 2 } print <$child>; close $child; print $? >> 8, "\n";
        use IPC::Open3; my $pid = open3(my $w, my $r, undef, "sort", "-r"); print $w "a\nb\nc\n"; close $w; print <$r>; waitpid $pid, 0; print $?, "\n" """),
    "signals": perl(r"""
        $| = 1; my $n = 0; $SIG{CHLD} = sub { while (waitpid(-1, 1) > 0) { $n++ } }; for (1 .. 6) { fork // die or exit 0 } select undef, undef, undef, 0.02 while $n < 6; print "$n\n";
        $SIG{USR1} = sub { print "usr1\n" }; my $p = $$; if (!fork) { kill USR1 => $p; exit 0 } select undef, undef, undef, 0.02 while $n < 7; print "done\n" """),
    "exec": perl('$| = 1; print "before\n"; $ENV{A} = "given"; exec "sh", "-c", q(echo $A $0; exit 6), "zero"', status=6),
}, quick=("fork",))


def python(text, **more):
    return {"command": [PYTHON, "-c", textwrap.dedent(text)], **more}


same_programs("python3", {
    "fork": python("""
        import os, signal
        pids = []
        for i in range(6):
            pid = os.fork()
            if pid == 0:
                os._exit(i)
            pids.append(pid)
        print([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids])
        r, w = os.pipe()
        if os.fork() == 0:
            os.write(w, b"x" * 70000)
            os._exit(0)
        os.close(w)
        n = 0
        while data := os.read(r, 4096):
            n += len(data)
        print(n, os.wait()[1])
        pid = os.fork()
        if pid == 0:
            signal.pause()
        os.kill(pid, signal.SIGTERM)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"""),
    "subprocess": python("""
        import subprocess as s
        print(s.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True, text=True))
        print(s.run(["tr", "a-z", "A-Z"], input="text" * 50000, capture_output=True, text=True).stdout[:8])
        try:
            s.run(["sleep", "100"], timeout=0.05)
        except s.TimeoutExpired as error:
            print(error.cmd)
        try:
            s.check_call("kill -9 $$", shell=True)
        except s.CalledProcessError as error:
            print(error)
        try:
            s.run(["/no/such"])
        except OSError as error:
            print(error)
        a = s.Popen(["seq", "1000"], stdout=s.PIPE)
        b = s.Popen(["tail", "-n", "2"], stdin=a.stdout, stdout=s.PIPE)
        a.stdout.close()
        print(b.communicate(), a.wait(), s.getoutput("echo $((6 * 7))"))
        p = s.Popen(["cat"], stdin=s.PIPE, stdout=s.PIPE, start_new_session=True, cwd="/", env={}, close_fds=True)
        print(p.communicate(b"abc"), p.returncode, p.poll())
        ps = [s.Popen(["sh", "-c", f"exit {i}"]) for i in range(12)]
        print([p.wait() for p in ps])"""),
    "multiprocessing-pool": python("""
        import multiprocessing as m
        def square(x):
            return x * x
        if __name__ == "__main__":
            context = m.get_context("fork")
            with context.Pool(3) as pool:
                print(sum(pool.map(square, range(500))), pool.apply(square, (7,)))
                print(list(pool.imap(square, range(10), chunksize=3)), sorted(pool.imap_unordered(square, range(5))))"""),
    "multiprocessing-objects": python("""
        import multiprocessing as m, os
        context = m.get_context("fork")
        def work(queue, value, lock, end, barrier):
            barrier.wait()
            for _ in range(100):
                with lock:
                    value.value += 1
            queue.put("x" * 1000)
            end.send([1, {"a": os.getppid() == parent}])
        parent = os.getpid()
        queue, value, lock, barrier = context.Queue(), context.Value("i", 0), context.Lock(), context.Barrier(3)
        ends = [context.Pipe() for _ in range(3)]
        processes = [context.Process(target=work, args=(queue, value, lock, end[1], barrier)) for end in ends]
        for process in processes:
            process.start()
        print([len(queue.get()) for _ in processes], [end[0].recv() for end in ends])
        for process in processes:
            process.join()
        print(value.value, [process.exitcode for process in processes])
        slow = context.Process(target=lambda: __import__("time").sleep(100))
        slow.start()
        slow.terminate()
        slow.join()
        print(slow.exitcode, m.active_children())
        array = context.Array("d", 5)
        def fill(i):
            array[i] = i / 2
        for p in [context.Process(target=fill, args=(i,)) for i in range(5)]:
            p.start()
            p.join()
        print(list(array))"""),
    "multiprocessing-spawn": python("""
        import subprocess, sys, textwrap
        open("spawned.py", "w").write(textwrap.dedent('''
        import multiprocessing as m
        def half(x):
            return x / 2
        if __name__ == "__main__":
            m.set_start_method("spawn")
            with m.Pool(2) as pool:
                print(pool.map(half, range(6)))
        '''))
        print(subprocess.run([sys.executable, "spawned.py"], capture_output=True, text=True))"""),
    "shared-memory": python("""
        import os
        from multiprocessing import get_context, resource_tracker, shared_memory
        memory = shared_memory.SharedMemory(create=True, size=10000)
        def fill():
            other = shared_memory.SharedMemory(name=memory.name)
            other.buf[:5] = b"child"
            other.close()
        process = get_context("fork").Process(target=fill)
        process.start()
        process.join()
        print(bytes(memory.buf[:5]), process.exitcode)
        memory.close()
        memory.unlink()"""),
    "process-pool-executor": python("""
        import concurrent.futures as f, multiprocessing
        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        with f.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            print(list(pool.map(fibonacci, range(15))), pool.submit(divmod, 17, 5).result())
            try:
                pool.submit(divmod, 1, 0).result()
            except ZeroDivisionError as error:
                print(error)"""),
    "asyncio-subprocess": python("""
        import asyncio
        async def run(i):
            process = await asyncio.create_subprocess_exec("sh", "-c", f"cat; exit {i}", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
            out, _ = await process.communicate(f"number {i}".encode())
            return out, process.returncode
        async def main():
            print(await asyncio.gather(*[run(i) for i in range(5)]))
            process = await asyncio.create_subprocess_shell("exec sleep 100")
            process.terminate()
            print(await process.wait())
        asyncio.run(main())"""),
    "spawn": python("""
        import os
        r, w = os.pipe()
        pid = os.posix_spawn("/bin/echo", ["echo", "spawned"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, w, 1), (os.POSIX_SPAWN_CLOSE, r)])
        os.close(w)
        print(os.read(r, 100), os.waitpid(pid, 0)[1], os.system("exit 4") >> 8, os.spawnlp(os.P_WAIT, "false", "false"))
        print(os.popen("echo popen").read(), end="")"""),
}, quick=("fork", "subprocess", "multiprocessing-pool"))

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a comment\n"

same_programs("ssh-keygen", {
    "fingerprint": {"command": "ssh-keygen -l -v -f key.pub", "prepare": lambda test: (test.work / "key.pub").write_text(PUBLIC_KEY)},
    "convert": {"command": "ssh-keygen -i -m RFC4716 -f key", "prepare": lambda test: (test.work / "key").write_text(
        "---- BEGIN SSH2 PUBLIC KEY ----\n" + PUBLIC_KEY.split()[1] + "\n---- END SSH2 PUBLIC KEY ----\n")},
    "generate": {"command": ["bash", "-c", """
        ssh-keygen -q -t ed25519 -N '' -C comment -f key; echo $?; stat -c '%a %n' key key.pub; ssh-keygen -y -f key | cut -d ' ' -f 1,2 | cmp - <(cut -d ' ' -f 1,2 key.pub)
        test "$(ssh-keygen -l -f key)" = "$(ssh-keygen -l -f key.pub)" && echo same; ssh-keygen -q -t ecdsa -N secret -f k2 && ssh-keygen -y -P wrong -f k2 2> /dev/null; echo $?
        echo text > t; ssh-keygen -q -Y sign -n file -f key t 2> /dev/null; ssh-keygen -Y check-novalidate -n file -s t.sig < t | cut -d ' ' -f 1-3"""],
        "compare": ("out", "err", "status")},
}, quick=("fingerprint",))

PAGE = """.TH HELLO 1 2020-01-01 "for tests"
.SH NAME
hello \\- a page for tests
.SH SYNOPSIS
.B hello
.RI [ options ]
.SH DESCRIPTION
A paragraph that is long enough to be filled and broken by the formatter, which runs as a pipeline of several programs.
.TP
.B \\-v
Says more.
.SH "SEE ALSO"
.BR man (1)
"""


def page(test):
    (test.work / "hello.1").write_text(PAGE)


MAN = "MAN_DISABLE_SECCOMP=1 MANPAGER=cat MANWIDTH=70"

same_programs("man", {
    "page": {"command": f"env {MAN} man ./hello.1", "prepare": page},
    "errors": {"command": f"sh -c '{MAN} man -l hello.1 | head -n 3; {MAN} man /no/such.1; echo $?'", "prepare": page},
    "groff": {"command": "groff -man -Tascii hello.1", "prepare": page},
}, quick=("groff",))


def clean(text):
    """Without process numbers, which are there where a job starts."""
    return re.sub(r"(\[\d\]) \d+", r"\1 PID", text)


PROMPT = r"\$ $"
SLEEP = "sh -c 'echo st\"art\"ed; exec sleep 100'"
# Once continued, it says when the terminal is its own again: bash says `fg` before it is. It starts nothing meanwhile: a key could
# stop what was begun by vfork before it is another program.
FRONT = ("sh -c 'trap c=1 CONT; echo st\"art\"ed; until [ $c ]; do :; done; until [ \"$g\" = \"$f\" -a \"$g\" ]; do "
         "read -r _ _ _ _ g _ _ f _ < /proc/$$/stat; done; echo fr\"ont\"; exec sleep 100'")


def run_job(terminal, line=SLEEP):
    """Types a command that says when it runs."""
    terminal.type(line + "\r")
    terminal.expect(r"\n\r?started\r\n")


def stop_job(terminal):
    terminal.type("\x1a")
    return terminal.expect(r"Stopped(?s:.*)" + PROMPT)


def jobs_and_keys(terminal):
    terminal.expect(PROMPT)
    run_job(terminal, FRONT)
    seen = [stop_job(terminal), terminal.ask("echo $?", PROMPT), terminal.ask("jobs", PROMPT), terminal.ask("bg", PROMPT),
            terminal.ask("jobs", PROMPT)]
    terminal.type("fg\r")
    terminal.expect(r"sleep 100'\r\n(?s:.*)front\r\n")
    terminal.type("\x03")
    seen += [terminal.expect(PROMPT), terminal.ask("echo $?", PROMPT), terminal.ask("jobs", PROMPT)]
    run_job(terminal)
    stop_job(terminal)
    text = terminal.ask("kill %1", PROMPT)
    for _ in range(50):
        if "Terminated" in text:
            break
        text = terminal.ask("jobs", PROMPT)
    seen += ["Terminated" in text, terminal.ask("jobs; echo none", PROMPT)]
    run_job(terminal)
    terminal.type("\x1c")
    seen += [terminal.expect(PROMPT), terminal.ask("echo $?", PROMPT)]
    terminal.type("exit 3\r")
    return [clean(text) if isinstance(text, str) else text for text in seen], terminal.status()


def background_jobs(terminal):
    terminal.expect(PROMPT)
    seen = [terminal.ask("cat &", PROMPT)]
    for _ in range(50):
        if "Stopped" in (text := terminal.ask("jobs", PROMPT)):
            break
        time.sleep(0.1)
    else:
        raise Failed("a background job that reads is not stopped")
    terminal.type("fg\r")
    terminal.expect(r"cat\r\n")
    terminal.type("line\r")
    seen.append(terminal.expect(r"line\r\nline\r\n"))
    terminal.type("\x04")
    terminal.expect(PROMPT)
    for line in ("sleep 100 & sleep 200 &", "jobs", "kill %sleep\\ 100; wait %1; echo $?", "jobs", "kill %2; wait %2; echo $?", "jobs; echo none",
                 "(sleep 0.01; exit 7) & wait $!; echo $?", "set +m; true & wait; echo $?; set -m", "echo a | cat | tr a-z A-Z"):
        seen.append(terminal.ask(line, PROMPT))
    terminal.type("exit\r")
    return [clean(text) if isinstance(text, str) else text for text in seen], terminal.status()


def pipelines_stop(terminal):
    terminal.expect(PROMPT)
    run_job(terminal, FRONT + " | cat")
    # After `jobs`, bash would end at once.
    seen = ["Stopped" in stop_job(terminal), terminal.ask("jobs", PROMPT), terminal.ask("true", PROMPT)]
    terminal.type("exit\r")
    seen.append("stopped jobs" in terminal.expect(PROMPT))
    terminal.type("fg\r")
    terminal.expect(r"\| cat\r\n(?s:.*)front\r\n")
    terminal.type("\x03")
    seen += [terminal.expect(PROMPT), terminal.ask("echo $?", PROMPT)]
    terminal.ask("trap 'echo trapped' INT", PROMPT)
    run_job(terminal, "sh -c 'trap \"echo inner; exit 5\" INT; echo st\"art\"ed; while :; do sleep 0.05; done'")
    terminal.type("\x03")
    seen += ["inner" in terminal.expect(PROMPT), terminal.ask("echo $?", PROMPT)[-8:]]
    terminal.type("exit 4\r")
    return seen, terminal.status()


def register_dialogue(name, command, talk, quick=False):
    @case(f"job-control/{name}", quick=quick)
    def compare(test):
        seen = {}
        for kind, terminal in both(test, command):
            with terminal:
                seen[kind] = talk(terminal)
        if seen["pVM"] != seen["native"]:
            pairs = zip([*seen["native"][0], seen["native"][1]], [*seen["pVM"][0], seen["pVM"][1]])
            raise Failed("\n".join(f"native {a!r}\npVM    {b!r}" for a, b in pairs if a != b))


register_dialogue("keys", "bash --norc --noprofile", jobs_and_keys, quick=True)
register_dialogue("background", "bash --norc --noprofile", background_jobs)
register_dialogue("pipelines", "bash --norc --noprofile", pipelines_stop)
