#!/bin/sh
# Installs what is missing, builds, and runs every test. KX_FULL=1 runs the long selections too.
# Arguments go to tests/run.py: --only SUITE, --list.
set -eu
cd "$(dirname "$0")"
tools/install-deps
make -s build >build.log 2>&1 || {
  tail -n 30 build.log
  echo "test.sh: build failed: see build.log"
  echo "0 passed, 1 failed"
  exit 1
}
rm -f build.log
exec tests/run.py "$@"
