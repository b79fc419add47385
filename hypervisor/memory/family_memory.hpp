// The guest-physical address space that the pVMs of a family divide among themselves: every address means the same
// memory in each pVM that may see it, and has one host address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "hypervisor/error.hpp"

namespace kx::hv {

class FamilyMemory;

// A piece of guest-physical memory with host memory behind it: RAM of one pVM, which its children may read as it was
// at a fork, or a shared file mapping. Gone, contents and all, with its last holder.
class Extent {
 public:
  enum class Kind : std::uint8_t { Ram, ForkedRam, Shared };

  Extent(std::shared_ptr<FamilyMemory> family, Kind kind, std::uint64_t gpa, std::uint64_t size, std::byte* hva);
  ~Extent();
  Extent(const Extent&) = delete;
  Extent& operator=(const Extent&) = delete;

  [[nodiscard]] std::uint64_t gpa() const { return gpa_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::byte* hva() const { return hva_; }
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  std::shared_ptr<FamilyMemory> family_;
  Kind kind_;
  std::uint64_t gpa_;
  std::uint64_t size_;
  std::byte* hva_;
};

// Thread-safe. Reserves host addresses at once and touches nothing: no mapping of the process changes when extents of
// RAM come and go.
class FamilyMemory : public std::enable_shared_from_this<FamilyMemory> {
 public:
  static Result<std::shared_ptr<FamilyMemory>> create();
  ~FamilyMemory();
  FamilyMemory(const FamilyMemory&) = delete;
  FamilyMemory& operator=(const FamilyMemory&) = delete;

  // RAM of `size` bytes (a multiple of 2 MiB), zero. `kind` decides about host pages: 2 MiB where the kernel has them
  // for Ram; 4 KiB for ForkedRam, which is written sparsely. Errors: ENOMEM.
  Result<std::shared_ptr<Extent>> allocate(Extent::Kind kind, std::uint64_t size);

  // Maps [offset, offset + size) of a file, with `prot` of mmap(2). Errors: those of mmap(2); EINVAL when not in whole
  // pages; ENOMEM when the window is full.
  Result<std::shared_ptr<Extent>> map_file(int fd, std::uint64_t offset, std::uint64_t size, int prot);

  // What never changes of the library OS, which all pVMs read: its core in a 2 MiB page, behind it its components.
  // Copied by the first call, which is to come before any pVM runs.
  void load_libos_text(std::span<const std::byte> text, std::span<const std::byte> components);
  [[nodiscard]] std::byte* libos_text() const;

  // What all pVMs may write: zero at first.
  [[nodiscard]] std::byte* segment() const;

  // Whether pVMs may write what they inherited (`kx run --trust-family`). Set before the first pVM exists.
  [[nodiscard]] bool trusts_relatives() const { return trusts_relatives_; }
  void trust_relatives() { trusts_relatives_ = true; }

  // The host address of any address of the windows.
  [[nodiscard]] std::byte* hva(std::uint64_t gpa) const;

 private:
  friend class Extent;

  // Free ranges of one window, first fit from below.
  class Window {
   public:
    Window(std::uint64_t start, std::uint64_t end) { free_.emplace(start, end - start); }
    // The place, or 0.
    std::uint64_t take(std::uint64_t size);
    void give(std::uint64_t gpa, std::uint64_t size);

   private:
    std::map<std::uint64_t, std::uint64_t> free_;
  };

  FamilyMemory(std::byte* ram, std::byte* shared);
  Window& window(Extent::Kind kind);
  void release(const Extent& extent);

  bool trusts_relatives_ = false;
  std::byte* ram_;     // of abi::memory_gpa
  std::byte* shared_;  // of abi::shared_gpa
  std::once_flag text_is_loaded_;
  std::mutex mutex_;  // what follows
  Window whole_, forked_, files_;
};

}  // namespace kx::hv
