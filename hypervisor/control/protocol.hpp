// What `kx ps`, `kill`, `stats`, `exec` and `lib` say to a running family over its control socket, and what it answers.
//
// The socket keeps message boundaries (SOCK_SEQPACKET). A client sends one Request; the family answers with any number
// of Process, Text or ReadLayouts messages and one that ends the answer: Done or Failed. After Started it goes on: the
// client may send more requests of the verb Signal, which are for the new program's process group, and the last message
// is Ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace kx::hv::control {

inline constexpr std::uint32_t magic = 0x6b78'6374;
inline constexpr std::uint16_t version = 4;
inline constexpr std::size_t message_size_limit = 16 << 10;
inline constexpr std::size_t command_size_limit = 512;
// Arguments and environment of a program, as for `kx run`.
inline constexpr std::uint64_t strings_size_limit = 6 << 20;

// ListLibraries, UpdateLibrary and RollBackLibrary: `strings_size` bytes of the last descriptor's file are strings,
// each ended by NUL: the library's name; of UpdateLibrary also the build-id of a file with that name (or nothing), the
// new version's name, the step that is to fail (tests; or nothing), and the text of the signature beside the new
// version (or nothing). Its file is the first descriptor then.
enum class Verb : std::uint16_t {
  List = 1,
  Signal,
  Stats,
  Execute,
  ListLibraries,
  UpdateLibrary,
  RollBackLibrary,
  Last
};

struct Request {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t verb;
  std::int32_t pid;     // Signal, Stats: a process of the family; 0: all of it
  std::int32_t signal;  // Signal
  // Execute: the strings lie in a file, the fourth of the descriptors that come along; the first three are the streams.
  // A bit n of `streams`: stream n is open; the descriptor of a closed one is left out.
  std::uint32_t argument_count;
  std::uint32_t environment_count;
  std::uint64_t strings_size;  // working directory NUL (empty: the family's), argv strings NUL.., envp strings NUL..
  std::uint32_t streams;
  std::uint32_t umask;
  std::uint64_t timeout_ns;             // UpdateLibrary, RollBackLibrary
  std::uint64_t dry_run;                // UpdateLibrary: 1: only say whether it can be done
  std::uint64_t has_debug_information;  // UpdateLibrary: 1: the new version, for its client to read
};
static_assert(sizeof(Request) == 64 && std::has_unique_object_representations_v<Request>);

enum class Answer : std::uint32_t { Process = 1, Text, Started, Done, Failed, Ended, ReadLayouts };

// The head of every message of the family; a text follows Text (a piece of it), Failed (what kx reports), Process
// (its command line) and ReadLayouts (the path of a library). With ReadLayouts come two descriptors: the library's
// content, and a pipe for what its debug information tells (hypervisor/libraries/layouts.hpp). The family may start no
// process that could read it.
struct AnswerHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t reserved;
  std::uint32_t answer;
  std::int32_t value;  // Started: pid. Failed: exit status of kx. Ended: wait status of the program
};
static_assert(sizeof(AnswerHeader) == 16 && std::has_unique_object_representations_v<AnswerHeader>);

enum class ProcessState : std::uint32_t { Running = 1, Sleeping, Stopped, Zombie };

struct ProcessRecord {
  AnswerHeader header;
  std::int32_t pid;
  std::int32_t parent;  // 1: the hypervisor
  std::uint32_t state;  // ProcessState
  std::uint32_t threads;
  std::uint32_t uid;
  std::uint32_t reserved;
  std::uint64_t private_size;    // bytes of host memory behind its own RAM
  std::uint64_t inherited_size;  // the same for RAM that relatives own
  std::uint64_t processor_time_us;
};
static_assert(sizeof(ProcessRecord) == 64 && std::has_unique_object_representations_v<ProcessRecord>);

}  // namespace kx::hv::control
