#include "mm/vma_set.hpp"

#include <algorithm>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <kx/base/verify.hpp>
#include <new>

namespace kx::libos {

namespace {

constexpr std::size_t first_capacity = 64;

bool valid_range(std::uint64_t start, std::uint64_t end) {
  return start < end && is_aligned(start, abi::page_size) && is_aligned(end, abi::page_size);
}

}  // namespace

VmaSet::~VmaSet() {
  if (vmas_ != nullptr) {
    storage_.release(storage_.context, vmas_, capacity_ * sizeof(Vma));
  }
}

std::size_t VmaSet::index_above(std::uint64_t address) const {
  const Vma* found = std::partition_point(begin(), end(), [&](const Vma& vma) { return vma.end <= address; });
  return static_cast<std::size_t>(found - begin());
}

Vma* VmaSet::find(std::uint64_t address) {
  Vma* vma = lower_bound(address);
  return vma != nullptr && vma->start <= address ? vma : nullptr;
}

Vma* VmaSet::lower_bound(std::uint64_t address) {
  const std::size_t index = index_above(address);
  return index < count_ ? vmas_ + index : nullptr;
}

Vma* VmaSet::next(const Vma* vma) {
  const auto index = static_cast<std::size_t>(vma - vmas_) + 1;
  return index < count_ ? vmas_ + index : nullptr;
}

Vma* VmaSet::previous(const Vma* vma) {
  return vma == vmas_ ? nullptr : vmas_ + (vma - vmas_) - 1;
}

Result<void, VmaError> VmaSet::reserve(std::size_t count) {
  if (count <= capacity_ - count_) {
    return {};
  }
  std::size_t capacity = std::max(first_capacity, capacity_ * 2);
  while (capacity - count_ < count) {
    capacity *= 2;
  }
  auto* vmas = static_cast<Vma*>(storage_.allocate(storage_.context, capacity * sizeof(Vma)));
  if (vmas == nullptr) {
    return Unexpected{VmaError::NoMemory};
  }
  for (std::size_t index = 0; index < count_; ++index) {
    ::new (vmas + index) Vma(vmas_[index]);
  }
  if (vmas_ != nullptr) {
    storage_.release(storage_.context, vmas_, capacity_ * sizeof(Vma));
  }
  vmas_ = vmas;
  capacity_ = capacity;
  return {};
}

// Makes room for one area at `index`; reserve() has been called.
void VmaSet::open_slot(std::size_t index) {
  KX_VERIFY(count_ < capacity_ && index <= count_);
  ::new (vmas_ + count_) Vma{};
  std::copy_backward(vmas_ + index, vmas_ + count_, vmas_ + count_ + 1);
  ++count_;
}

void VmaSet::close_slots(std::size_t first, std::size_t last) {
  if (first != last) {
    std::copy(vmas_ + last, vmas_ + count_, vmas_ + first);
    count_ -= last - first;
  }
}

// Merges the areas from index `first` to `last`, both included, as far as they continue each other.
void VmaSet::merge_between(std::size_t first, std::size_t last) {
  std::size_t kept = first;
  for (std::size_t index = first + 1; index <= last; ++index) {
    if (mergeable(vmas_[kept], vmas_[index])) {
      vmas_[kept].end = vmas_[index].end;
    } else {
      vmas_[++kept] = vmas_[index];
    }
  }
  close_slots(kept + 1, last + 1);
}

Result<void, VmaError> VmaSet::insert(const Vma& vma) {
  if (!valid_range(vma.start, vma.end)) {
    return Unexpected{VmaError::BadRange};
  }
  const std::size_t index = index_above(vma.start);
  if (index < count_ && vmas_[index].start < vma.end) {
    return Unexpected{VmaError::Overlap};
  }
  const bool joins_left = index > 0 && mergeable(vmas_[index - 1], vma);
  const bool joins_right = index < count_ && mergeable(vma, vmas_[index]);
  if (joins_left && joins_right) {
    vmas_[index - 1].end = vmas_[index].end;
    close_slots(index, index + 1);
  } else if (joins_left) {
    vmas_[index - 1].end = vma.end;
  } else if (joins_right) {
    const std::uint64_t end = vmas_[index].end;
    vmas_[index] = vma;
    vmas_[index].end = end;
  } else {
    KX_TRY(reserve(1));
    open_slot(index);
    vmas_[index] = vma;
  }
  total_size_ += vma.size();
  return {};
}

// True if an area has `address` inside, not at its start.
bool VmaSet::splits(std::uint64_t address) const {
  const std::size_t index = index_above(address);
  return index < count_ && vmas_[index].start < address;
}

void VmaSet::split_reserved(std::uint64_t address) {
  const std::size_t index = index_above(address);
  if (index == count_ || vmas_[index].start >= address) {
    return;
  }
  open_slot(index);
  const Vma whole = vmas_[index];
  vmas_[index] = clip(whole, whole.start, address);
  vmas_[index + 1] = clip(whole, address, whole.end);
}

Result<void, VmaError> VmaSet::split_at(std::uint64_t address) {
  if (!is_aligned(address, abi::page_size)) {
    return Unexpected{VmaError::BadRange};
  }
  if (splits(address)) {
    KX_TRY(reserve(1));
    split_reserved(address);
  }
  return {};
}

Result<void, VmaError> VmaSet::remove_pieces(std::uint64_t start, std::uint64_t end, PieceVisitor removed) {
  if (!valid_range(start, end)) {
    return Unexpected{VmaError::BadRange};
  }
  std::size_t first = index_above(start);
  // Only a hole inside one area makes more areas of what there was.
  if (first < count_ && vmas_[first].start < start && end < vmas_[first].end) {
    KX_TRY(reserve(1));
    split_reserved(end);
  }
  const auto visit = [&](const Vma& piece) {
    removed.call(removed.callable, piece);
    total_size_ -= piece.size();
  };
  if (first < count_ && vmas_[first].start < start) {
    Vma& left = vmas_[first];
    visit(clip(left, start, left.end));
    left.end = start;
    ++first;
  }
  std::size_t last = first;
  for (; last < count_ && vmas_[last].end <= end; ++last) {
    visit(vmas_[last]);
  }
  if (last < count_ && vmas_[last].start < end) {
    Vma& right = vmas_[last];
    visit(clip(right, right.start, end));
    right = clip(right, end, right.end);
  }
  close_slots(first, last);
  return {};
}

Result<void, VmaError> VmaSet::change_pieces(std::uint64_t start, std::uint64_t end, PieceEditor edit) {
  if (!valid_range(start, end)) {
    return Unexpected{VmaError::BadRange};
  }
  KX_TRY(reserve(static_cast<std::size_t>(splits(start)) + static_cast<std::size_t>(splits(end))));
  split_reserved(start);
  split_reserved(end);
  const std::size_t first = index_above(start);
  std::size_t last = first;
  for (; last < count_ && vmas_[last].end <= end; ++last) {
    Vma& piece = vmas_[last];
    const std::uint64_t piece_start = piece.start;
    const std::uint64_t piece_end = piece.end;
    edit.call(edit.callable, piece);
    KX_VERIFY(piece.start == piece_start && piece.end == piece_end);
  }
  if (count_ != 0) {
    merge_between(first == 0 ? 0 : first - 1, std::min(last, count_ - 1));
  }
  return {};
}

bool VmaSet::covered(std::uint64_t start, std::uint64_t end) {
  std::uint64_t reached = start;
  for (std::size_t index = index_above(start); reached < end; ++index) {
    if (index == count_ || vmas_[index].start > reached) {
      return false;
    }
    reached = vmas_[index].end;
  }
  return true;
}

bool VmaSet::vacant(std::uint64_t start, std::uint64_t end) {
  const std::size_t index = index_above(start);
  return index == count_ || vmas_[index].start >= end;
}

std::optional<std::uint64_t> VmaSet::find_gap(const GapRequest& request) const {
  KX_VERIFY(request.alignment >= abi::page_size && (request.alignment & (request.alignment - 1)) == 0);
  if (request.size == 0 || request.low >= request.high || request.size > request.high - request.low) {
    return std::nullopt;
  }
  // Where the free range below the area at `index` (or below everything, for count_) starts and ends.
  const auto gap_start = [&](std::size_t index) {
    return index == 0 ? request.low : std::max(request.low, vmas_[index - 1].end);
  };
  const auto gap_end = [&](std::size_t index) {
    if (index == count_) {
      return request.high;
    }
    const Vma& above = vmas_[index];
    const std::uint64_t guard = above.has(vma_flag::grows_down) ? std::min(request.guard_size, above.start) : 0;
    return std::min(request.high, above.start - guard);
  };

  if (request.direction == GapDirection::TopDown) {
    // The gap below the first area that ends above `high` is the highest one that can matter.
    for (std::size_t index = index_above(request.high - 1);; --index) {
      const std::uint64_t low = gap_start(index);
      const std::uint64_t high = gap_end(index);
      if (high > low && high - low >= request.size) {
        const std::uint64_t start = align_down(high - request.size, request.alignment);
        if (start >= low) {
          return start;
        }
      }
      if (index == 0 || vmas_[index - 1].start <= request.low) {
        return std::nullopt;
      }
    }
  }
  for (std::size_t index = index_above(request.low);; ++index) {
    const std::uint64_t start = align_up(gap_start(index), request.alignment);
    const std::uint64_t high = gap_end(index);
    if (start >= request.low && high > start && high - start >= request.size) {
      return start;
    }
    if (index == count_ || vmas_[index].end >= request.high) {
      return std::nullopt;
    }
  }
}

}  // namespace kx::libos
