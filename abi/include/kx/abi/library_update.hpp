// Live update of a shared library: what the hypervisor has worked out and the library OS carries out.
//
// The hypervisor reads programs and libraries and thinks; the library OS only compares, copies and writes, with the
// program's other threads stopped, and changes nothing unless everything can be changed. A program of changes lies in
// memory that the library OS gave for it; its tables follow the header in the order of their counts.
#pragma once

#include <cstdint>
#include <type_traits>

namespace kx::abi {

// What is asked by QuestionKind::Program; all guest-virtual.
struct ProgramView {
  std::uint64_t headers_gva;  // of the program: its program headers
  std::uint64_t header_count;
  std::uint64_t linker_start;  // of the dynamic linker; both 0: the program has none
  std::uint64_t linker_end;
  std::uint64_t generation;  // another one after each execve(2)
};
static_assert(sizeof(ProgramView) == 40 && std::has_unique_object_representations_v<ProgramView>);

// What is asked by QuestionKind::MappedFile.
struct MappedFileView {
  std::uint64_t handle;   // of the file, in the process's table
  std::uint64_t content;  // of what its private pages are read from: the same, or what a library policy judged
  std::uint64_t offset;   // in the file, of the address that was asked for
  std::uint64_t start;    // of the area
  std::uint64_t end;
};
static_assert(sizeof(MappedFileView) == 40 && std::has_unique_object_representations_v<MappedFileView>);

// What QuestionKind::MapImage carries beside an address: the handle of the content that is mapped, and the lower bits
// of the generation of the program that it is for.
constexpr std::uint64_t map_image_argument(std::uint32_t content, std::uint64_t generation) {
  return content | generation << 32;
}

// The word at `address` is `expected` before, unless that is update_any, and `value` after.
inline constexpr std::uint64_t update_any = ~0ull;
struct UpdateWord {
  std::uint64_t address;
  std::uint64_t expected;
  std::uint64_t value;
};
static_assert(sizeof(UpdateWord) == 24);

// An object of the library that moves, with its value. Pointers into it elsewhere follow it.
struct UpdateObject {
  std::uint64_t from;
  std::uint64_t to;
  std::uint64_t size;
};
static_assert(sizeof(UpdateObject) == 24);

// A function whose entry leads to another from now on; `room`: bytes from its entry on that are its own.
struct UpdateEntry {
  std::uint64_t from;
  std::uint64_t to;
  std::uint64_t room;
};
static_assert(sizeof(UpdateEntry) == 24);

// Bytes put at `address` whatever is there, of the block's text part.
struct UpdateBytes {
  std::uint64_t address;
  std::uint64_t offset;  // in the block
  std::uint64_t size;
};
static_assert(sizeof(UpdateBytes) == 24);

// Code where no thread may be, nor return to.
struct UpdateRange {
  std::uint64_t start;
  std::uint64_t end;
};
static_assert(sizeof(UpdateRange) == 16);

// What a stack is unwound by: a mapped image and its .eh_frame_hdr (0: it has none).
struct UpdateModule {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t frame_header;
};
static_assert(sizeof(UpdateModule) == 24);

// A variable whose layout changed, or that the new version lacks (`to` 0): what kx_lib_update (kx/lib_update.h) is told
// of. It keeps the new version's initial value until then; pointers to its beginning follow it, others do not.
struct UpdateVariable {
  std::uint64_t from;
  std::uint64_t from_size;
  std::uint64_t to;
  std::uint64_t to_size;
  std::uint64_t name;       // where in the block it is, with a NUL behind it
  std::uint64_t name_size;  // with the NUL
};
static_assert(sizeof(UpdateVariable) == 48);

enum class UpdateMode : std::uint32_t {
  Running,  // while the program runs: for what it does not use yet
  Stopped,  // with all other threads stopped
  Hold,     // the same, but once all is ready to be changed this is answered, and the program stands still until the
            // hypervisor has decided: for several programs at once
};
enum class UpdateDecision : std::uint32_t {
  None,
  Apply,
  Leave,
  Convert,  // calls the new version's kx_lib_update, with nothing of the old version changed yet; then decide again
};

// How the call of kx_lib_update ended.
enum class HookState : std::uint32_t {
  None,      // not yet
  Returned,  // `hook_value`: what it returned
  Signal,    // `hook_value`: the signal that a fault at `hook_address` would have been
  Call,      // `hook_value`: the system call that it made, which is not allowed there
  Wrote,     // `hook_value`: the address in the old version that it wrote to
  NoMemory,  // `hook_value`: the errno
  Stopped,   // the hypervisor had enough
  Ending,    // the thread is to end
};

// The head of a block.
struct UpdateHeader {
  std::uint32_t word_count;
  std::uint32_t object_count;  // sorted by `from`
  std::uint32_t entry_count;   // sorted by `from`
  std::uint32_t bytes_count;
  std::uint32_t range_count;
  std::uint32_t module_count;     // sorted by `start`
  std::uint32_t follow_pointers;  // 1: pointers into objects are looked for in all the program's writable memory
  std::uint32_t decision;         // of UpdateMode::Hold: what the hypervisor decides, an UpdateDecision
  std::uint32_t variable_count;   // sorted by `from`
  std::uint32_t hook_state;       // written by the library OS: a HookState; then the hypervisor is woken
  std::uint64_t old_start;        // of the library that is left
  std::uint64_t old_end;
  std::uint64_t generation;  // of the program that the block is for
  std::uint64_t pause_ns;    // written by the library OS: how long the program stood still
  std::uint64_t hook_gva;    // kx_lib_update of the new version; 0: it has none
  std::uint64_t hook_value;  // written by the library OS, as hook_state says
  std::uint64_t hook_address;
  std::uint64_t old_build_id;       // where in the block it is, as text with a NUL behind it
  std::uint64_t old_build_id_size;  // with the NUL
};
static_assert(sizeof(UpdateHeader) == 112 && std::has_unique_object_representations_v<UpdateHeader>);

// Results of QuestionKind::Update beside 0 and -errno:
//   -ESTALE  another program runs
//   -EBUSY   a thread is in one of the ranges
//   -EAGAIN  a word was not what it was expected to be
//   -ENOBUFS too many pointers
// Block sizes in bytes, at most.
inline constexpr std::uint64_t update_block_limit = 2ull << 20;

}  // namespace kx::abi
