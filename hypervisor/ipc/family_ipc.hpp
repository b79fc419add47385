// What the processes of a family share beside files: System V IPC, record locks, who is behind a socket. One for each
// family.
#pragma once

#include <cstdint>
#include <memory>

#include "hypervisor/ipc/abstract_names.hpp"
#include "hypervisor/ipc/async_files.hpp"
#include "hypervisor/ipc/message_queues.hpp"
#include "hypervisor/ipc/pipe_rings.hpp"
#include "hypervisor/ipc/queue_notifications.hpp"
#include "hypervisor/ipc/record_locks.hpp"
#include "hypervisor/ipc/semaphores.hpp"
#include "hypervisor/ipc/shared_segments.hpp"
#include "hypervisor/ipc/socket_peers.hpp"

namespace kx::hv {

struct FamilyIpc {
  // Shared memory may have `segment_limit` bytes; the pipes' rings lie in the family segment of `memory`.
  FamilyIpc(std::uint64_t segment_limit, std::shared_ptr<FamilyMemory> memory)
      : segments(segment_limit), rings(std::make_shared<ipc::PipeRings>(std::move(memory))) {}

  // The child has its parent's attachments of shared memory, but neither its SEM_UNDO adjustments nor its record locks.
  // Before the child runs.
  void process_forked(std::int32_t parent, std::int32_t child) { segments.process_forked(parent, child); }

  // execve(2): attachments end with the old address space; adjustments and locks stay.
  void process_exec(std::int32_t pid) { segments.process_gone(pid); }

  // The process has ended, its threads no longer make calls, its number is not used again yet.
  void process_gone(std::int32_t pid) {
    locks.process_gone(pid);
    semaphores.process_gone(pid);
    segments.process_gone(pid);
  }

  ipc::MessageQueues queues;
  ipc::QueueNotifications notifications;  // of POSIX queues
  ipc::Semaphores semaphores;
  ipc::SharedSegments segments;
  ipc::RecordLocks locks;
  ipc::SocketPeers peers;
  ipc::AsyncFiles async_files;
  ipc::AbstractNames abstract_names;
  std::shared_ptr<ipc::PipeRings> rings;
};

}  // namespace kx::hv
