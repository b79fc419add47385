#include "toolstack/debug_files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/libraries/elf_sections.hpp"

namespace kx::toolstack {
namespace {

using hv::UniqueFd;
using hv::libraries::content_of;
using hv::libraries::find_section;
using hv::libraries::Snapshot;

// A file's bytes, while it lives. Of files that may change only in the hands of those who may replace them.
class Mapped {
 public:
  explicit Mapped(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      bytes_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    if (bytes_ != MAP_FAILED) {
      sections_ = hv::libraries::read_sections(bytes());
    }
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() {
    if (bytes_ != MAP_FAILED) {
      ::munmap(bytes_, size_);
    }
  }

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return bytes_ != MAP_FAILED ? std::span(static_cast<const std::byte*>(bytes_), size_)
                                : std::span<const std::byte>();
  }
  [[nodiscard]] std::span<const std::byte> section(std::string_view name) const {
    return content_of(bytes(), find_section(sections_, name));
  }
  [[nodiscard]] bool has_debug_information() const {
    return !section(".debug_info").empty() || !section(".zdebug_info").empty();
  }
  // Of the section: the program headers of split files do not say where it is.
  [[nodiscard]] std::string build_id() const { return hv::libraries::find_build_id(section(".note.gnu.build-id"), 4); }

 private:
  void* bytes_ = MAP_FAILED;
  std::size_t size_ = 0;
  std::vector<hv::libraries::Section> sections_;
};

// The name at the front of a section, and what is behind it.
std::pair<std::string, std::span<const std::byte>> name_and_rest(std::span<const std::byte> content) {
  const auto end = std::ranges::find(content, std::byte{0});
  std::string name;
  std::for_each(content.begin(), end, [&](std::byte each) { name += static_cast<char>(each); });
  const std::size_t behind = std::min(name.size() + 1, content.size());
  return {std::move(name), content.subspan(behind)};
}

// CRC-32 as in ISO 3309, which is that of a .gnu_debuglink section.
std::uint32_t checksum(std::span<const std::byte> bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1) != 0 ? value >> 1 ^ 0xedb8'8320 : value >> 1;
      }
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t sum = ~0U;
  for (const std::byte each : bytes) {
    sum = table[(sum ^ std::to_integer<std::uint32_t>(each)) & 0xff] ^ sum >> 8;
  }
  return ~sum;
}

// Whoever chose the path: devices and FIFOs are not opened.
std::shared_ptr<Snapshot> take(const std::string& path) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!place || ::fstat(place.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return nullptr;
  }
  const UniqueFd file(::open(("/proc/self/fd/" + std::to_string(place.get())).c_str(), O_RDONLY | O_CLOEXEC));
  auto taken = file ? Snapshot::take(file.get(), static_cast<std::uint64_t>(status.st_size))
                    : hv::Result<std::shared_ptr<Snapshot>>(nullptr);
  return taken ? *taken : nullptr;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

class Search {
 public:
  Search(std::string path, std::string root) : path_(std::move(path)), root_(std::move(root)) {}

  DebugFiles run(int fd) {
    const Mapped library(fd);
    if (library.has_debug_information()) {
      found_.own = true;
      found_at_ = path_;
      find_shared(library);
    } else if (!find_by_build_id(library)) {
      find_by_link(library);
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string by_build_id(const std::string& id) const {
    return root_ + "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
  }
  template <class Accept>
  bool try_file(const std::string& path, Accept&& accept) {
    const std::shared_ptr<Snapshot> file = take(path);
    if (file == nullptr) {
      return false;
    }
    const Mapped mapped(file->fd());
    if (!mapped.has_debug_information() || !accept(mapped)) {
      return false;
    }
    found_.file = file;
    found_at_ = path;
    find_shared(mapped);
    return true;
  }

  bool find_by_build_id(const Mapped& library) {
    const std::string id = library.build_id();
    return id.size() > 2 && try_file(by_build_id(id), [&](const Mapped& file) { return file.build_id() == id; });
  }

  void find_by_link(const Mapped& library) {
    const auto [name, rest] = name_and_rest(library.section(".gnu_debuglink"));
    std::uint32_t wanted = 0;
    // The checksum is the last word of the section.
    if (name.empty() || name.find('/') != std::string::npos || rest.size() < sizeof wanted) {
      return;
    }
    std::memcpy(&wanted, &rest[rest.size() - sizeof wanted], sizeof wanted);
    const std::string directory = directory_of(path_);
    for (const std::string& place : {directory, directory + "/.debug", root_ + "/" + directory}) {
      if (try_file(place + "/" + name, [&](const Mapped& file) { return checksum(file.bytes()) == wanted; })) {
        return;
      }
    }
  }

  void find_shared(const Mapped& file) {
    const auto [name, id_bytes] = name_and_rest(file.section(".gnu_debugaltlink"));
    if (name.empty()) {
      return;
    }
    const std::string id = hv::libraries::hexadecimal_digits(id_bytes);
    const std::string named = name.front() == '/' ? name : directory_of(found_at_) + "/" + name;
    for (const std::string& place : {by_build_id(id.size() > 2 ? id : "000"), named}) {
      const std::shared_ptr<Snapshot> shared = take(place);
      if (shared != nullptr && Mapped(shared->fd()).build_id() == id) {
        found_.shared = shared;
        return;
      }
    }
    found_.problem = "a part of it lies in " + name + ", which was not found";
  }

  std::string path_, root_, found_at_;
  DebugFiles found_;
};

}  // namespace

DebugFiles find_debug_files(int fd, const std::string& path, const std::string& root) {
  return Search(path, root).run(fd);
}

}  // namespace kx::toolstack
