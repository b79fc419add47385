#include "libraries/update.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <kx/abi/library_update.hpp>
#include <kx/abi/memory_map.hpp>
#include <kx/base/address.hpp>
#include <span>

#include "host/host_call.hpp"
#include "libraries/hook.hpp"
#include "libraries/stack_check.hpp"
#include "libraries/update_block.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "process/clock.hpp"
#include "process/process_info.hpp"
#include "process/thread.hpp"
#include "process/world.hpp"

namespace kx::libos {

namespace {

u8* block = nullptr;
u64 block_size = 0;

constexpr u64 short_jump_size = 5, long_jump_size = 14;
constexpr u64 most_pointers = 16384;

// Of the jump that an entry's bytes become.
u64 jump_size(const abi::UpdateEntry& entry) {
  const u64 distance = entry.to - (entry.from + short_jump_size);
  return static_cast<i64>(distance) == static_cast<i32>(distance) ? short_jump_size : long_jump_size;
}

// Pointers into objects that move, found in the program's memory.
struct Pointer {
  u64 address, value;
};

// The words of `bytes` that point into an object that moves.
template <class Found>
void find_pointers(const UpdateBlock& update, const u8* bytes, u64 size, Found&& found) {
  const u64 start = update.header->old_start, length = update.header->old_end - start;
  for (u64 at = 0; at + sizeof(u64) <= size; at += sizeof(u64)) {
    u64 word;
    std::memcpy(&word, bytes + at, sizeof word);
    if (word - start < length) [[unlikely]] {
      if (const u64 moved = update.followed(word); moved != 0) {
        found(at, moved);
      }
    }
  }
}

class Change {
 public:
  explicit Change(const UpdateBlock& update) : update_(update) {}
  // What has not been applied has not happened.
  ~Change() {
    if (!applied_) {
      forget_mappings(hook_);
      restore_bytes();
    }
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  i64 prepare();
  // Has kx_lib_update convert what it is to convert, in the new version alone. How that ended is in the header then.
  void convert();
  void apply();

 private:
  [[nodiscard]] bool words_are_expected() const;
  i64 collect_pointers();
  [[nodiscard]] bool make_all_own() const;
  i64 find_pointers_to_change();
  [[nodiscard]] bool keep_bytes();
  void restore_bytes();
  void carry();
  void follow(u64 start, u64 size) const;
  void redirect(const abi::UpdateEntry& entry) const;
  void move(const abi::UpdateObject& object) const;
  static void write(u64 address, const void* from, u64 size);

  const UpdateBlock& update_;
  HeapBlock pointers_{most_pointers * sizeof(Pointer)};
  u64 pointer_count_ = 0;
  HookRun hook_;
  // What was where UpdateBytes go, if they went before the rest is certain.
  u8* kept_bytes_ = nullptr;
  u64 kept_size_ = 0;
  bool carried_ = false, applied_ = false;

  [[nodiscard]] std::span<Pointer> pointers() const {
    return {reinterpret_cast<Pointer*>(pointers_.bytes()), pointer_count_};
  }
};

bool Change::words_are_expected() const {
  return std::all_of(update_.words.begin(), update_.words.end(), [](const abi::UpdateWord& word) {
    u64 value = 0;
    return word.expected == abi::update_any || (read_user(value, word.address) && value == word.expected);
  });
}

i64 Change::collect_pointers() {
  if (update_.header->follow_pointers == 0) {
    return 0;
  }
  if (pointers_.bytes() == nullptr) {
    return -ENOMEM;
  }
  bool fits = true;
  AddressSpace::instance().for_each_writable_page([&](const u8* bytes, u64 address, u64 size) {
    if (address - update_.header->old_start < update_.header->old_end - update_.header->old_start) {
      return;  // what moves from there is looked through at its new place
    }
    find_pointers(update_, bytes, size, [&](u64 at, u64 moved) {
      fits = fits && pointer_count_ < most_pointers;
      if (fits) {
        ++pointer_count_;
        pointers().back() = {address + at, moved};
      }
    });
  });
  return fits ? 0 : -ENOBUFS;
}

bool Change::make_all_own() const {
  AddressSpace& space = AddressSpace::instance();
  const auto own = [&](const auto& list, auto&& place) {
    return std::all_of(list.begin(), list.end(), [&](const auto& each) {
      const auto [address, size] = place(each);
      return size == 0 || space.make_own(address, size);
    });
  };
  struct Place {
    u64 address, size;
  };
  return own(update_.words,
             [](const abi::UpdateWord& word) {
               return Place{word.address, sizeof(u64)};
             }) &&
         own(update_.objects,
             [](const abi::UpdateObject& object) {
               return Place{object.from, object.size};
             }) &&
         own(update_.objects,
             [](const abi::UpdateObject& object) {
               return Place{object.to, object.size};
             }) &&
         own(update_.entries,
             [](const abi::UpdateEntry& entry) {
               return Place{entry.from, jump_size(entry)};
             }) &&
         own(update_.bytes,
             [](const abi::UpdateBytes& bytes) {
               return Place{bytes.address, bytes.size};
             }) &&
         own(update_.variables, [](const abi::UpdateVariable& variable) {
           return Place{variable.to, variable.to != 0 ? variable.to_size : 0};
         });
}

i64 Change::find_pointers_to_change() {
  const i64 result = collect_pointers();
  const std::span<Pointer> list = pointers();
  const bool own = result == 0 && std::all_of(list.begin(), list.end(), [](const Pointer& pointer) {
                     return AddressSpace::instance().make_own(pointer.address, sizeof(u64));
                   });
  return result == 0 && !own ? -EFAULT : result;
}

i64 Change::prepare() {
  if (!std::all_of(update_.entries.begin(), update_.entries.end(),
                   [](const abi::UpdateEntry& entry) { return jump_size(entry) <= entry.room; })) {
    return -EINVAL;
  }
  if (!words_are_expected()) {
    return -EAGAIN;
  }
  if (!make_all_own()) {
    return -EFAULT;
  }
  // With a hook they are looked for in what it has left.
  return update_.header->hook_gva == 0 ? find_pointers_to_change() : 0;
}

bool Change::keep_bytes() {
  for (const abi::UpdateBytes& each : update_.bytes) {
    kept_size_ += each.size;
  }
  kept_bytes_ = kept_size_ != 0 ? static_cast<u8*>(heap_allocate(kept_size_)) : nullptr;
  if (kept_bytes_ == nullptr) {
    return kept_size_ == 0;
  }
  u8* to = kept_bytes_;
  for (const abi::UpdateBytes& each : update_.bytes) {
    for (u64 done = 0; done < each.size;) {
      u64 room = 0;
      const u8* const from = AddressSpace::instance().own_memory(each.address + done, room);
      const u64 part = std::min(room, each.size - done);
      std::memcpy(to, from, part);
      to += part;
      done += part;
    }
  }
  return true;
}

void Change::restore_bytes() {
  const u8* from = kept_bytes_;
  for (const abi::UpdateBytes& each : update_.bytes) {
    if (from != nullptr) {
      write(each.address, from, each.size);
      from += each.size;
    }
  }
  heap_free(kept_bytes_, kept_size_);
  kept_bytes_ = nullptr;
}

void Change::convert() {
  auto& header = *reinterpret_cast<abi::UpdateHeader*>(block);
  if (!keep_bytes()) {
    hook_.state = abi::HookState::NoMemory;
    hook_.value = ENOMEM;
  } else {
    carry();
    run_hook(update_, hook_);
  }
  if (hook_.state == abi::HookState::Returned && hook_.value == 0) {
    if (const i64 result = find_pointers_to_change(); result != 0) {
      hook_.state = abi::HookState::NoMemory;
      hook_.value = static_cast<u64>(-result);
    }
  }
  header.hook_value = hook_.value;
  header.hook_address = hook_.address;
  std::atomic_ref(header.hook_state).store(static_cast<u32>(hook_.state), std::memory_order_release);
  host_call(abi::HostCall::FutexWake, CallKind::Quick, reinterpret_cast<u64>(&header.hook_state) - abi::linear_base,
            0x7fff'ffff, ~0u);
}

void Change::write(u64 address, const void* from, u64 size) {
  const auto* bytes = static_cast<const u8*>(from);
  for (u64 done = 0; done < size;) {
    u64 room = 0;
    u8* const to = AddressSpace::instance().own_memory(address + done, room);
    const u64 part = std::min(room, size - done);
    std::memcpy(to, bytes + done, part);
    done += part;
  }
}

void Change::redirect(const abi::UpdateEntry& entry) const {
  u8 code[long_jump_size] = {0xe9};  // jmp rel32
  if (jump_size(entry) == short_jump_size) {
    const auto displacement = static_cast<i32>(entry.to - (entry.from + short_jump_size));
    std::memcpy(code + 1, &displacement, sizeof displacement);
    write(entry.from, code, short_jump_size);
    return;
  }
  constexpr u8 jump_to_following[] = {0xff, 0x25, 0, 0, 0, 0};  // jmp *0(%rip)
  std::memcpy(code, jump_to_following, sizeof jump_to_following);
  std::memcpy(code + sizeof jump_to_following, &entry.to, sizeof entry.to);
  write(entry.from, code, long_jump_size);
}

// With what it points to in the library following: an object that moves too, or a function that has another entry.
void Change::move(const abi::UpdateObject& object) const {
  for (u64 done = 0; done < object.size;) {
    u64 from_room = 0, to_room = 0;
    const u8* const from = AddressSpace::instance().own_memory(object.from + done, from_room);
    u8* const to = AddressSpace::instance().own_memory(object.to + done, to_room);
    const u64 part = std::min({from_room, to_room, object.size - done});
    std::memmove(to, from, part);
    done += part;
  }
  follow(object.to, object.size);
}

// What words of the new version's variables point to in the old one.
void Change::follow(u64 start, u64 size) const {
  for (u64 at = align_up(start, sizeof(u64)); at + sizeof(u64) <= start + size; at += sizeof(u64)) {
    u64 room = 0, word = 0;
    u8* const place = AddressSpace::instance().own_memory(at, room);
    std::memcpy(&word, place, sizeof word);
    if (word - update_.header->old_start >= update_.header->old_end - update_.header->old_start) {
      continue;
    }
    if (const u64 moved = update_.moved(word); moved != 0) {
      std::memcpy(place, &moved, sizeof moved);
    }
  }
}

// What concerns the new version alone.
void Change::carry() {
  for (const abi::UpdateBytes& bytes : update_.bytes) {
    write(bytes.address, update_.text + bytes.offset, bytes.size);
  }
  for (const abi::UpdateObject& object : update_.objects) {
    move(object);
  }
  carried_ = true;
}

void Change::apply() {
  if (!carried_) {
    carry();
  }
  applied_ = true;
  heap_free(kept_bytes_, kept_size_);
  for (const abi::UpdateVariable& variable : update_.variables) {
    if (variable.to != 0) {
      follow(variable.to, variable.to_size);
    }
  }
  for (const abi::UpdateWord& word : update_.words) {
    write(word.address, &word.value, sizeof word.value);
  }
  for (const Pointer& pointer : pointers()) {
    write(pointer.address, &pointer.value, sizeof pointer.value);
  }
  for (const abi::UpdateEntry& entry : update_.entries) {
    redirect(entry);
  }
  if (update_.header->follow_pointers == 0) {
    return;
  }
  ThreadList::instance().for_each([&](Thread& thread) {
    Context& context = thread.saved_context();
    for (u64* value = &context.r15; value <= &context.rdi; ++value) {
      const u64 moved = update_.followed(*value);
      *value = moved != 0 ? moved : *value;
    }
  });
}

// What it becomes after `last`. The hypervisor always decides, whatever becomes of the other programs.
abi::UpdateDecision wait_for_decision(abi::UpdateDecision last) {
  u32& word = reinterpret_cast<abi::UpdateHeader*>(block)->decision;
  const u64 gpa = reinterpret_cast<u64>(&word) - abi::linear_base;
  for (;;) {
    const u32 decision = std::atomic_ref(word).load(std::memory_order_acquire);
    if (decision != static_cast<u32>(last)) {
      return static_cast<abi::UpdateDecision>(decision);
    }
    host_call(abi::HostCall::FutexWait, CallKind::Blocking, gpa, decision, ~0u, ~0ull, 0);
  }
}

}  // namespace

i64 set_update_memory(u64 size) {
  heap_free(block, block_size);
  block = nullptr;
  block_size = 0;
  if (size == 0) {
    return 0;
  }
  if (size > abi::update_block_limit) {
    return -EINVAL;
  }
  block = static_cast<u8*>(heap_allocate(align_up(size, abi::page_size)));
  block_size = block != nullptr ? align_up(size, abi::page_size) : 0;
  return block != nullptr ? static_cast<i64>(reinterpret_cast<u64>(block) - abi::linear_base) : -ENOMEM;
}

i64 carry_out_update(abi::UpdateMode mode, void (*ready)(u64), u64 argument) {
  UpdateBlock update;
  if (block == nullptr || !update.read(block, block_size)) {
    return -EINVAL;
  }
  if (update.header->generation != ProcessInfo::instance().generation) {
    return -ESTALE;
  }
  if (mode == abi::UpdateMode::Running) {
    Change change(update);
    const i64 result = change.prepare();
    if (result == 0) {
      change.apply();
    }
    return result;
  }
  const u64 begin_ns = monotonic_ns();
  const StoppedWorld world;
  Change change(update);
  if (any_thread_in(update)) {
    return -EBUSY;
  }
  const i64 result = change.prepare();
  if (result != 0) {
    return result;
  }
  if (mode == abi::UpdateMode::Hold) {
    ready(argument);
    abi::UpdateDecision decision = wait_for_decision(abi::UpdateDecision::None);
    if (decision == abi::UpdateDecision::Convert) {
      change.convert();
      decision = wait_for_decision(decision);
    }
    if (decision != abi::UpdateDecision::Apply) {
      return -ECANCELED;
    }
  }
  change.apply();
  reinterpret_cast<abi::UpdateHeader*>(block)->pause_ns = monotonic_ns() - begin_ns;
  return 0;
}

}  // namespace kx::libos
