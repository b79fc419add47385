#include "process/borrowed_memory.hpp"

#include <algorithm>
#include <cstring>

#include "host/host_call.hpp"
#include "mm/address_space.hpp"
#include "mm/heap.hpp"
#include "mm/memory.hpp"

namespace kx::libos {

namespace {

struct Page {
  u64 address;
  u64 old_gpa;
  u64 new_gpa;
  bool owned;
};

// What a vfork child may write without that being lost: far more than posix_spawn and its kind touch.
constexpr u64 most_pages = 512;
Page* pages = nullptr;
u64 page_count = 0;

// In front of `size` bytes that were written at `address`.
struct Record {
  u64 address;
  u64 size;
};
constexpr u64 word = sizeof(u64);
constexpr u64 message_limit = fault_buffer_offset;

// Collects records in the call buffer and sends it when it is full.
class Message {
 public:
  void add(u64 address, const u8* data, u64 size) {
    while (size > 0) {
      if (message_limit - used_ < sizeof(Record) + word) {
        send();
      }
      const u64 count = std::min(size, message_limit - used_ - sizeof(Record));
      const Record record{address, count};
      std::memcpy(call_buffer() + used_, &record, sizeof record);
      std::memcpy(call_buffer() + used_ + sizeof record, data, count);
      used_ += sizeof record + count;
      address += count;
      data += count;
      size -= count;
    }
  }
  void send() {
    if (used_ != 0) {
      host_call(abi::HostCall::VforkWrite, CallKind::Blocking, 0, used_);
      used_ = 0;
    }
  }

 private:
  u64 used_ = 0;
};

void add_differences(const Page& page, Message& message) {
  const auto* before = linear_pointer<const u64>(Gpa{page.old_gpa});
  const auto* after = linear_pointer<const u64>(Gpa{page.new_gpa});
  constexpr u64 words = abi::page_size / word;
  for (u64 i = 0; i < words;) {
    if (before[i] == after[i]) {
      ++i;
      continue;
    }
    u64 end = i + 1;
    while (end < words && before[end] != after[end]) {
      ++end;
    }
    message.add(page.address + i * word, reinterpret_cast<const u8*>(after + i), (end - i) * word);
    i = end;
  }
}

}  // namespace

void borrow_memory() {
  pages = static_cast<Page*>(heap_allocate(most_pages * sizeof(Page)));
  page_count = 0;
}

bool memory_is_borrowed() {
  return pages != nullptr;
}

void note_borrowed_page(u64 address, u64 old_gpa, u64 new_gpa, bool owned) {
  if (pages != nullptr && page_count < most_pages) {
    pages[page_count++] = {address, old_gpa, new_gpa, owned};
  }
}

void return_borrowed_memory() {
  if (pages == nullptr) {
    return;
  }
  Message message;
  for (u64 i = 0; i < page_count; ++i) {
    add_differences(pages[i], message);
    if (pages[i].owned) {
      Memory::instance().free(Gpa{pages[i].old_gpa}, 0);
    }
  }
  message.send();
  heap_free(pages, most_pages * sizeof(Page));
  pages = nullptr;
}

void take_returned_memory(u32 pid) {
  for (;;) {
    const i64 size = host_call(abi::HostCall::VforkRead, CallKind::Blocking, pid, 0, message_limit);
    if (size <= 0) {
      return;
    }
    for (u64 at = 0; at + sizeof(Record) <= static_cast<u64>(size);) {
      Record record;
      std::memcpy(&record, call_buffer() + at, sizeof record);
      at += sizeof record;
      if (record.size > static_cast<u64>(size) - at) {
        return;
      }
      // Page faults use only what lies behind the message.
      static_cast<void>(copy_to_user(record.address, call_buffer() + at, record.size));
      at += record.size;
    }
  }
}

}  // namespace kx::libos
