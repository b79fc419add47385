#include "hypervisor/kvm/statistics.hpp"

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv::kvm {

namespace {

// kvm_stats_desc without its flexible array, which the headers make too large for C++.
struct Descriptor {
  std::uint32_t flags;
  std::int16_t exponent;
  std::uint16_t size;
  std::uint32_t offset;
  std::uint32_t bucket_size;
};
static_assert(sizeof(Descriptor) == 16);

constexpr std::uint32_t most_descriptors = 512;
constexpr std::uint32_t longest_name = 256;

}  // namespace

std::vector<Counter> read_statistics(int fd) {
  std::vector<Counter> counters;
  const UniqueFd statistics(::ioctl(fd, KVM_GET_STATS_FD, 0));
  kvm_stats_header header{};
  if (!statistics || ::pread(statistics.get(), &header, sizeof header, 0) != sizeof header ||
      header.num_desc > most_descriptors || header.name_size > longest_name) {
    return counters;
  }
  const std::size_t entry_size = sizeof(Descriptor) + header.name_size;
  std::vector<char> table(entry_size * header.num_desc);
  if (::pread(statistics.get(), table.data(), table.size(), header.desc_offset) != static_cast<ssize_t>(table.size())) {
    return counters;
  }
  for (std::uint32_t i = 0; i < header.num_desc; ++i) {
    Descriptor descriptor;
    const char* entry = table.data() + i * entry_size;
    std::memcpy(&descriptor, entry, sizeof descriptor);
    std::uint64_t value = 0;
    if (descriptor.size != 1 ||
        ::pread(statistics.get(), &value, sizeof value, header.data_offset + descriptor.offset) != sizeof value) {
      continue;  // histograms
    }
    if (value != 0) {
      counters.push_back(
          {std::string(entry + sizeof descriptor, ::strnlen(entry + sizeof descriptor, header.name_size)), value});
    }
  }
  return counters;
}

}  // namespace kx::hv::kvm
