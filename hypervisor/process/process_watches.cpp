#include "hypervisor/process/process_watches.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kx::hv {

namespace {

// A byte that nobody takes out.
void make_readable(const UniqueFd& writer) {
  const char end = 0;
  static_cast<void>(::write(writer.get(), &end, sizeof end));  // fails if nobody reads: nobody is to be told then
}

bool is_unread(const UniqueFd& writer) {
  pollfd entry{writer.get(), 0, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

bool status_of_pipe(int fd, struct stat& status) {
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

}  // namespace

std::int64_t ProcessWatches::open(const ProcessReference& process, Stage stage, bool nonblocking, UniqueFd& reader) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return -errno;
  }
  reader.reset(ends[0]);
  UniqueFd writer(ends[1]);
  // One page: pipes of ordinary size are counted, and a user who has many gets small ones (pipe(7)).
  constexpr int smallest = 4096;
  static_cast<void>(::fcntl(writer.get(), F_SETPIPE_SZ, smallest));
  struct stat status {};
  if ((nonblocking && ::fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0) || !status_of_pipe(reader.get(), status)) {
    return -errno;
  }
  if (stage == Stage::Ended) {
    make_readable(writer);
  }
  const std::lock_guard lock(mutex_);
  if (watchers_.size() >= sweep_at_) {
    forget_unread();
  }
  watchers_.emplace(process.serial, Watcher{process, status.st_dev, status.st_ino, std::move(writer)});
  return 0;
}

// How many there are stays within twice of what is read.
void ProcessWatches::forget_unread() {
  constexpr std::size_t least = 64;
  std::erase_if(watchers_, [](const auto& entry) { return is_unread(entry.second.writer); });
  sweep_at_ = std::max(least, 2 * watchers_.size());
}

void ProcessWatches::ended(const ProcessReference& process) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = watchers_.equal_range(process.serial);
  std::for_each(first, last, [](const auto& entry) { make_readable(entry.second.writer); });
}

void ProcessWatches::gone(const ProcessReference& process) {
  const std::lock_guard lock(mutex_);
  watchers_.erase(process.serial);
}

std::optional<ProcessReference> ProcessWatches::find(int fd) {
  struct stat status {};
  if (!status_of_pipe(fd, status)) {
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(watchers_.begin(), watchers_.end(), [&](const auto& entry) {
    return entry.second.device == status.st_dev && entry.second.inode == status.st_ino;
  });
  return found == watchers_.end() ? std::nullopt : std::optional(found->second.process);
}

}  // namespace kx::hv
