// System V IPC between library OS and hypervisor: the operations of HostCall::Ipc.
//
// The call buffer begins with an IpcCaller; what an operation reads or writes beside its arguments lies from
// ipc_data_offset on, in the form of the system call (msqid_ds, sembuf, ...).
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/identity.hpp>
#include <type_traits>

namespace kx::abi {

enum class IpcOperation : std::uint32_t {
  MessageGet,        // (key, flags) -> id
  MessageSend,       // (id, type, size, flags); data: the text
  MessageReceive,    // (id, type, capacity, flags) -> size; data: the text; extra[0] = type
  MessageControl,    // (id, command); data: msqid_ds or msginfo
  SemaphoreGet,      // (key, count, flags) -> id
  SemaphoreOperate,  // (id, count, timeout_ns or -1); data: sembufs
  SemaphoreControl,  // (id, number, command, value); data: semid_ds or seminfo
  SemaphoreValues,   // (id, GETALL or SETALL, gpa or 0, count) -> how many there are; RAM at gpa: as many u16
  SegmentGet,        // (key, size, flags) -> id
  SegmentAttach,     // (id, flags) -> handle of the segment's memory; extra[0] = its size
  SegmentDetach,     // (id)
  SegmentControl,    // (id, command); data: shmid_ds, shminfo or shm_info
  Last,
};

// Who calls, by credentials(7): effective ids. The library OS's word, as all that it says of its program.
struct IpcCaller {
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint32_t group_count;
  std::uint32_t reserved;
  std::uint32_t groups[most_groups];
};
static_assert(sizeof(IpcCaller) == 144 && std::is_standard_layout_v<IpcCaller> &&
              std::has_unique_object_representations_v<IpcCaller>);

inline constexpr std::uint64_t ipc_data_offset = 256;
inline constexpr std::uint64_t ipc_max_message = 8192;      // MSGMAX, msgop(2)
inline constexpr std::uint64_t ipc_max_operations = 500;    // SEMOPM, semop(2)
inline constexpr std::uint64_t ipc_max_semaphores = 32000;  // SEMMSL, semget(2)
static_assert(sizeof(IpcCaller) <= ipc_data_offset);

}  // namespace kx::abi
