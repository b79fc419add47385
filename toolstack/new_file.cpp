#include "toolstack/new_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor/unique_fd.hpp"

namespace kx::toolstack {
namespace {

hv::Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno != EINTR) {
      return Unexpected{hv::system_error("write ", path)};
    }
    text.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
  }
  return ::fsync(fd) == 0 ? hv::Result<void>() : Unexpected{hv::system_error("write ", path)};
}

// The umask; no thread of ours makes files meanwhile.
mode_t file_mode_mask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

hv::Result<void> finish(int fd, const std::string& temporary, const std::string& path, std::string_view text,
                        mode_t mode, ExistingFile existing) {
  KX_TRY(write_all(fd, text, path));
  const unsigned flags = existing == ExistingFile::Refuse ? RENAME_NOREPLACE : 0;
  if (::fchmod(fd, mode & ~file_mode_mask()) != 0 ||
      ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), flags) != 0) {
    return Unexpected{hv::system_error("create ", path)};
  }
  return {};
}

}  // namespace

hv::Result<void> write_new_file(const std::string& path, std::string_view text, mode_t mode, ExistingFile existing) {
  std::string temporary = path + ".XXXXXX";
  const hv::UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) {
    return Unexpected{hv::system_error("create ", path)};
  }
  auto done = finish(file.get(), temporary, path, text, mode, existing);
  if (!done) {
    ::unlink(temporary.c_str());
  }
  return done;
}

}  // namespace kx::toolstack
