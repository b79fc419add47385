// Making a child of a pVM: a virtual machine whose memory is what its parent has frozen, and which goes on where the
// parent stands.
#include <sys/random.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstring>
#include <kx/abi/host_call.hpp>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/identity.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/vcpu/vcpu_thread.hpp"

namespace kx::hv {

namespace {

// Page-table bits (Intel SDM vol. 3, 4.5), and the one by which the library OS marks pages of file mappings.
constexpr std::uint64_t present = 1, writable = 2, huge = 0x80, foreign = 1 << 9;
constexpr std::uint64_t address_mask = 0x000f'ffff'ffff'f000;
constexpr int top_level = 4;

// Of each part of a child that is copied, so much at most is made present ahead.
constexpr std::uint64_t most_prefaulted = 512 << 10;

// Gives the child a copy of what its parent's youngest slot holds, in its own first slot, place by place. Each page is
// copied once, whatever the guest's tables say.
class SlotCopy {
 public:
  // None.
  SlotCopy() = default;
  SlotCopy(std::uint64_t from_gpa, const std::byte* from, const Slot& to) : from_gpa_(from_gpa), from_(from), to_(to) {}

  [[nodiscard]] bool holds(std::uint64_t gpa) const { return from_ != nullptr && gpa - from_gpa_ < to_.size; }
  void copy(std::uint64_t gpa, std::uint64_t size) {
    for (std::uint64_t end = gpa + size; gpa < end && holds(gpa); gpa += abi::page_size) {
      const std::uint64_t place = align_down(gpa - from_gpa_, abi::page_size);
      if (!done_[place / abi::page_size]) {
        done_[place / abi::page_size] = true;
        std::memcpy(to_.hva + place, from_ + place, abi::page_size);
      }
    }
  }
  [[nodiscard]] std::uint64_t copy_of(std::uint64_t gpa) const { return to_.gpa + (gpa - from_gpa_); }

 private:
  std::uint64_t from_gpa_ = 0;
  const std::byte* from_ = nullptr;
  Slot to_;
  std::bitset<abi::forked_slot_size / abi::page_size> done_;
};

// Copies the parent's page tables to the same places of the child. All of them lie in the system slots. What the guest
// wrote into them is only followed inside the parent's slot, and each table once.
class TableCopy {
 public:
  // `keeps_writable`: what the child is given as its own it may write at once.
  TableCopy(const std::byte* from, std::byte* to, SlotCopy& slot, bool keeps_writable)
      : from_(from), to_(to), slot_(slot), keeps_writable_(keeps_writable) {}

  // The end of the highest table copied.
  std::uint64_t run() {
    copy(abi::boot_pml4_gpa, top_level, false);
    return end_;
  }

 private:
  void copy(std::uint64_t table_gpa, int level, bool frozen);
  void copy_leaf(std::uint64_t& entry, std::uint64_t size);

  const std::byte* from_;
  std::byte* to_;
  SlotCopy& slot_;
  bool keeps_writable_;
  std::uint64_t end_ = 0;
  std::bitset<abi::system_size / abi::page_size> done_;
};

void TableCopy::copy_leaf(std::uint64_t& entry, std::uint64_t size) {
  const std::uint64_t gpa = entry & address_mask & ~(size - 1);
  const bool copied = slot_.holds(gpa);
  if (copied) {
    slot_.copy(gpa, size);
    entry = (entry & ~(address_mask & ~(size - 1))) | slot_.copy_of(gpa);
  }
  if (!copied || !keeps_writable_) {
    entry &= ~writable;
  }
}

// `frozen`: the table maps the program's memory: the child may write none of it before it has made a copy. The tables
// above are writable, whatever the parent did to freeze its own.
void TableCopy::copy(std::uint64_t table_gpa, int level, bool frozen) {
  const bool holds_tables = table_gpa >= abi::boot_pml4_gpa && table_gpa <= abi::arena_gpa_end - abi::page_size;
  if (!holds_tables || done_[table_gpa / abi::page_size]) {
    return;
  }
  done_[table_gpa / abi::page_size] = true;
  if (table_gpa < abi::linear_tables_gpa) {
    end_ = std::max(end_, table_gpa + abi::page_size);
  }
  std::uint64_t entries[512];
  std::memcpy(entries, from_ + table_gpa, sizeof entries);
  for (std::uint64_t i = 0; i < 512; ++i) {
    std::uint64_t& entry = entries[i];
    if ((entry & present) == 0) {
      continue;
    }
    const bool is_leaf = level == 1 || (level < top_level && (entry & huge) != 0);
    const bool of_program = frozen || (level == top_level && i != (abi::linear_base >> 39 & 511));
    if (!is_leaf) {
      entry |= writable;
      copy(entry & address_mask, level - 1, of_program);
    } else if (of_program && (entry & foreign) == 0) {
      copy_leaf(entry, abi::page_size << (9 * (level - 1)));
    }
  }
  std::memcpy(to_ + table_gpa, entries, sizeof entries);
}

// The copy of the forking thread's vCPU area: registers saved on its stack, and the answer that makes it the child.
bool copy_area(const std::byte* from, std::byte* to, Gpa area, std::uint64_t rsp_gva, const Slot& slot) {
  const std::uint64_t stack_start = abi::linear_gva(area.value) + abi::vcpu_stack_offset;
  const std::uint64_t stack_top = abi::linear_gva(area.value) + abi::vcpu_stack_top;
  if (rsp_gva < stack_start || rsp_gva >= stack_top) {
    return false;
  }
  const std::uint64_t used = rsp_gva - abi::linear_base;
  std::memcpy(to + used, from + used, stack_top - rsp_gva);
  std::memcpy(to + area.value, from + area.value, sizeof(abi::VcpuPage));
  // SAFETY: the child's own page, which nothing runs on yet.
  auto& page = *reinterpret_cast<abi::VcpuPage*>(to + area.value);
  page.pending = 0;
  page.service_awake = 0;
  page.robust_list_gva = 0;  // what the thread holds is its parent's
  page.thread_id = 0;
  page.call.state = static_cast<std::uint32_t>(abi::CallState::Idle);
  page.call.result = 0;
  page.call.extra[0] = slot.gpa;
  page.call.extra[1] = slot.size;
  return true;
}

void copy_range(const std::byte* from, std::byte* to, std::uint64_t start, std::uint64_t end) {
  std::memcpy(to + start, from + start, end - start);
}

}  // namespace

// The parts of the system slot that make the library OS what it is at this moment.
Result<void> Family::copy_state(Pvm& parent, Pvm& child, Gpa area, const ForkRequest& request) {
  const std::byte* from = parent.memory().system();
  std::byte* to = child.memory().system();
  if (request.arena_end_gpa < abi::arena_gpa || request.arena_end_gpa > abi::arena_gpa_end) {
    return Unexpected{system_error_from(EFAULT, "fork: the library OS's memory")};
  }
  KX_TRY_ASSIGN(const Slot slot, child.memory().grow_forked());
  if (!copy_area(from, to, area, request.rsp_gva, slot)) {
    return Unexpected{system_error_from(EFAULT, "fork: the library OS's stack")};
  }
  copy_range(from, to, libos_.data_begin_gva - abi::linear_base, libos_.data_end_gva - abi::linear_base);
  copy_range(from, to, abi::arena_gpa, request.arena_end_gpa);
  copy_range(from, to, abi::idt_gpa, abi::idt_gpa + abi::page_size);
  copy_range(from, to, abi::boot_info_gpa, abi::boot_info_gpa + abi::page_size);
  copy_range(from, to, abi::cpuid_table_gpa, abi::cpuid_table_gpa + abi::page_size);
  SlotCopy copied;
  if (request.copied_head_size != 0) {
    const std::uint64_t gpa = request.except.empty() ? 0 : request.except.front();
    const std::byte* source = parent.memory().translate_ram(Gpa{gpa}, slot.size);
    if (source == nullptr || gpa < abi::forked_memory_gpa || request.copied_head_size > slot.size ||
        !is_aligned(gpa, abi::huge_page_size)) {
      return Unexpected{system_error_from(EFAULT, "fork: the slot to copy")};
    }
    copied = SlotCopy(gpa, source, slot);
    copied.copy(gpa, request.copied_head_size);
  }
  const std::uint64_t tables_end = TableCopy(from, to, copied, (request.flags & abi::fork_waits) == 0).run();
  copied_arena_size_ = std::min(request.arena_end_gpa - abi::arena_gpa, most_prefaulted);
  copied_tables_size_ = std::min(tables_end - abi::boot_pml4_gpa, most_prefaulted);

  // SAFETY: a fixed page of the child's own system slot.
  auto& info = *reinterpret_cast<abi::BootInfo*>(to + abi::boot_info_gpa);
  info.pid = static_cast<std::uint32_t>(child.pid());
  if (::getrandom(info.random, sizeof info.random, 0) != sizeof info.random) {
    return Unexpected{system_error("getrandom")};
  }
  return {};
}

Result<std::shared_ptr<Pvm>> Family::make_unborn() {
  KX_TRY_ASSIGN(std::shared_ptr<Pvm> child, make_pvm(0));
  GuestMemory& memory = child->memory();
  KX_TRY(memory.attach(child->vm(), 0));
  KX_TRY_ASSIGN(const auto header, load_libos(memory));
  KX_VERIFY(header.version == libos_.version);
  KX_TRY(child->prepare());
  KX_TRY(memory.make_forked_ahead(GuestMemory::ForkedFor::Child));
  return child;
}

// If none was made ahead, of one that has ended: who forks faster than the collector works does part of its work, or
// the dead would become ever more, and each of them makes every change of the process's memory slower.
Result<std::shared_ptr<Pvm>> Family::take_unborn(ProcessId forker) {
  std::shared_ptr<Pvm> dead;
  {
    const std::lock_guard lock(mutex_);
    auto found =
        std::find_if(unborn_.begin(), unborn_.end(), [&](const Unborn& each) { return each.forker == forker; });
    if (found == unborn_.end() && !unborn_.empty()) {
      found = unborn_.begin();
    }
    if (found != unborn_.end()) {
      std::shared_ptr<Pvm> child = std::move(found->pvm);
      unborn_.erase(found);
      return child;
    }
    if (!dead_.empty()) {
      dead = std::move(dead_.back());
      dead_.pop_back();
    }
  }
  if (dead != nullptr && dead.use_count() == 1) {
    if (std::shared_ptr<Pvm> child = renew(*dead); child != nullptr) {
      return child;
    }
  }
  dead.reset();
  return make_unborn();
}

// What a fork can find done: pages to copy to, of the library OS, its objects, page tables and the first vCPU; the vCPU
// and its thread.
Result<void> Family::make_ready(Pvm& unborn, std::optional<kvm::Vcpu> used) {
  GuestMemory& memory = unborn.memory();
  constexpr std::uint64_t buffer_used = 8 << 10, stack_used = 12 << 10;
  memory.prefault_system(abi::idt_gpa, abi::vcpu0_gpa + abi::vcpu_call_buffer_offset + buffer_used - abi::idt_gpa);
  memory.prefault_system(abi::vcpu0_gpa + abi::vcpu_stack_top - stack_used, stack_used);
  memory.prefault_system(abi::libos_data_gpa, align_up(libos_.data_end_gva, abi::page_size) - libos_.data_begin_gva);
  memory.prefault_system(abi::arena_gpa, align_up(copied_arena_size_.load(), abi::page_size));
  memory.prefault_system(abi::boot_pml4_gpa, align_up(copied_tables_size_.load(), abi::page_size));
  const EntryPoint entry{libos_.fork_resume_gva, 0, 0, abi::boot_pml4_gpa};
  return unborn.make_vcpu_ahead(entry, std::move(used));
}

// Failures do not count: the fork itself will meet them. Null then.
std::shared_ptr<Pvm> Family::make_ahead(Pvm& forker) {
  static_cast<void>(forker.memory().make_forked_ahead(GuestMemory::ForkedFor::Parent));
  auto child = make_unborn();
  return child && make_ready(**child, std::nullopt) ? std::move(*child) : nullptr;
}

std::shared_ptr<Pvm> Family::renew(Pvm& dead) {
  std::optional<Pvm::Remains> remains = dead.take_apart();
  if (!remains) {
    return nullptr;
  }
  auto child = std::make_shared<Pvm>(*this, 0, std::move(remains->vm), std::move(remains->memory));
  if (!child->memory().renew(child->vm()) || !load_libos(child->memory()) || !child->prepare() ||
      !child->memory().make_forked_ahead(GuestMemory::ForkedFor::Child) ||
      !make_ready(*child, std::move(remains->vcpu))) {
    return nullptr;
  }
  return child;
}

void Family::bury(std::unique_lock<std::mutex>& lock) {
  constexpr std::size_t most_kept = 8;
  std::shared_ptr<Pvm> dead = std::move(dead_.back());
  dead_.pop_back();
  const ProcessId forker = last_forker_;
  const bool wanted = forker != 0 && !stopping_ && unborn_.size() < most_kept;
  Unborn next{forker, forks_.load() - 1, nullptr};  // its slots are matched by tend_unborn()
  lock.unlock();
  if (wanted && dead.use_count() == 1) {
    next.pvm = renew(*dead);
  }
  dead.reset();
  lock.lock();
  if (next.pvm != nullptr) {
    keep(std::move(next));
  }
}

// With the lock held. False: whom it was made for has ended.
bool Family::keep(Unborn unborn) {
  const bool has_forker = processes_.find(unborn.forker) != nullptr;
  if (has_forker) {
    unborn_.push_back(std::move(unborn));
  } else {
    dead_.push_back(std::move(unborn.pvm));
  }
  return has_forker;
}

bool Family::tend_unborn(std::unique_lock<std::mutex>& lock) {
  constexpr std::size_t most_unborn = 2;
  if (last_forker_ == 0 || stopping_) {
    return false;
  }
  const ProcessId forker = last_forker_;
  Unborn next{forker, 0, nullptr};
  const auto stale = std::find_if(unborn_.begin(), unborn_.end(), [&](const Unborn& each) { return is_stale(each); });
  if (stale != unborn_.end()) {
    next = std::move(*stale);
    unborn_.erase(stale);
  } else if (unborn_.size() >= most_unborn || !dead_.empty()) {
    return false;  // what has ended becomes a child by less work than a new virtual machine
  }
  const std::vector<std::uint64_t> except = next_except_;
  next.forks = forks_.load();
  lock.unlock();
  if (const std::shared_ptr<Pvm> parent = processes_.find(forker); parent != nullptr) {
    if (next.pvm == nullptr) {
      next.pvm = make_ahead(*parent);
    }
    if (next.pvm != nullptr) {
      static_cast<void>(next.pvm->memory().inherit_ahead(parent->memory(), except));
    }
  }
  lock.lock();
  const bool kept = next.pvm != nullptr && keep(std::move(next));
  if (!kept && last_forker_ == forker) {
    last_forker_ = 0;  // it cannot be done now
  }
  return true;
}

Result<std::int32_t> Family::open_child(Pvm& parent, ProcessId child) {
  UniqueFd fd;
  ProcessReference process;
  if (const std::int64_t error = processes_.watch(child, false, fd, process); error != 0) {
    return Unexpected{system_error_from(static_cast<int>(-error), "fork: a descriptor of the child")};
  }
  const std::int32_t handle = parent.handles().add(std::move(fd), process);
  if (handle < 0) {
    return Unexpected{system_error_from(EMFILE, "fork: a descriptor of the child")};
  }
  return handle;
}

Result<ForkResult> Family::fork(Pvm& parent, std::uint32_t vcpu, const ForkRequest& request) {
  const auto forking = parent.vcpu(vcpu);
  KX_VERIFY(forking != nullptr);
  if (processes_.is_full()) {  // before a virtual machine is made in vain
    return Unexpected{system_error_from(EAGAIN, "the family has as many processes as it may")};
  }
  ForkResult result;
  result.pid = processes_.next_id();
  KX_TRY_ASSIGN(std::shared_ptr<Pvm> child, take_unborn(parent.pid()));
  child->set_pid(result.pid);

  std::vector<std::uint64_t> except = request.except;
  if (except.empty() || (request.flags & abi::fork_adds_slot) != 0) {
    KX_TRY_ASSIGN(const Slot slot, parent.memory().grow_forked());
    except.insert(except.begin(), slot.gpa);
    result.slot_size = slot.size;
  }
  result.slot_gpa = except.front();
  KX_TRY(
      child->memory().inherit(parent.memory(), except, std::make_shared<Snapshot>(parent.ledger(), request.sequence)));
  KX_TRY(copy_state(parent, *child, forking->area(), request));
  child->handles().copy_from(parent.handles());

  ProcessTable::Parent parent_of_child{parent.pid(), static_cast<std::int32_t>(forking->guest_thread_id())};
  if ((request.flags & abi::fork_of_parent) != 0) {
    processes_.change(parent.pid(), [&](const ProcessTable::Process& process) {
      parent_of_child = {process.parent, process.parent_thread};
    });
  }
  child->set_parent(parent_of_child.pid);
  const bool waits = (request.flags & abi::fork_waits) != 0;
  KX_TRY(processes_.add_child(result.pid, parent.pid(), parent_of_child,
                              static_cast<int>(request.flags & abi::fork_signal_mask), waits, child));
  ipc_.process_forked(parent.pid(), result.pid);
  const auto take_back = [&] {
    processes_.remove(result.pid);
    ipc_.process_gone(result.pid);
  };
  if ((request.flags & abi::fork_opens) != 0) {
    auto handle = open_child(parent, result.pid);
    if (!handle) {
      take_back();
      return Unexpected{std::move(handle).error()};
    }
    result.handle = *handle;
  }
  const EntryPoint entry{libos_.fork_resume_gva, request.rsp_gva, 0, abi::boot_pml4_gpa};
  // A thread made ahead is still who the family began as.
  std::optional<abi::Identity> identity;
  if (parent.services().has_own_identity) {
    child->services().has_own_identity = true;
    identity = identity_of_thread();
  }
  if (auto started = child->start_vcpu(forking->area(), entry, identity); !started) {
    take_back();
    if ((request.flags & abi::fork_opens) != 0) {
      parent.handles().remove(static_cast<std::uint64_t>(result.handle));
    }
    return Unexpected{std::move(started).error()};
  }
  forks_.fetch_add(1, std::memory_order_relaxed);
  static_cast<void>(start_collector());  // without it nothing is taken down before the next fork, which tries again
  const std::lock_guard lock(mutex_);
  last_forker_ = parent.pid();
  next_except_ = std::move(except);  // most likely the next child is not to see them either
  changed_.notify_all();
  return result;
}

}  // namespace kx::hv
