// What saves event loops their exits: what sockets that are ready have received comes along with the answer of
// HostCall::WaitEvents, and what the program takes of it and answers waits in a queue, to be done before the next host
// call of its pVM. Both lie in memory of the library OS's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/memory_map.hpp>
#include <type_traits>

namespace kx::abi {

// What a ready socket has received, and still has: these bytes are a copy.
struct ReadAhead {
  std::uint32_t handle;
  std::int32_t result;   // bytes; 0: the end of the stream; not_read; -errno, which the socket does not tell again
  std::uint32_t offset;  // of the bytes in EventLoopArea::received
  std::uint16_t room;    // bytes that the socket is sure to take at once
  std::uint16_t is_all;  // 1: there was no more
};
static_assert(sizeof(ReadAhead) == 16 && std::has_unique_object_representations_v<ReadAhead>);

inline constexpr std::int32_t not_read = INT32_MIN;            // there was no place for the bytes
inline constexpr std::uint32_t most_read_ahead = 64;           // sockets
inline constexpr std::uint64_t read_ahead_limit = 4096;        // bytes of one
inline constexpr std::uint64_t received_size = 64 << 10;       // bytes of all
inline constexpr std::uint64_t write_behind_limit = 16 << 10;  // bytes of one entry

enum class WriteBehindKind : std::uint32_t {
  Consume = 1,  // takes `size` bytes that were read ahead from the socket
  Write = 2,    // sends `size` bytes at `offset`
};

struct WriteBehindEntry {
  std::uint32_t kind;  // WriteBehindKind
  std::uint32_t handle;
  std::uint32_t offset;  // in EventLoopArea::sent
  std::uint32_t size;
  std::int32_t result;  // written by the hypervisor if it fails: -errno
  std::uint32_t reserved;
};
static_assert(sizeof(WriteBehindEntry) == 24);

inline constexpr std::uint32_t write_behind_entries = 128;
inline constexpr std::uint64_t sent_size = (32 << 10) - 64 - 24 * write_behind_entries - 16 * most_read_ahead;

// Named by HostCall::WriteBehind. Entries and what is sent are the guest's to write, counters each side's own; the
// hypervisor believes none of them.
struct alignas(64) EventLoopArea {
  std::uint32_t queued;    // entries so far, counted on; written by the guest
  std::uint32_t done;      // of these, those that are done
  std::uint32_t armed;     // 1: the hypervisor looks by itself within milliseconds; 0: it is to be told
  std::uint32_t failures;  // entries so far that got a result
  std::uint32_t reserved[12];
  WriteBehindEntry entries[write_behind_entries];
  ReadAhead ahead[most_read_ahead];
  std::uint8_t sent[sent_size];
  std::uint8_t received[received_size];
};
static_assert(sizeof(EventLoopArea) == 96 << 10 && offsetof(EventLoopArea, received) == 32 << 10);
static_assert(std::is_trivially_copyable_v<EventLoopArea> && std::has_unique_object_representations_v<EventLoopArea>);

}  // namespace kx::abi
