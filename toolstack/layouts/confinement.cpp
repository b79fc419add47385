#include "toolstack/layouts/confinement.hpp"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hypervisor/services/seccomp_filter.hpp"

namespace kx::layouts {

namespace {

using hv::seccomp::Condition;
using hv::seccomp::Verdict;

constexpr rlim_t most_memory = 2ull << 30;
constexpr rlim_t most_seconds = 30;

constexpr int allowed_calls[] = {SYS_write, SYS_munmap, SYS_mremap, SYS_madvise,   SYS_brk,
                                 SYS_close, SYS_futex,  SYS_exit,   SYS_exit_group};
// The library would look for more files by itself. It goes on without them.
constexpr int refused_calls[] = {SYS_open,   SYS_openat,   SYS_stat,  SYS_newfstatat, SYS_lstat,     SYS_access,
                                 SYS_getcwd, SYS_readlink, SYS_fstat, SYS_statx,      SYS_readlinkat};
constexpr std::uint32_t executable[] = {PROT_EXEC};

constexpr hv::seccomp::Table table() {
  hv::seccomp::Table table{};
  for (const int number : allowed_calls) {
    table[static_cast<std::size_t>(number)].verdict = Verdict::Allow;
  }
  for (const int number : refused_calls) {
    table[static_cast<std::size_t>(number)].verdict = Verdict::NotImplemented;
  }
  table[SYS_mmap] = {Verdict::Check, Condition::BitsClear, 2, executable};
  table[SYS_mprotect] = {Verdict::Check, Condition::BitsClear, 2, executable};
  return table;
}

constexpr hv::seccomp::Program filter = hv::seccomp::Compiler(table()).compile();

bool limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  return ::setrlimit(resource, &both) == 0;
}

}  // namespace

bool confine() {
  const sock_fprog program{filter.size, const_cast<sock_filter*>(filter.code.data())};
  return limit(RLIMIT_AS, most_memory) && limit(RLIMIT_CPU, most_seconds) && limit(RLIMIT_CORE, 0) &&
         limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_FSIZE, 0) && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace kx::layouts
