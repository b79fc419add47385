#include "hypervisor/libraries/content_hash.hpp"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <kx/base/verify.hpp>
#include <vector>

namespace kx::hv::libraries {

namespace {

// Part of what a signature means: another size is another algorithm.
constexpr std::uint64_t leaf_size = 64 << 10;

// No leaf is taken for a root, nor either for a hash of another purpose.
constexpr Blake2bPerson leaf_person = {'k', 'y', 'l', 'i', 'n', 'x', ' ', 'l', 'e', 'a', 'f', ' ', '1'};
constexpr Blake2bPerson root_person = {'k', 'y', 'l', 'i', 'n', 'x', ' ', 'r', 'o', 'o', 't', ' ', '1'};

ContentHash hash(const unsigned char* bytes, std::size_t size, const Blake2bPerson& person) {
  ContentHash result;
  const int failed = crypto_generichash_blake2b_salt_personal(result.data(), result.size(), bytes, size, nullptr, 0,
                                                              nullptr, person.data());
  KX_VERIFY(failed == 0);  // only sizes out of range fail
  return result;
}

// Consecutive leaves. All but the last of a file are whole.
void hash_leaves(const unsigned char* bytes, std::uint64_t size, std::size_t lanes, std::vector<ContentHash>& leaves) {
  const std::uint64_t whole = size / leaf_size;
  std::uint64_t done = 0;
  while (lanes != 0 && done + 1 < whole) {
    const std::uint64_t count = std::min<std::uint64_t>(lanes, whole - done);
    std::array<const unsigned char*, most_lanes> inputs;
    std::array<ContentHash, most_lanes> hashes;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      inputs[lane] = bytes + (done + (lane < count ? lane : 0)) * leaf_size;  // a lane without work repeats the first's
    }
    hash_in_lanes(lanes, inputs.data(), leaf_size, leaf_person, hashes.data());
    leaves.insert(leaves.end(), hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(count));
    done += count;
  }
  for (std::uint64_t at = done * leaf_size; at < size; at += leaf_size) {
    leaves.push_back(hash(bytes + at, std::min(leaf_size, size - at), leaf_person));
  }
}

// 0 or an errno.
int read_all(int fd, unsigned char* to, std::uint64_t size, std::uint64_t offset) {
  for (std::uint64_t done = 0; done < size;) {
    const ssize_t got = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return got < 0 ? errno : EIO;
    }
    done += static_cast<std::uint64_t>(got);
  }
  return 0;
}

}  // namespace

Result<ContentHash> hash_content(int fd, std::uint64_t size, std::size_t lanes) {
  constexpr std::uint64_t step = most_lanes * leaf_size;
  std::vector<unsigned char> buffer(std::min(step, size));
  std::vector<ContentHash> leaves;
  for (std::uint64_t offset = 0; offset < size; offset += step) {
    const std::uint64_t count = std::min(step, size - offset);
    if (const int failed = read_all(fd, buffer.data(), count, offset); failed != 0) {
      return Unexpected{system_error_from(failed, "read the file")};
    }
    hash_leaves(buffer.data(), count, lanes, leaves);
  }
  std::vector<unsigned char> all;
  for (std::size_t i = 0; i < sizeof size; ++i) {
    all.push_back(static_cast<unsigned char>(size >> 8 * i));
  }
  for (const ContentHash& leaf : leaves) {
    all.insert(all.end(), leaf.begin(), leaf.end());
  }
  return hash(all.data(), all.size(), root_person);
}

}  // namespace kx::hv::libraries
