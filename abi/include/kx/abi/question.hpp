// What one process of a family asks another about: its memory, its descriptors, what /proc says of it.
//
// The hypervisor carries questions and answers and says who asks; the library OS that is asked decides. It finds a
// question when Inbox::questions is not 0, at the latest on its way back to the program.
#pragma once

#include <cstdint>
#include <type_traits>

namespace kx::abi {

enum class QuestionKind : std::uint32_t {
  ReadMemory,      // (address, size) -> bytes, which are the data
  WriteMemory,     // (address, size; the data) -> bytes
  Descriptor,      // (number) -> handle; to who asks it is one of its own, of the same open file
  ProcText,        // (number: of a file of /proc/PID in the library OS's table, address: position, size) -> bytes
  ProcLink,        // (number: of a link there, size) -> bytes: where it leads
  DescriptorLink,  // (number: of a descriptor, size) -> bytes: where fd/N leads
  NextDescriptor,  // (number) -> the lowest open one from there on
  // From here on only the hypervisor itself asks (kx/abi/library_update.hpp).
  Program,     // (size) -> bytes: a ProgramView
  MappedFile,  // (address, size) -> bytes: a MappedFileView
  MapImage,    // (number: handle of a file, which names the image; address: near which; size: map_image_argument())
               // -> where the image begins, relocated by nothing. Its content has been judged. Takes both handles over
  UnmapImage,  // (number: lower bits of the program's generation, address, size of an image) -> 0
  UpdateMemory,  // (size) -> the guest-physical address of as many bytes, one block at a time; 0: gives it back
  Update,        // (number: an UpdateMode) -> 0 or -errno: carries out what lies in the block
  Last,
};

inline constexpr QuestionKind first_of_hypervisor = QuestionKind::Program;

// Whether an answer is as many bytes.
constexpr bool answers_with_data(QuestionKind kind) {
  return kind == QuestionKind::ReadMemory || kind == QuestionKind::ProcText || kind == QuestionKind::ProcLink ||
         kind == QuestionKind::DescriptorLink || kind == QuestionKind::Program || kind == QuestionKind::MappedFile;
}

struct Question {
  std::uint32_t kind;    // QuestionKind
  std::uint32_t number;  // of a descriptor, or of a name
  std::uint64_t address;
  std::uint64_t size;         // at most question_data_size
  std::uint64_t id;           // for the answer; from here on written by the hypervisor
  std::int32_t asker;         // process
  std::uint32_t of_ancestor;  // 1: who asks is the parent, or its parent, and so on; 0: it is not
};
static_assert(sizeof(Question) == 40 && std::has_unique_object_representations_v<Question>);

inline constexpr std::uint64_t question_data_size = 8192;

}  // namespace kx::abi
