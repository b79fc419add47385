// Maps the file handles a pVM knows to host descriptors. A descriptor stays open while a call uses it,
// so a guest that closes a handle during a call can never make that call hit an unrelated descriptor.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hypervisor/unique_fd.hpp"

namespace kx::hv {

namespace ipc {
class PipeRing;
}

// A process for good: another one that gets its number has another serial number.
struct ProcessReference {
  std::int32_t pid = 0;
  std::uint64_t serial = 0;
  bool operator==(const ProcessReference&) const = default;
};

class HandleTable {
 public:
  using File = std::shared_ptr<const UniqueFd>;

  static constexpr std::size_t max_handles = 1 << 20;

  // Takes ownership of `fd`; the handle, or -1 when the table is full. One that stands for a process (pidfd_open(2))
  // can be waited for and passed on, and nothing else: relatives share it.
  std::int32_t add(UniqueFd fd, std::optional<ProcessReference> process = std::nullopt);
  // The two ends of a pipe with a ring; -1 in both when the table is full.
  std::array<std::int32_t, 2> add_pipe(File reading, File writing, const std::shared_ptr<ipc::PipeRing>& ring);
  // Another descriptor of the same file under a handle of its own, for epoll(7), which tells descriptors apart: the
  // handle or -errno.
  std::int64_t add_copy(std::uint64_t handle);
  // Null when there is no such handle, or it stands for a process. A pipe's data are in the host's pipe from then on.
  [[nodiscard]] File get(std::uint64_t handle) const;
  // The same, of any kind.
  [[nodiscard]] File get_to_wait(std::uint64_t handle) const;
  // The same, of any kind, to be asked about what no ring changes: neither data nor readiness.
  [[nodiscard]] File get_to_look(std::uint64_t handle) const;
  // To read and write. Whoever finds a ring is to hold a HostUse of it meanwhile.
  struct Stream {
    File file;
    std::shared_ptr<ipc::PipeRing> ring;
  };
  [[nodiscard]] Stream get_stream(std::uint64_t handle) const;
  // The connection behind `handle` was accepted, and is one of TCP: nobody but who has the handle is at this end.
  void mark_accepted(std::uint64_t handle);
  // Its descriptor went to somebody else by a message, or it is not to be read ahead for another reason.
  void mark_passed_on(std::uint64_t handle);
  // An accepted connection, for what its queue asks for; null: it is none.
  [[nodiscard]] File get_accepted(std::uint64_t handle) const;
  // The same, if no other process has a part in it now.
  [[nodiscard]] File get_accepted_alone(std::uint64_t handle) const;
  // The process that a handle stands for.
  [[nodiscard]] std::optional<ProcessReference> process_of(std::uint64_t handle) const;
  // False when there is no such handle.
  bool remove(std::uint64_t handle);
  [[nodiscard]] std::size_t count() const;
  // All there are.
  [[nodiscard]] std::vector<File> files() const;
  // Becomes a copy of `other`: the same open files under the same handles (fork(2)).
  void copy_from(const HandleTable& other);
  void clear();

 private:
  struct AcceptedConnection {
    std::atomic<bool> passed_on = false;
  };
  struct Entry {
    File file;
    std::optional<ProcessReference> process;
    std::shared_ptr<ipc::PipeRing> ring;
    std::shared_ptr<AcceptedConnection> accepted;  // as many owners as processes that have it
  };

  std::int32_t add_entry(Entry entry);
  [[nodiscard]] Entry entry(std::uint64_t handle) const;
  // The same, with the data of a pipe in the host's pipe for good.
  [[nodiscard]] Entry entry_at_host(std::uint64_t handle) const;

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::vector<std::int32_t> free_;
};

}  // namespace kx::hv
