#include "hypervisor/libraries/snapshot.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <cerrno>
#include <span>
#include <utility>

namespace kx::hv::libraries {

namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Result<void> copy(int from, int to, std::uint64_t size) {
  off_t offset = 0;
  while (static_cast<std::uint64_t>(offset) < size) {
    const ssize_t got = ::sendfile(to, from, &offset, size - static_cast<std::uint64_t>(offset));
    if (got == 0) {
      return Unexpected{system_error_from(EIO, "read it: it became shorter")};
    }
    if (got < 0 && errno != EINTR) {
      return Unexpected{system_error("read it")};
    }
  }
  return {};
}

// The content is sealed: it stays as it is while it is read.
ElfIdentity identity_of(int fd, std::uint64_t size) {
  void* const content = size != 0 ? ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (content == MAP_FAILED) {
    return {};
  }
  ElfIdentity identity = read_elf_identity({static_cast<const std::byte*>(content), size});
  ::munmap(content, size);
  return identity;
}

}  // namespace

FileState state_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

Result<std::shared_ptr<Snapshot>> Snapshot::take(int fd, std::uint64_t size) {
  if (size > most_size) {
    return Unexpected{system_error_from(EFBIG, "copy it")};
  }
  UniqueFd file(::memfd_create("kx-library", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) {
    return Unexpected{system_error("make a memory file")};
  }
  KX_TRY(copy(fd, file.get(), size));
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return Unexpected{system_error("seal a memory file")};
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return Unexpected{system_error("look at a memory file")};
  }
  ElfIdentity identity = identity_of(file.get(), size);
  return std::shared_ptr<Snapshot>(new Snapshot(std::move(file), status, std::move(identity)));
}

Signer Snapshot::signer(const std::string& signature, const std::function<Signer(const ContentHash&)>& find) {
  const std::lock_guard lock(mutex_);
  if (last_signer_ && last_signature_ == signature) {
    return *last_signer_;
  }
  if (!hash_) {
    auto hash = hash_content(file_.get(), size_);
    if (!hash) {
      return {{}, hash.error().message()};
    }
    hash_ = *hash;
  }
  last_signature_ = signature;
  last_signer_ = find(*hash_);
  return *last_signer_;
}

Signer Snapshot::without_signature(std::string problem) {
  const std::lock_guard lock(mutex_);
  last_signature_.clear();
  last_signer_ = Signer{{}, std::move(problem)};
  return *last_signer_;
}

std::optional<Signer> Snapshot::last_signer() const {
  const std::lock_guard lock(mutex_);
  return last_signer_;
}

std::string Snapshot::last_signature() const {
  const std::lock_guard lock(mutex_);
  return last_signature_;
}

void Snapshot::set_path(const std::string& path) {
  const std::lock_guard lock(mutex_);
  path_ = path;
}

std::string Snapshot::path() const {
  const std::lock_guard lock(mutex_);
  return path_;
}

}  // namespace kx::hv::libraries
