#include "toolstack/string_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace kx::toolstack {

void append_strings(std::string& bytes, const std::vector<std::string>& list) {
  for (const std::string& text : list) {
    bytes += text;
    bytes += '\0';
  }
}

hv::Result<hv::UniqueFd> write_string_file(const std::string& bytes) {
  hv::UniqueFd fd(::memfd_create("kx-request", MFD_CLOEXEC));
  if (!fd) {
    return Unexpected{hv::system_error("memfd_create")};
  }
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t count = ::write(fd.get(), bytes.data() + written, bytes.size() - written);
    if (count <= 0) {
      return Unexpected{hv::system_error("write the strings of a request")};
    }
    written += static_cast<std::size_t>(count);
  }
  return fd;
}

}  // namespace kx::toolstack
