#include "toolstack/layout_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>

#include "hypervisor/text.hpp"
#include "toolstack/debug_files.hpp"

namespace kx::toolstack {
namespace {

using hv::UniqueFd;

// Above those that the reader knows.
UniqueFd above(int fd) {
  constexpr int lowest = 10;
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, lowest));
}

void write_line(int fd, const std::string& line) {
  [[maybe_unused]] const ssize_t written =
      ::write(fd, line.data(), line.size());  // who reads it sees that it is not whole
}

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// 0, or an errno.
int start(const LayoutReader& reader, int file, int shared, int result, pid_t& child) {
  constexpr int shared_number = 3;
  Actions actions;
  const UniqueFd file_above = above(file), result_above = above(result),
                 shared_above = shared >= 0 ? above(shared) : UniqueFd();
  ::posix_spawn_file_actions_adddup2(actions.get(), file_above.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), result_above.get(), STDOUT_FILENO);
  if (shared_above) {
    ::posix_spawn_file_actions_adddup2(actions.get(), shared_above.get(), shared_number);
  } else {
    ::posix_spawn_file_actions_addclose(actions.get(), shared_number);
  }
  std::string name = "kx-layouts";
  char* const arguments[] = {name.data(), nullptr};
  char* const environment[] = {nullptr};
  return ::posix_spawn(&child, reader.program.c_str(), actions.get(), nullptr, arguments, environment);
}

// How it ended; empty: well.
std::string wait_for(pid_t child, int patience_s) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd end{process.get(), POLLIN, 0};
  const bool in_time = process && ::poll(&end, 1, patience_s * 1000) == 1;
  if (!in_time) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    return "its reader did not come to an end in " + std::to_string(patience_s) + " s";
  }
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    return std::string("its reader was ended by SIG") + (name != nullptr ? name : "?");
  }
  return WEXITSTATUS(status) == 0 ? "" : "its reader ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

LayoutReader installed_layout_reader() {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  const std::string_view path(self, size > 0 ? static_cast<std::size_t>(size) : 0);
  return {std::string(path.substr(0, path.rfind('/') + 1)) + "kx-layouts"};
}

void write_layouts(const LayoutReader& reader, int content, const std::string& path, UniqueFd result) {
  ::signal(SIGPIPE, SIG_IGN);  // the family may have given up
  const DebugFiles files = find_debug_files(content, path, reader.root);
  if (!files.exist() || !files.problem.empty()) {
    write_line(result.get(), files.exist() ? "unusable " + hv::printable(files.problem) + "\n" : "none\n");
    return;
  }
  pid_t child = 0;
  const int error = start(reader, files.own ? content : files.file->fd(),
                          files.shared != nullptr ? files.shared->fd() : -1, result.get(), child);
  const std::string problem =
      error != 0 ? "start " + reader.program + ": " + std::strerror(error) : wait_for(child, reader.patience_s);
  if (!problem.empty()) {
    write_line(result.get(), "\nfailed " + hv::printable(problem) + "\n");
  }
}

}  // namespace kx::toolstack
