// The areas of an address space, as an array sorted by address. Not thread-safe: the caller locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/base/result.hpp>
#include <optional>

#include "mm/vma.hpp"

namespace kx::libos {

enum class VmaError : std::uint8_t {
  NoMemory,  // the storage could not grow; nothing was changed
  BadRange,  // empty, not page-aligned, or wrapping
  Overlap,   // insert() on top of an area
};

// Where the array lives. `allocate` gives a block aligned to 16 bytes, or null; `release` takes one back.
struct VmaStorage {
  void* (*allocate)(void* context, std::size_t size);
  void (*release)(void* context, void* block, std::size_t size);
  void* context;
};

enum class GapDirection : std::uint8_t { BottomUp, TopDown };

struct GapRequest {
  std::uint64_t size = 0;       // bytes, a multiple of the page size
  std::uint64_t alignment = 0;  // a power of two, at least the page size
  std::uint64_t low = 0;        // the gap lies in [low, high)
  std::uint64_t high = 0;
  std::uint64_t guard_size = 0;  // kept free of the gap right below an area that grows down
  GapDirection direction = GapDirection::TopDown;
};

// Each operation that may need storage obtains it first: on NoMemory nothing has changed.
// Vma pointers are valid until the next operation that changes the set. Who changes an area through such a
// pointer keeps start and end, and gives up merging until the next change() over it.
class VmaSet {
 public:
  explicit VmaSet(const VmaStorage& storage) : storage_(storage) {}
  ~VmaSet();
  VmaSet(const VmaSet&) = delete;
  VmaSet& operator=(const VmaSet&) = delete;

  // The area that contains `address`, or null.
  [[nodiscard]] Vma* find(std::uint64_t address);
  // The first area that ends above `address` (so contains it or lies above), or null.
  [[nodiscard]] Vma* lower_bound(std::uint64_t address);
  // The neighbours of an area of this set, or null.
  [[nodiscard]] Vma* next(const Vma* vma);
  [[nodiscard]] Vma* previous(const Vma* vma);

  // Makes room for `count` more areas, so that what follows cannot fail.
  Result<void, VmaError> reserve(std::size_t count);

  // Adds an area; it merges with the neighbours it continues.
  Result<void, VmaError> insert(const Vma& vma);

  // Makes `address` the start of an area if one contains it.
  Result<void, VmaError> split_at(std::uint64_t address);

  // Takes all of [start, end) out; `removed(const Vma&)` sees each piece, in order, and must not use the set.
  template <class Removed>
  Result<void, VmaError> remove(std::uint64_t start, std::uint64_t end, Removed removed) {
    return remove_pieces(
        start, end, {&removed, [](void* callable, const Vma& piece) { (*static_cast<Removed*>(callable))(piece); }});
  }
  Result<void, VmaError> remove(std::uint64_t start, std::uint64_t end) {
    return remove(start, end, [](const Vma&) {});
  }

  // Hands each piece of an area inside [start, end) to `edit(Vma&)`, which may change everything but start and
  // end, and must not use the set; then merges. Holes are skipped.
  template <class Edit>
  Result<void, VmaError> change(std::uint64_t start, std::uint64_t end, Edit edit) {
    return change_pieces(start, end,
                         {&edit, [](void* callable, Vma& piece) { (*static_cast<Edit*>(callable))(piece); }});
  }

  // True if [start, end) has no hole.
  [[nodiscard]] bool covered(std::uint64_t start, std::uint64_t end);
  // True if no area lies in [start, end).
  [[nodiscard]] bool vacant(std::uint64_t start, std::uint64_t end);

  // The start of a free range: the highest, or the lowest, that satisfies the request.
  [[nodiscard]] std::optional<std::uint64_t> find_gap(const GapRequest& request) const;

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::uint64_t total_size() const { return total_size_; }
  [[nodiscard]] Vma* begin() { return vmas_; }
  [[nodiscard]] Vma* end() { return vmas_ + count_; }
  [[nodiscard]] const Vma* begin() const { return vmas_; }
  [[nodiscard]] const Vma* end() const { return vmas_ + count_; }

 private:
  struct PieceVisitor {
    void* callable;
    void (*call)(void* callable, const Vma& piece);
  };
  struct PieceEditor {
    void* callable;
    void (*call)(void* callable, Vma& piece);
  };

  Result<void, VmaError> remove_pieces(std::uint64_t start, std::uint64_t end, PieceVisitor removed);
  Result<void, VmaError> change_pieces(std::uint64_t start, std::uint64_t end, PieceEditor edit);
  [[nodiscard]] std::size_t index_above(std::uint64_t address) const;
  [[nodiscard]] bool splits(std::uint64_t address) const;
  void split_reserved(std::uint64_t address);
  void open_slot(std::size_t index);
  void close_slots(std::size_t first, std::size_t last);
  void merge_between(std::size_t first, std::size_t last);

  VmaStorage storage_;
  Vma* vmas_ = nullptr;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
  std::uint64_t total_size_ = 0;
};

}  // namespace kx::libos
