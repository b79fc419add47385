// Patching the program's text: what is found when it is loaded, and single system calls that trapped.
#include <atomic>
#include <cstring>
#include <iterator>
#include <kx/abi/host_call.hpp>
#include <kx/base/verify.hpp>
#include <span>

#include "entry/patcher.hpp"
#include "entry/patching.hpp"
#include "host/host_call.hpp"
#include "host/stats.hpp"
#include "mm/address_space.hpp"
#include "mm/memory.hpp"
#include "process/thread.hpp"

namespace kx::libos {

namespace {

constexpr u64 syscall_size = 2;

// Only the text of files: generated code may be checked or rewritten by its author at any time.
bool is_file_text(const Vma& vma) {
  return vma.object != 0 && vma.shared_gpa == 0 && !vma.has(vma_flag::shared) && !vma.has(vma_flag::internal) &&
         (vma.prot & (prot::write | prot::execute)) == prot::execute;
}

// The bytes of a trapped call's surroundings and what the hypervisor's decoder says about them.
struct Surroundings {
  u64 start = 0;  // of the code
  u64 size = 0;
  u64 site = 0;  // offset of the syscall instruction
  DecodedInstruction instructions[2 * abi::decode_report_limit];
  u64 before = 0, count = 0;
};

// The call buffer: the code, then the decoder's answer. Page faults have its end.
constexpr u64 code_offset = 0;
constexpr u64 result_offset = abi::decode_size_limit;
static_assert(result_offset + 2 * abi::decode_report_limit * sizeof(abi::DecodedInstruction) <= fault_buffer_offset);

bool decode(Surroundings& around) {
  const HostReply reply =
      host_call_raw(static_cast<u32>(abi::HostCall::Decode),
                    {{code_offset, around.size, around.site, result_offset, 0, 0}, 0}, CallKind::Quick);
  if (reply.result <= 0) {
    return false;
  }
  around.count = static_cast<u64>(reply.result);
  around.before = reply.extra[0];
  if (around.count > std::size(around.instructions) || around.before >= around.count) {
    return false;
  }
  for (u64 i = 0; i < around.count; ++i) {
    abi::DecodedInstruction from;
    std::memcpy(&from, call_buffer() + result_offset + i * sizeof from, sizeof from);
    around.instructions[i] = {from.length, from.relative != 0, from.nop != 0, from.ends_flow != 0,
                              from.branch_target != 0};
  }
  return around.instructions[around.before].length == syscall_size;
}

// With other threads about, text they may be executing is changed by one aligned store, and no return address may
// become wrong.
bool safe_for_threads(const Patch& patch) {
  const CodeEdit& live = patch.edits[patch.edit_count - 1];
  return patch.moved_size == 0 && live.address / 8 == (live.address + live.size - 1) / 8;
}

}  // namespace

bool AddressSpace::apply_patch(const Patch& patch) {
  if (!Patching::instance().commit(patch)) {
    return false;
  }
  for (u8 i = 0; i < patch.edit_count; ++i) {
    const CodeEdit& edit = patch.edits[i];
    if (edit.address / 8 != (edit.address + edit.size - 1) / 8) {
      write_text(edit.address, edit.bytes.data(), edit.size);
      continue;
    }
    u64 page_size = 0;
    const u64* entry = own_page(edit.address, page_size);
    KX_VERIFY(entry != nullptr);  // the plan was made from this page's bytes
    const u64 inside = edit.address & (page_size - 1);
    u8* const at = linear_pointer<u8>(Gpa{(*entry & pte::address_mask & ~(page_size - 1)) + inside});
    u64& word = *reinterpret_cast<u64*>(at - (edit.address & 7));  // SAFETY: aligned, in the same page
    u64 value = word;
    std::memcpy(reinterpret_cast<u8*>(&value) + (edit.address & 7), edit.bytes.data(), edit.size);
    std::atomic_ref(word).store(value, std::memory_order_seq_cst);
  }
  ++stats().patched_sites;
  return true;
}

void AddressSpace::patch_text(u64 start, u64 end) {
  // Text is read page by page through the linear window; a site across two pages that are not neighbours there traps.
  for (u64 at = start; at < end;) {
    u64 page_size = 0;
    const u64* entry = table_.find(Gva{at}, page_size);
    if (entry == nullptr) {
      at += abi::page_size;
      continue;
    }
    const u64 inside = at & (page_size - 1);
    const u64 gpa = (*entry & pte::address_mask & ~(page_size - 1)) + inside;
    u64 size = page_size - inside;
    while (at + size < end) {
      const u64* following = table_.find(Gva{at + size}, page_size);
      if (following == nullptr || page_size != abi::page_size || (*following & pte::address_mask) != gpa + size) {
        break;
      }
      size += abi::page_size;
    }
    if (at + size > end) {
      size = end - at;
    }
    const auto apply = [&](const Result<Patch, PatchError>& plan) {
      if (plan) {
        apply_patch(*plan);
      }
    };
    find_sites(
        std::span<const u8>(linear_pointer<u8>(Gpa{gpa}), size), at,
        [&](const SyscallSite& site) {
          if (const TrampolinePlace place = Patching::instance().place_for_syscall(site.address); place.address != 0) {
            apply(plan_s1(site, place));
          }
        },
        [&](const CpuidSite& site) {
          if (const TrampolinePlace place = Patching::instance().place_for_cpuid(site.address); place.address != 0) {
            apply(plan_cpuid(site, place));
          }
        });
    at += size;
  }
}

void AddressSpace::patch_pages(u64 start, u64 end) {
  for (Vma* vma = vmas_.lower_bound(start); vma != nullptr && vma->start < end; vma = vmas_.next(vma)) {
    if (is_file_text(*vma)) {
      const Vma piece = clip(*vma, vma->start > start ? vma->start : start, vma->end < end ? vma->end : end);
      patch_text(piece.start, piece.end);
      return;  // the set may have changed; mprotect to executable covers one area in practice
    }
  }
}

bool AddressSpace::copy_surroundings(u64 site, u64& start, u64& size) {
  const Vma* vma = vmas_.find(site);
  if (vma == nullptr || !is_file_text(*vma) || vma->end - site < syscall_size) {
    return false;
  }
  constexpr u64 half = abi::decode_size_limit / 2;
  u64 first = site - vma->start > half ? site - half : vma->start;
  u64 end = vma->end - site > half ? site + half : vma->end;
  // Present pages only, the site's among them.
  u64 page_size = 0;
  for (u64 page = align_down(site, abi::page_size); page > first;) {
    page -= abi::page_size;
    if (table_.find(Gva{page}, page_size) == nullptr) {
      first = page + abi::page_size;
      break;
    }
  }
  for (u64 page = align_down(site, abi::page_size); page < end; page += abi::page_size) {
    if (table_.find(Gva{page}, page_size) == nullptr) {
      end = page;
      break;
    }
  }
  if (end < site + syscall_size || first > site) {
    return false;
  }
  for (u64 at = first; at < end;) {
    const u64* entry = table_.find(Gva{at}, page_size);
    const u64 inside = at & (page_size - 1);
    const u64 count = end - at < page_size - inside ? end - at : page_size - inside;
    std::memcpy(call_buffer() + code_offset + (at - first),
                linear_pointer<u8>(Gpa{(*entry & pte::address_mask & ~(page_size - 1)) + inside}), count);
    at += count;
  }
  start = first;
  size = end - first;
  return true;
}

PatchOutcome AddressSpace::patch_trapped(u64 site) {
  const Lock lock(mutex_);
  Surroundings around;
  if (!copy_surroundings(site, around.start, around.size)) {
    return PatchOutcome::Refused;
  }
  around.site = site - around.start;
  const TrampolinePlace place = Patching::instance().place_for_syscall(site);
  if (place.address == 0 || !decode(around)) {
    return PatchOutcome::Refused;
  }
  const std::span<const DecodedInstruction> all(around.instructions, around.count);
  const std::span<const u8> code(call_buffer() + code_offset, around.size);
  const TrappedSite trapped{site, all.first(around.before), all.subspan(around.before + 1), code.first(around.site),
                            code.subspan(around.site + syscall_size)};
  const bool threads = ThreadList::instance().count() > 1;
  const bool entered_before = Patching::instance().returns_behind(site);
  bool later = false;
  const auto try_plan = [&](const Result<Patch, PatchError>& plan) {
    if (plan && threads && !safe_for_threads(*plan)) {
      later = true;
      return false;
    }
    return plan && apply_patch(*plan);
  };
  if (try_plan(plan_predecessor(trapped, place)) || try_plan(plan_s2(trapped, place)) ||
      (!entered_before && try_plan(plan_s3(trapped, place)))) {
    return PatchOutcome::Patched;
  }
  return later ? PatchOutcome::Later : PatchOutcome::Refused;
}

u64 AddressSpace::make_arena(u64 near, u64 size) {
  const u64 start = find_near(near, size);
  if (start == 0) {
    return 0;
  }
  Vma vma;
  vma.start = start;
  vma.end = start + size;
  vma.prot = prot::read | prot::execute;
  vma.flags = vma_flag::internal;
  if (!vmas_.insert(vma) || fill_anonymous(vma.start, vma.end, leaf_flags(vma.prot)) != FaultOutcome::Resolved) {
    return 0;
  }
  return start;
}

}  // namespace kx::libos
