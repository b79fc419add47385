#include "hypervisor/libraries/content_hash.hpp"

#include <sched.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <kx/base/verify.hpp>
#include <thread>
#include <vector>

#include "hypervisor/start_thread.hpp"

namespace kx::hv::libraries {

namespace {

// Part of what a signature means: another size is another algorithm.
constexpr std::uint64_t leaf_size = 256 << 10;
// Fewer leaves are hashed before a thread has begun.
constexpr std::uint64_t leaves_worth_a_thread = 4;
constexpr unsigned most_threads = 4;

// No leaf is taken for a root, nor either for a hash of another purpose (RFC 7693, personalisation).
using Person = unsigned char[crypto_generichash_blake2b_PERSONALBYTES];
constexpr Person leaf_person = {'k', 'y', 'l', 'i', 'n', 'x', ' ', 'l', 'e', 'a', 'f', ' ', '1'};
constexpr Person root_person = {'k', 'y', 'l', 'i', 'n', 'x', ' ', 'r', 'o', 'o', 't', ' ', '1'};

ContentHash hash(const void* bytes, std::size_t size, const Person& person) {
  ContentHash result;
  const int failed = crypto_generichash_blake2b_salt_personal(
      result.data(), result.size(), static_cast<const unsigned char*>(bytes), size, nullptr, 0, nullptr, person);
  KX_VERIFY(failed == 0);  // only sizes out of range fail
  return result;
}

// 0 or an errno.
int read_all(int fd, std::byte* to, std::uint64_t size, std::uint64_t offset) {
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

struct Work {
  int fd;
  std::uint64_t size;
  std::vector<ContentHash> leaves;
  std::atomic<std::uint64_t> next = 0;
  std::atomic<int> error = 0;

  void run() {
    std::vector<std::byte> buffer(std::min(leaf_size, size));
    for (std::uint64_t i = next++; i < leaves.size() && error == 0; i = next++) {
      const std::uint64_t offset = i * leaf_size;
      const std::uint64_t count = std::min(leaf_size, size - offset);
      if (const int failed = read_all(fd, buffer.data(), count, offset); failed != 0) {
        error = failed;
        return;
      }
      leaves[i] = hash(buffer.data(), count, leaf_person);
    }
  }
};

}  // namespace

unsigned hashing_threads() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  ::sched_getaffinity(0, sizeof usable, &usable);
  return std::clamp(static_cast<unsigned>(CPU_COUNT(&usable)), 1u, most_threads);
}

Result<ContentHash> hash_content(int fd, std::uint64_t size, unsigned threads) {
  Work work{fd, size, std::vector<ContentHash>((size + leaf_size - 1) / leaf_size)};
  std::vector<std::thread> helpers;
  const std::uint64_t worth = work.leaves.size() / leaves_worth_a_thread;
  while (helpers.size() + 1 < std::min<std::uint64_t>(threads, worth)) {
    auto helper = start_thread([&work] { work.run(); });
    if (!helper) {
      break;  // it only takes longer
    }
    helpers.push_back(std::move(helper).value());
  }
  work.run();
  for (std::thread& helper : helpers) {
    helper.join();
  }
  if (work.error != 0) {
    return Unexpected{system_error_from(work.error, "read the file")};
  }
  std::vector<unsigned char> all(sizeof size + work.leaves.size() * sizeof(ContentHash));
  for (std::size_t i = 0; i < sizeof size; ++i) {
    all[i] = static_cast<unsigned char>(size >> 8 * i);
  }
  for (std::size_t i = 0; i < work.leaves.size(); ++i) {
    std::ranges::copy(work.leaves[i], all.begin() + static_cast<std::ptrdiff_t>(sizeof size + i * sizeof(ContentHash)));
  }
  return hash(all.data(), all.size(), root_person);
}

}  // namespace kx::hv::libraries
