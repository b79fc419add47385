#include "hypervisor/updates/program_view.hpp"

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <utility>

#include "hypervisor/ipc/waiter.hpp"
#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/memory/page_walk.hpp"

namespace kx::hv::libraries {

namespace {

constexpr std::size_t most_images = 4096, most_headers = 64;
// A vCPU's word that says it was kicked: nobody kicks the thread that asks here.
constexpr std::uint32_t never_kicked = 0;
// Who does not answer for so long does not want to, or cannot.
constexpr std::uint64_t patience_ns = 5'000'000'000;

Error unreadable(std::string_view what) {
  return make_error(ErrorKind::Unsupported, "cannot read the program's ", what);
}

// What the program headers at `address` tell of an image. False: they make no sense.
bool read_headers(const ProgramView& program, std::uint64_t address, std::uint64_t count, LoadedImage& image) {
  if (count > most_headers) {
    return false;
  }
  std::vector<Elf64_Phdr> headers(count);
  if (!program.read(address, headers.data(), count * sizeof(Elf64_Phdr))) {
    return false;
  }
  image.start = ~0ull;
  for (const Elf64_Phdr& each : headers) {
    if (each.p_type == PT_LOAD) {
      image.start = std::min(image.start, align_down(image.bias + each.p_vaddr, abi::page_size));
      image.end = std::max(image.end, align_up(image.bias + each.p_vaddr + each.p_memsz, abi::page_size));
      if ((each.p_flags & PF_X) != 0) {
        image.text_start = image.bias + each.p_vaddr;
        image.text_end = image.text_start + each.p_memsz;
      }
    } else if (each.p_type == PT_GNU_EH_FRAME) {
      image.frame_header = image.bias + each.p_vaddr;
    } else if (each.p_type == PT_DYNAMIC) {
      image.dynamic = image.bias + each.p_vaddr;
      image.dynamic_size = each.p_memsz;
    } else if (each.p_type == PT_NOTE && image.build_id.empty()) {
      std::vector<std::byte> note(std::min<std::uint64_t>(each.p_memsz, 512));
      if (program.read(image.bias + each.p_vaddr, note.data(), note.size())) {
        image.build_id = find_build_id(note, each.p_align);
      }
    }
  }
  return image.end > image.start;
}

}  // namespace

std::int64_t ProgramView::ask(abi::QuestionKind kind, std::uint32_t number, std::uint64_t address, std::uint64_t size,
                              std::vector<std::byte>* data) const {
  abi::Question question{};
  question.kind = static_cast<std::uint32_t>(kind);
  question.number = number;
  question.address = address;
  question.size = size;
  question.asker = init_process;
  RelativeAnswer answer;
  const std::int64_t result = pvm_->questions().ask(
      question, {}, {&never_kicked, ipc::deadline_after(patience_ns)}, [&] { pvm_->tell_of_question(); }, answer);
  if (result >= 0 && data != nullptr) {
    *data = std::move(answer.data);
  }
  return result;
}

bool ProgramView::read_present(std::uint64_t address, void* to, std::size_t size) const {
  const GuestMemory& memory = pvm_->memory();
  const std::optional<Gpa> gpa = find_page(memory, address, page_bit::user);
  // Shared file mappings may have no page; nothing that is needed lies in one.
  if (!gpa || gpa->value >= abi::shared_gpa) {
    return false;
  }
  const std::byte* const from = memory.translate_to_read(*gpa, size);
  if (from == nullptr) {
    return false;
  }
  std::memcpy(to, from, size);
  return true;
}

bool ProgramView::read(std::uint64_t address, void* to, std::size_t size) const {
  auto* bytes = static_cast<std::byte*>(to);
  while (size != 0) {
    const std::size_t part = std::min<std::uint64_t>(size, abi::page_size - (address & (abi::page_size - 1)));
    if (!read_present(address, bytes, part)) {
      std::vector<std::byte> data;
      if (ask(abi::QuestionKind::ReadMemory, 0, address, part, &data) != static_cast<std::int64_t>(part) ||
          data.size() != part) {
        return false;
      }
      std::memcpy(bytes, data.data(), part);
    }
    address += part;
    bytes += part;
    size -= part;
  }
  return true;
}

std::string ProgramView::read_text(std::uint64_t address, std::size_t most) const {
  std::string text;
  char piece[64];
  while (text.size() < most) {
    const std::size_t part = std::min<std::uint64_t>(sizeof piece, abi::page_size - (address & (abi::page_size - 1)));
    if (!read(address, piece, part)) {
      return text;
    }
    const std::size_t length = ::strnlen(piece, part);
    text.append(piece, length);
    if (length < part) {
      break;
    }
    address += part;
  }
  return text;
}

ImageReader ProgramView::reader(std::uint64_t bias) const {
  return [this, bias](std::uint64_t address, void* to, std::size_t size) { return read(bias + address, to, size); };
}

Result<ProgramView::MappedFile> ProgramView::mapped_file(std::uint64_t address) const {
  std::vector<std::byte> data;
  abi::MappedFileView view;
  if (const std::int64_t result = ask(abi::QuestionKind::MappedFile, 0, address, sizeof view, &data);
      result != sizeof view || data.size() != sizeof view) {
    return Unexpected{system_error_from(result < 0 ? static_cast<int>(-result) : EIO, "find the library's file")};
  }
  std::memcpy(&view, data.data(), sizeof view);
  const auto duplicate = [&](std::uint64_t handle) {
    const HandleTable::File file = pvm_->handles().get(handle);
    return UniqueFd(file != nullptr ? ::fcntl(file->get(), F_DUPFD_CLOEXEC, 0) : -1);
  };
  MappedFile mapped{duplicate(view.handle), duplicate(view.content), view.offset};
  struct stat status {};
  // Whoever waits for data of a pipe, or reads a terminal, waits for the program.
  if (!mapped.fd || !mapped.content || ::fstat(mapped.content.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Unexpected{system_error_from(EBADF, "find the library's file")};
  }
  return mapped;
}

std::optional<LoadedImage> image_at(const ProgramView& program, std::uint64_t bias) {
  LoadedImage image;
  image.bias = bias;
  Elf64_Ehdr header{};
  const bool found = program.read(bias, header) && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                     read_headers(program, bias + header.e_phoff, header.e_phnum, image);
  return found ? std::optional(std::move(image)) : std::nullopt;
}

const DynamicImage* LoadedImages::dynamic_of(const ProgramView& program, const LoadedImage& image) const {
  const auto [place, is_new] = dynamic_.try_emplace(image.bias);
  if (is_new) {
    auto read = DynamicImage::read(program.reader(image.bias), image.dynamic - image.bias, image.dynamic_size,
                                   image.bias, DynamicImage::Wanted::Relocations);
    if (read) {
      place->second = std::move(read).value();
    }
  }
  return place->second ? &*place->second : nullptr;
}

Result<LoadedImages> loaded_images(const ProgramView& program) {
  std::vector<std::byte> data;
  abi::ProgramView view;
  if (const std::int64_t result = program.ask(abi::QuestionKind::Program, 0, 0, sizeof view, &data);
      result != sizeof view || data.size() != sizeof view) {
    return Unexpected{
        system_error_from(result < 0 ? static_cast<int>(-result) : EIO, "ask the process ", program.pvm().pid())};
  }
  std::memcpy(&view, data.data(), sizeof view);
  if (view.linker_end == 0) {
    return Unexpected{make_error(ErrorKind::Unsupported, "process ", program.pvm().pid(), " has no dynamic linker")};
  }
  LoadedImages loaded;
  loaded.linker_start = view.linker_start;
  loaded.linker_end = view.linker_end;
  loaded.generation = view.generation;
  // Where the program itself lies is told by the header of its own headers.
  LoadedImage self;
  Elf64_Phdr first{};
  if (!program.read(view.headers_gva, first)) {
    return Unexpected{unreadable("headers")};
  }
  self.bias = first.p_type == PT_PHDR ? view.headers_gva - first.p_vaddr : 0;
  if (!read_headers(program, view.headers_gva, view.header_count, self) || self.dynamic == 0) {
    return Unexpected{unreadable("headers")};
  }
  for (std::uint64_t at = self.dynamic; at < self.dynamic + self.dynamic_size; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry{};
    if (program.read(at, entry) && entry.d_tag == DT_DEBUG) {
      loaded.debug = entry.d_un.d_ptr;
    }
  }
  r_debug debug{};
  if (loaded.debug == 0 || !program.read(loaded.debug, debug) || debug.r_map == nullptr) {
    return Unexpected{system_error_from(EAGAIN, "the program is only starting")};
  }
  if (debug.r_state != r_debug::RT_CONSISTENT) {
    return Unexpected{system_error_from(EAGAIN, "the program is loading a library")};
  }
  std::uint64_t list = loaded.debug;
  for (auto at = reinterpret_cast<std::uint64_t>(debug.r_map); at != 0;) {
    link_map record{};
    if (loaded.images.size() == most_images || !program.read(at, record)) {
      return Unexpected{unreadable("list of libraries")};
    }
    // What has no header in its first page is none of ours.
    auto found = loaded.images.empty() ? std::optional(self) : image_at(program, record.l_addr);
    if (found) {
      found->link_map = at;
      found->name = program.read_text(reinterpret_cast<std::uint64_t>(record.l_name));
      loaded.images.push_back(std::move(*found));
    }
    at = reinterpret_cast<std::uint64_t>(record.l_next);
    // From its second version on the structure leads to those of further namespaces (dlmopen(3)).
    while (at == 0 && debug.r_version >= 2 && program.read(list + sizeof debug, list) && list != 0 &&
           program.read(list, debug)) {
      at = reinterpret_cast<std::uint64_t>(debug.r_map);
    }
  }
  return loaded;
}

}  // namespace kx::hv::libraries
