#include "hypervisor/process/program_files.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace kx::hv {

Program ProgramFiles::add(HandleTable::File file) {
  struct stat status {};
  if (file == nullptr || ::fstat(file->get(), &status) != 0) {
    return nullptr;
  }
  auto program = std::make_shared<const RunningProgram>(RunningProgram{std::move(file)});
  const std::lock_guard lock(mutex_);
  if (programs_.size() >= sweep_at_) {
    constexpr std::size_t least = 64;
    std::erase_if(programs_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(least, 2 * programs_.size());
  }
  programs_.emplace(std::pair{status.st_dev, status.st_ino}, program);
  return program;
}

bool ProgramFiles::is_running(dev_t device, ino_t inode) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = programs_.equal_range({device, inode});
  return std::any_of(first, last, [](const auto& entry) { return !entry.second.expired(); });
}

}  // namespace kx::hv
