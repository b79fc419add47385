// A running program as its library update sees it: its memory, and the images that its dynamic linker has loaded.
#pragma once

#include <cstdint>
#include <kx/abi/library_update.hpp>
#include <kx/abi/memory_map.hpp>
#include <kx/abi/question.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/error.hpp"
#include "hypervisor/libraries/elf_image.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {

// Memory of a program, read while it may run: what is read is a hint that the update itself compares again.
class ProgramView {
 public:
  explicit ProgramView(std::shared_ptr<Pvm> pvm) : pvm_(std::move(pvm)) {}

  [[nodiscard]] Pvm& pvm() const { return *pvm_; }

  // Asks the library OS, as the hypervisor. The answer, or -errno: -ESRCH: it has ended; -EPERM: no answer in time.
  std::int64_t ask(abi::QuestionKind kind, std::uint32_t number, std::uint64_t address, std::uint64_t size,
                   std::vector<std::byte>* data = nullptr) const;

  // Copies program memory; pages that are not there yet the library OS is asked for.
  [[nodiscard]] bool read(std::uint64_t address, void* to, std::size_t size) const;
  template <class T>
  [[nodiscard]] bool read(std::uint64_t address, T& value) const {
    return read(address, &value, sizeof value);
  }
  // The same for what is there already, and lies in one page.
  [[nodiscard]] bool read_present(std::uint64_t address, void* to, std::size_t size) const;
  template <class T>
  [[nodiscard]] bool read_present(std::uint64_t address, T& value) const {
    return (address & (abi::page_size - 1)) <= abi::page_size - sizeof value
               ? read_present(address, &value, sizeof value)
               : read(address, &value, sizeof value);
  }
  // At most `most` characters.
  [[nodiscard]] std::string read_text(std::uint64_t address, std::size_t most = 4096) const;
  // Reads an image loaded at `bias`.
  [[nodiscard]] ImageReader reader(std::uint64_t bias) const;

  // The file that is mapped at `address`, and where in it that is. Errors: none is; ENOENT and the like.
  struct MappedFile {
    UniqueFd fd;
    UniqueFd content;  // what its private pages are read from: the same file, or a copy that a policy judged
    std::uint64_t offset = 0;
  };
  [[nodiscard]] Result<MappedFile> mapped_file(std::uint64_t address) const;

 private:
  std::shared_ptr<Pvm> pvm_;
};

// An image of the program: itself, a library, its dynamic linker.
struct LoadedImage {
  std::uint64_t link_map = 0;  // the dynamic linker's record of it
  std::uint64_t bias = 0;
  std::uint64_t dynamic = 0;
  std::uint64_t dynamic_size = 0;
  std::uint64_t start = 0, end = 0;  // of its load segments, in whole pages
  std::uint64_t frame_header = 0;    // .eh_frame_hdr; 0: none
  std::uint64_t text_start = 0, text_end = 0;
  std::string name;  // the path by which it was loaded; empty: the program itself
  std::string build_id;
};

struct LoadedImages {
  // What one of `images` has in its dynamic section, read when it is first asked for. Null: it cannot be read.
  [[nodiscard]] const DynamicImage* dynamic_of(const ProgramView& program, const LoadedImage& image) const;

  std::vector<LoadedImage> images;  // in the linker's order
  std::uint64_t debug = 0;          // struct r_debug
  std::uint64_t linker_start = 0, linker_end = 0;
  std::uint64_t generation = 0;

 private:
  mutable std::map<std::uint64_t, std::optional<DynamicImage>> dynamic_;  // by bias
};

// The image at `bias` as its own headers describe it; nothing: there is none.
std::optional<LoadedImage> image_at(const ProgramView& program, std::uint64_t bias);

// Errors: Unsupported for a program without a dynamic linker; EAGAIN while it is changing its list.
Result<LoadedImages> loaded_images(const ProgramView& program);

}  // namespace kx::hv::libraries
