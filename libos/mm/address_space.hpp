// The program's address space: areas, page tables, files behind them, faults. One per pVM.
#pragma once

#include <kx/abi/host_call.hpp>
#include <kx/base/address.hpp>
#include <kx/base/result.hpp>

#include "arch/x86_64/context.hpp"
#include "mm/page_table.hpp"
#include "mm/tlb.hpp"
#include "mm/vma_set.hpp"
#include "process/lock.hpp"

namespace kx::libos {

class OpenFile;
struct Patch;

// What became of a system-call instruction that trapped.
enum class PatchOutcome : u8 {
  Patched,
  Later,  // not while other threads run
  Refused,
};

// Success, or what the fault means for the program (siginfo of SIGSEGV and SIGBUS, sigaction(2)).
enum class FaultOutcome : u8 {
  Resolved,
  NotMapped,     // SEGV_MAPERR
  NotPermitted,  // SEGV_ACCERR
  BeyondFile,    // SIGBUS, BUS_ADRERR
  OutOfMemory,
};

struct FaultAccess {
  bool write = false;
  bool execute = false;
};

struct MapRequest {
  u64 address = 0;  // hint, or the place if fixed
  u64 size = 0;
  u32 prot = 0;   // prot:: bits
  u32 flags = 0;  // vma_flag:: bits
  bool fixed = false;
  bool replace = false;  // fixed: unmap what is there
  bool populate = false;
  bool low = false;       // MAP_32BIT
  bool approved = false;  // the library policy was asked already
  OpenFile* file = nullptr;
  u64 offset = 0;
  u64 wanted = 0;  // of a file: how much of it is needed soon, if that is known
};

class AddressSpace {
 public:
  static AddressSpace& instance();

  // Lays out an empty address space with randomised bases; `random` is consumed entropy.
  void start(u64 random);

  // Unmaps everything, for a new program.
  void clear();

  // The address, or -errno (mmap(2)).
  i64 map(const MapRequest& request);

  // From now on what map() would read from files at once is left to finish_reading(), which does it by one host call:
  // for a program of one thread that does not run yet. False: some of it could not be read.
  void defer_reading();
  bool finish_reading();
  i64 unmap(u64 address, u64 size);
  i64 protect(u64 address, u64 size, u32 prot);
  i64 remap(u64 old_address, u64 old_size, u64 new_size, u32 flags, u64 new_address);
  i64 advise(u64 address, u64 size, int advice);
  i64 sync(u64 address, u64 size, u32 flags);
  i64 resident(u64 address, u64 size, u8* vector);
  u64 set_break(u64 address);
  void set_break_start(u64 address);

  // Freezes all private memory for a fork: what is written afterwards is copied first, until the child has ended.
  void freeze();
  // Moves pages out of slots that are nearly empty, so that forks can use those again. Before freeze().
  // `hard`: also out of such as are half empty.
  void compact(bool hard);
  // In the child: what it does not inherit (madvise(2), mlock(2)) goes.
  void start_in_child();

  FaultOutcome fault(Gva address, FaultAccess access);
  // The host had no page for an access: takes back shared file pages that lie beyond their file by now. True if there
  // were any: the access then faults with its address.
  bool drop_beyond_files();
  // The program made the file shorter: what private mappings of it had beyond its new end is gone (ftruncate(2)).
  void file_shortened(const OpenFile& file, u64 size);

  // Makes [address, address + size) present for the host: fills `segments` (at most `capacity`) and returns how many
  // bytes they cover from the start on; 0 if the first byte cannot be had (EFAULT).
  u64 segments(u64 address, u64 size, bool write, abi::Segment* segments, u32 capacity, u32& count);

  // The guest-physical address of an accessible word, for futexes; 0 if there is none.
  u64 translate(u64 address, bool write);

  // Code patching: writes to the program's text whatever its protection. False if not mapped.
  bool write_text(u64 address, const u8* bytes, u64 size);

  // Patches the system-call instruction at `site`, which trapped, if it lies in the unchangeable text of a file and the
  // code around it lets it. Uses the call buffer.
  PatchOutcome patch_trapped(u64 site);

  bool zero_text(u64 address, u64 size);

  // For updates of libraries, which write whatever the protection (direct.cpp).
  // Makes private pages present and this pVM's own. False: something else is there, or no memory is left.
  bool make_own(u64 address, u64 size);
  // From now on the first write to each page of the range is a page fault, which fault() resolves as ever. False: out
  // of memory.
  bool write_protect(u64 start, u64 end);
  // The memory of a byte in a page that make_own() has made ready, of which `room` bytes follow each other.
  u8* own_memory(u64 address, u64& room);
  // Visits the present pages of private areas that the program may write: visit(bytes, address, size).
  template <class Visit>
  void for_each_writable_page(Visit&& visit) {
    const Lock lock(mutex_);
    table_.for_each_leaf([&](u64 entry, Gva address) {
      const Vma* vma = (entry & pte::foreign) == 0 ? vmas_.find(address.value) : nullptr;
      if (vma != nullptr && (vma->prot & prot::write) != 0 && !vma->has(vma_flag::internal)) {
        const u64 size = (entry & pte::huge) != 0 ? abi::huge_page_size : abi::page_size;
        visit(reinterpret_cast<const u8*>(abi::linear_base + (entry & pte::address_mask & ~(size - 1))), address.value,
              size);
      }
    });
  }
  // Sets aside `size` bytes within reach of a 32-bit displacement from `near`; the address, or -errno.
  i64 map_near(u64 near, u64 size);

  // Maps the time page and behind it a copy of the vDSO; the vDSO's address, or 0.
  u64 map_vdso(const u8* image, u64 size);

  // Finds room for `size` bytes within reach of a 32-bit displacement from `near`.
  u64 find_near(u64 near, u64 size);
  // An executable area of the library OS's own near `near`, present and zero; 0 if there is no room. Lock held.
  u64 make_arena(u64 near, u64 size);

  // Visits each mapped file once; what it does with references is its affair.
  template <class Visit>
  void for_each_file(Visit&& visit) {
    const Lock lock(mutex_);
    for (u32 i = 0; i < object_capacity_; ++i) {
      if (objects_[i].file != nullptr) {
        visit(*objects_[i].file);
      }
    }
  }

  template <class Visit>
  void for_each_area(Visit&& visit) {
    const Lock lock(mutex_);
    for (const Vma& vma : vmas_) {
      visit(vma);
    }
  }
  [[nodiscard]] OpenFile* file_of(const Vma& vma);

  [[nodiscard]] u64 break_start() const { return break_start_; }
  [[nodiscard]] u64 break_end() const { return break_; }
  [[nodiscard]] u64 stack_top() const { return stack_top_; }
  [[nodiscard]] u64 image_base() const { return image_base_; }
  [[nodiscard]] u64 total_size() const { return vmas_.total_size(); }
  u64 stack_start = 0, arguments_start = 0, arguments_end = 0, environment_start = 0, environment_end = 0;
  // The dynamic linker of the program, if it does nothing but link; else empty.
  u64 linker_start = 0, linker_end = 0;
  [[nodiscard]] bool is_in_linker(u64 address) const { return address - linker_start < linker_end - linker_start; }
  u64 code_start = 0, code_end = 0, data_start = 0, data_end = 0;

 private:
  AddressSpace();

  i64 map_locked(const MapRequest& request);
  i64 unmap_locked(u64 start, u64 end);
  i64 remap_locked(u64 old_address, u64 old_size, u64 new_size, u32 flags, u64 new_address);
  [[nodiscard]] bool exceeds_limit(u64 more) const;
  i64 remap_shared(const Vma& old, u64 new_size, u32 flags, u64 new_address);
  bool choose_place(const MapRequest& request, u64& start);
  i64 map_shared_file(Vma& vma, OpenFile& file);
  void release_piece(const Vma& piece, FlushBatch& batch);
  void drop_pages(u64 start, u64 end, FlushBatch& batch);
  i64 punch_holes(u64 address, u64 end);
  void free_dropped();
  FaultOutcome fault_locked(Gva address, FaultAccess access);
  FaultOutcome fill(const Vma& vma, u64 start, u64 end);
  FaultOutcome fill_anonymous(u64 start, u64 end, u64 flags);
  FaultOutcome fill_file(const Vma& vma, u64 start, u64 end);
  FaultOutcome fill_shared(const Vma& vma, u64 start, u64 end);
  // A write to a present page that is read-only since a fork, in an area that may be written: makes it, and neighbours
  // that are in the same case, this pVM's own (cow.cpp).
  FaultOutcome unshare(const Vma& vma, Gva address);
  bool unshare_page(u64* entry, u64 flags, FlushBatch& batch, Gva address);
  // The entry of a present private page, whose memory this pVM alone can see after this. Null: there is none, or no
  // memory.
  u64* own_page(u64 address, u64& size);
  // The bits of a leaf for a present page under a new protection: a page others can see is not writable yet.
  [[nodiscard]] static u64 flags_for(u64 entry, u32 prot);
  i64 read_file(OpenFile& file, u64 offset, u64 start, u64 end);
  // The memory behind [start, end), present, as at most `capacity` pieces in `list`; how many bytes they cover.
  u64 list_pieces(u64 start, u64 end, abi::Segment* list, u32 capacity, u32& count);
  // What was read of [start, end) becomes the program's, patched if it is text; what was not is taken away.
  FaultOutcome settle(u64 start, u64 end, i64 got, u32 prot);
  void show_pages(u64 start, u64 end, u64 flags);
  // Patches system-call sites in freshly filled pages, and in pages that become executable.
  void patch_text(u64 start, u64 end);
  void patch_pages(u64 start, u64 end);
  bool apply_patch(const Patch& patch);
  // Copies the present text around a site in a file's text into the call buffer.
  bool copy_surroundings(u64 site, u64& start, u64& size);
  // What the library policy says of pages that become executable: of one mapping, or of those in a range that are not
  // yet as `prot` has them. 0 or -EACCES. executable.cpp
  i64 approve(OpenFile* file, u32 flags, u32 prot);
  i64 approve_range(u64 start, u64 end, u32 prot);
  // Lets go of what the program has of the file and cannot have changed: it was read before the file was judged.
  void forget_unchanged(const OpenFile& file);
  u32 object_for(OpenFile& file);
  bool grow_objects();
  void release_object(u32 object);

  Mutex mutex_;
  VmaSet vmas_;
  PageTable table_;
  u64 mmap_top_ = 0;
  u64 stack_top_ = 0;
  u64 image_base_ = 0;
  u64 break_start_ = 0, break_ = 0;
  u64 next_fault_ = 0;     // where a sequential access would fault next
  u64 fault_cluster_ = 0;  // bytes mapped by the last fault
  u64 next_copy_ = 0;      // the same for copies on write
  u64 copy_cluster_ = 0;

  // Pages that finish_reading() is to read.
  struct Deferred {
    OpenFile* file;
    u64 offset, start, end;
    u32 prot;
  };
  static constexpr u32 max_deferred = 12;
  Deferred deferred_[max_deferred];
  u32 deferred_count_ = 0;
  bool defers_ = false;

  // Mapped files: an id is the index + 1.
  struct Object {
    OpenFile* file = nullptr;
    u64 mappings = 0;
  };
  static constexpr u32 max_objects = 4096;
  Object* objects_ = nullptr;  // grows: a fork copies it
  u32 object_capacity_ = 0;

  // Blocks taken out of the tables, freed once the translations are gone.
  struct Dropped {
    u64 gpa;
    u64 order;
  };
  static constexpr u32 max_dropped = 512;
  Dropped* dropped_ = nullptr;
  u32 dropped_count_ = 0;
};

// Copies between the library OS and the program. False: some byte is not accessible (EFAULT).
bool copy_from_user(void* to, u64 from, u64 size);
bool copy_to_user(u64 to, const void* from, u64 size);
// Copies a string with its NUL; its length, or -EFAULT, -ENAMETOOLONG if it exceeds the capacity.
i64 copy_string_from_user(char* to, u64 from, u64 capacity);

template <class T>
bool read_user(T& value, u64 from) {
  return copy_from_user(&value, from, sizeof(T));
}
template <class T>
bool write_user(u64 to, const T& value) {
  return copy_to_user(to, &value, sizeof(T));
}

}  // namespace kx::libos
