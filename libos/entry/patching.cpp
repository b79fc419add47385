#include "entry/patching.hpp"

#include <atomic>
#include <cstring>

#include "mm/address_space.hpp"

namespace kx::libos {

extern "C" const u8 kx_cpuid_routine_begin[], kx_cpuid_routine_end[];

namespace {

Patching patching;

constexpr u64 syscall_slot = 0;
constexpr u64 cpuid_slot = 8;
constexpr u64 routine_offset = 16;
constexpr u64 unit = 8;
constexpr u64 syscall_size = 2;

bool in_reach(u64 a, u64 b) {
  constexpr u64 reach = (2ull << 30) - (1 << 20);
  return (a > b ? a - b : b - a) < reach;
}

bool write(u64 address, const void* bytes, u64 size) {
  return AddressSpace::instance().write_text(address, static_cast<const u8*>(bytes), size);
}

}  // namespace

Patching& Patching::instance() {
  return patching;
}

bool Patching::start_arena(u64 site) {
  if (count_ == max_arenas) {
    return false;
  }
  const u64 start = AddressSpace::instance().make_arena(site, arena_size);
  if (start == 0) {
    return false;
  }
  const u64 slots[] = {reinterpret_cast<u64>(kx_syscall_patched), start + routine_offset};
  static_assert(sizeof slots == routine_offset && syscall_slot == 0 && cpuid_slot == 8);
  const u64 routine_size = static_cast<u64>(kx_cpuid_routine_end - kx_cpuid_routine_begin);
  if (!write(start, slots, sizeof slots) || !write(start + routine_offset, kx_cpuid_routine_begin, routine_size)) {
    return false;
  }
  arenas_[count_] = {start, static_cast<u32>(align_up(routine_offset + routine_size, unit))};
  current_ = &arenas_[count_];
  std::atomic_ref(count_).store(count_ + 1, std::memory_order_release);
  return true;
}

bool Patching::choose_arena(u64 site) {
  constexpr u64 room = sizeof(Header) + Patch::max_trampoline_size;
  const auto fits = [&](const Arena& arena) { return in_reach(site, arena.start) && arena.used + room <= arena_size; };
  if (current_ != nullptr && fits(*current_)) {
    return true;
  }
  for (u32 i = 0; i < count_; ++i) {
    if (fits(arenas_[i])) {
      current_ = &arenas_[i];
      return true;
    }
  }
  return start_arena(site);
}

TrampolinePlace Patching::place_for_syscall(u64 site) {
  if (!choose_arena(site)) {
    return {};
  }
  return {current_->start + current_->used + sizeof(Header), current_->start + syscall_slot};
}

TrampolinePlace Patching::place_for_cpuid(u64 site) {
  if (!choose_arena(site)) {
    return {};
  }
  return {current_->start + current_->used + sizeof(Header), current_->start + cpuid_slot};
}

bool Patching::commit(const Patch& patch) {
  if (patch.moved_size != 0 && moved_count_ == max_moved) {
    return false;
  }
  const u64 size = align_up(sizeof(Header) + patch.trampoline_size, unit);
  Header header{};
  header.size = static_cast<u8>(size / unit);
  if (patch.start_address != 0) {
    header.start = static_cast<i32>(patch.start_address - patch.trampoline_address);
    header.call = static_cast<u8>(patch.call_address - patch.start_address);
    header.call_offset = patch.call_offset;
    header.end_offset =
        patch.moved_size != 0 ? static_cast<u8>(patch.moved_to - patch.trampoline_address) : patch.trampoline_size;
  }
  u8 bytes[sizeof header + Patch::max_trampoline_size];
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + sizeof header, patch.trampoline.data(), patch.trampoline_size);
  if (!write(patch.trampoline_address - sizeof header, bytes, sizeof header + patch.trampoline_size)) {
    return false;
  }
  if (patch.moved_size != 0) {
    moved_[moved_count_] = {patch.moved_start, patch.moved_to, patch.moved_size};
    std::atomic_ref(moved_count_).store(moved_count_ + 1, std::memory_order_release);
  }
  std::atomic_ref(current_->used).store(current_->used + static_cast<u32>(size), std::memory_order_release);
  return true;
}

void Patching::forget() {
  count_ = 0;
  moved_count_ = 0;
  current_ = nullptr;
}

u64 Patching::restart_address(u64 rip) const {
  for (u32 i = 0; i < moved_count_; ++i) {
    if (moved_[i].to == rip) {
      return moved_[i].start - syscall_size;
    }
  }
  return rip - syscall_size;
}

template <class Visit>
bool Patching::for_each_trampoline(const Arena& arena, Visit&& visit) {
  const u64 routine_size = static_cast<u64>(kx_cpuid_routine_end - kx_cpuid_routine_begin);
  for (u64 at = align_up(routine_offset + routine_size, unit); at < arena.used;) {
    // SAFETY: present for as long as the arena is, and written by commit() alone.
    const auto& header = *reinterpret_cast<const Header*>(arena.start + at);
    if (visit(arena.start + at + sizeof(Header), header)) {
      return true;
    }
    at += header.size * unit;
  }
  return false;
}

bool Patching::returns_behind(u64 site) const {
  for (u32 i = 0; i < count_; ++i) {
    if (in_reach(site, arenas_[i].start) && for_each_trampoline(arenas_[i], [&](u64 at, const Header& header) {
          return header.start != 0 && at + static_cast<u64>(static_cast<i64>(header.start)) + header.call == site;
        })) {
      return true;
    }
  }
  return false;
}

u64 Patching::program_address(u64 rip) const {
  u64 address = rip;
  for (u32 i = 0; i < count_; ++i) {
    const Arena& arena = arenas_[i];
    if (rip - arena.start >= arena_size) {
      continue;
    }
    for_each_trampoline(arena, [&](u64 trampoline, const Header& header) {
      const u64 offset = rip - trampoline;
      if (offset >= header.end_offset || header.start == 0) {
        return false;
      }
      const u64 start = trampoline + static_cast<u64>(static_cast<i64>(header.start));
      address = offset < header.call_offset ? start : start + header.call;
      return true;
    });
  }
  return address;
}

u64 Patching::resume_address(u64 rip) const {
  for (u32 i = 0; i < moved_count_; ++i) {
    if (rip - moved_[i].start < moved_[i].size) {
      return moved_[i].to + (rip - moved_[i].start);
    }
  }
  return rip;
}

}  // namespace kx::libos
