#!/bin/sh
# Shows the main job: ordinary Linux programs, each run as a virtual machine of its own, beside their native run.
set -eu
cd "$(dirname "$0")"
tools/install-deps
echo "Building build/kx ..."
make -s build >build.log 2>&1 || {
  tail -n 30 build.log
  echo "demo.sh: build failed: see build.log" >&2
  exit 1
}
rm -f build.log

kx=$PWD/build/kx
work=$(mktemp -d)
lane_started=
finish() {
  rm -rf "$work"
  [ -z "$lane_started" ] || tools/lane stop
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -c /dev/kvm ] && (exec 3<>/dev/kvm) 2>/dev/null; then
  lane=kvm
  echo "KVM: this machine's /dev/kvm."
else
  lane=software
  echo "KVM: none here (no usable /dev/kvm), so an emulated machine with its own KVM serves: slow, but the same code."
  tools/lane start >"$work/lane"
  lane_started=yes
  # shellcheck source=/dev/null
  . "$work/lane"
fi
"$kx" check || true

failures=0
count=0
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# compare TITLE COMMAND...: natively, then as a pVM with the work directory writable.
compare() {
  title=$1
  shift
  begin=$(milliseconds)
  native=0
  "$@" >"$work/native.out" 2>"$work/native.err" </dev/null || native=$?
  middle=$(milliseconds)
  pvm=0
  "$kx" run --lane "$lane" --rw "$work" -- "$@" >"$work/pvm.out" 2>"$work/pvm.err" </dev/null || pvm=$?
  end=$(milliseconds)
  count=$((count + 1))
  if [ "$native" = "$pvm" ] && cmp -s "$work/native.out" "$work/pvm.out" && cmp -s "$work/native.err" "$work/pvm.err"; then
    verdict="same output, same status $pvm"
  else
    verdict="DIFFERENT: native status $native, pVM status $pvm: $(head -n 1 "$work/pvm.err")"
    failures=$((failures + 1))
  fi
  printf '  %-34s native %5d ms, pVM %6d ms: %s\n' "$title" $((middle - begin)) $((end - middle)) "$verdict"
}

echo
echo "Each program natively and as a pVM (a virtual machine that holds just this program and the library OS):"
seq 1 20000 >"$work/numbers"
compare "echo" echo "hello from a virtual machine"
compare "ls -l /usr/bin" ls -l /usr/bin
compare "sort -rn of 20000 lines" sort -rn "$work/numbers"
compare "busybox (static) sha256sum" busybox sha256sum "$work/numbers"
compare "perl" perl -e 'print join(",", map { $_ ** 2 } 1 .. 20), "\n"'
compare "awk" awk '{ s += $1 } END { print s }' "$work/numbers"
compare "sqlite3" sqlite3 :memory: "create table t(a); insert into t values (1),(2),(39); select sum(a) from t;"
compare "python3: json, hashlib, decimal" /usr/bin/python3 -c \
  'import json, hashlib, decimal; print(json.dumps({"sha": hashlib.sha256(b"kx").hexdigest(), "third": str(decimal.Decimal(1) / 3)}))'
compare "false (its exit status)" false
compare "ls of a missing file (its error)" ls /no/such/file

echo
echo "One of them again with --stats: start-up, where system calls were served (inside the pVM, or outside), exits:"
"$kx" run --lane "$lane" --stats -- /usr/bin/python3 -c 'print("python3 in a pVM")' </dev/null || failures=$((failures + 1))

echo
if [ "$failures" -eq 0 ]; then
  echo "Seen: $count unmodified programs of this system gave the same bytes and exit status as virtual machines as they do natively."
else
  echo "demo.sh: $failures of $count programs behaved differently" >&2
  exit 1
fi
