// What the hypervisor tells the library OS at start, and the pages they share afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <kx/abi/components.hpp>
#include <kx/abi/identity.hpp>
#include <kx/abi/memory_map.hpp>
#include <type_traits>

namespace kx::abi {

enum BootFlags : std::uint32_t {
  boot_strace = 1,      // report every system call through HostCall::Trace
  boot_slow_exits = 2,  // exits cost tens of microseconds: patch eagerly, use the service thread
  boot_stdin_tty = 4,
  boot_library_policy = 8,  // HostCall::CheckExecutable is to be asked before anything becomes executable
};

// A standard stream given by the caller of kx.
struct StandardStream {
  std::uint32_t present;
  std::uint32_t mode;  // st_mode
  std::uint64_t rdev;
};
static_assert(sizeof(StandardStream) == 16 && std::has_unique_object_representations_v<StandardStream>);

struct BootInfo {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t flags;       // BootFlags
  std::uint64_t memory_gpa;  // first RAM slot
  std::uint64_t memory_size;
  std::uint64_t memory_limit;    // bytes of RAM the pVM may have in all
  std::uint64_t arguments_gpa;   // start of the argument blob, inside the first RAM slot
  std::uint64_t arguments_size;  // program NUL, argv strings NUL.., envp strings NUL.., cwd NUL, hostname NUL
  std::uint32_t argument_count;
  std::uint32_t environment_count;
  std::uint32_t pid;
  std::uint32_t parent_pid;
  std::uint32_t group_id;  // process group
  std::uint32_t session_id;
  std::uint32_t umask;
  std::uint32_t components;  // of the library OS that the program may use: a set of component_bit
  Identity identity;
  std::uint64_t random[8];  // seed of this pVM's random numbers
  std::uint64_t hwcap, hwcap2;
  std::uint64_t xcr0;
  std::uint32_t xsave_size;  // of the area XCR0 asks for
  std::uint32_t minimum_signal_stack;
  std::uint32_t cpu_count;
  std::uint32_t reserved0;
  std::uint64_t limits[16][2];  // getrlimit(2): soft, hard
  StandardStream streams[3];
  std::uint64_t start_time_ns;    // CLOCK_BOOTTIME of the start
  std::uint64_t ignored_signals;  // dispositions inherited as SIG_IGN (bit n-1)
  std::uint64_t blocked_signals;
};
static_assert(std::is_standard_layout_v<BootInfo> && std::is_trivially_copyable_v<BootInfo> &&
              std::has_unique_object_representations_v<BootInfo>);
static_assert(sizeof(BootInfo) <= page_size);

// Conversion of the TSC; a sequence lock (odd while written). Mapped read-only for the vDSO.
struct TimePage {
  std::uint32_t sequence;
  std::uint32_t shift;
  std::uint64_t tsc_base;
  std::uint64_t multiplier;          // ns = (tsc - tsc_base) * multiplier >> shift
  std::uint64_t monotonic_ns;        // at tsc_base
  std::uint64_t realtime_ns;         // at tsc_base
  std::uint64_t boottime_offset_ns;  // CLOCK_BOOTTIME - CLOCK_MONOTONIC
  std::uint64_t tai_offset_ns;
  std::uint64_t raw_offset_ns;  // CLOCK_MONOTONIC_RAW - CLOCK_MONOTONIC at tsc_base, wrapping
  std::uint64_t refresh_tsc;    // ask for a refresh when the TSC has passed this
};
static_assert(sizeof(TimePage) == 72 && std::has_unique_object_representations_v<TimePage>);

// A signal posted to the pVM from outside.
struct InboxSignal {
  std::int32_t signo;
  std::int32_t code;  // si_code
  std::int32_t pid;
  std::uint32_t uid;
  std::uint64_t value;  // of sigqueue(3); a child's: its status
  std::int64_t user_ticks;
  std::int64_t system_ticks;
  std::uint32_t thread;   // for this thread alone; 0: for the process
  std::uint32_t of_file;  // 1: of O_ASYNC; the value is the descriptor, user_ticks what poll(2) would say
};
static_assert(sizeof(InboxSignal) == 48 && std::has_unique_object_representations_v<InboxSignal>);

inline constexpr std::uint32_t max_timers = 64;
inline constexpr std::uint32_t inbox_capacity = 64;

// Signals in the order in which they were posted: a ring that the hypervisor fills (`written` counts) and the library
// OS empties (`taken` counts). What finds no room waits in the hypervisor for HostCall::RefillInbox.
struct Inbox {
  std::uint64_t timer_bits;  // timer i expired
  std::uint32_t timer_expirations[max_timers];
  std::uint32_t written;
  std::uint32_t taken;
  std::uint32_t overflowed;  // 0 or 1: more is waiting
  std::uint32_t questions;   // 0 or 1: somebody asks (HostCall::NextQuestion)
  InboxSignal signals[inbox_capacity];
  std::uint32_t newest_reader;  // number of the newest fork whose memory is still mapped elsewhere; 0: none
  std::uint32_t parent_pid;     // changes when the parent ends
  std::uint32_t room;           // for how many more queued signals RLIMIT_SIGPENDING has room, and 1; 0: not told yet
  std::uint32_t reserved;
};
static_assert(sizeof(Inbox) <= page_size && std::has_unique_object_representations_v<Inbox>);

// What CPUID answers, so that the program need not exit for it. The first entry that fits counts, as in KVM's list;
// what is not in the table must be asked of the processor.
struct CpuidEntry {
  std::uint32_t leaf;
  std::uint32_t subleaf;
  std::uint32_t has_subleaves;  // 0: the answer is the same for every subleaf
  std::uint32_t eax, ebx, ecx, edx;
  std::uint32_t reserved;
};
static_assert(sizeof(CpuidEntry) == 32 && std::has_unique_object_representations_v<CpuidEntry>);

struct CpuidTable {
  std::uint32_t count;
  std::uint32_t reserved[7];
  CpuidEntry entries[127];
};
static_assert(sizeof(CpuidTable) == page_size && offsetof(CpuidTable, entries) == 32 &&
              std::has_unique_object_representations_v<CpuidTable>);

// Counters the library OS keeps and the hypervisor prints for --stats.
struct Stats {
  std::uint32_t served_inside[512];  // by system-call number
  std::uint32_t served_by_service[512];
  std::uint32_t served_by_exit[512];
  std::uint32_t unsupported[512];
  std::uint32_t unsupported_other;  // numbers beyond the table
  std::uint32_t trapped;
  std::uint32_t patched_calls;
  std::uint32_t patched_sites;
  std::uint32_t page_faults;
  std::uint32_t pages_mapped;
  std::uint32_t pages_copied;  // on write, after a fork
  std::uint32_t reads_ahead;   // of sockets, answered from what came with HostCall::WaitEvents
  std::uint32_t components;    // of the library OS that are mapped: a set of component_bit
  std::uint32_t flushes;
  std::uint32_t signals_delivered;
  std::uint32_t writes_behind;  // to sockets, that waited for the next host call
  std::uint64_t memory_in_use;  // bytes of RAM handed to the program and the library OS
  std::uint64_t memory_peak;
  std::uint64_t loaded_tsc;  // TSC when the image was ready
  std::uint64_t entry_tsc;   // TSC at the library OS's first instruction
};
static_assert(sizeof(Stats) <= stats_size && std::has_unique_object_representations_v<Stats>);

// Head of the library-OS image's note: addresses the hypervisor needs to know.
struct LibosHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t entry_gva;            // first instruction of vCPU 0
  std::uint64_t syscall_entry_gva;    // LSTAR
  std::uint64_t exception_entry_gva;  // CPL3 handler; vCPU pages bounce to it
  std::uint64_t text_begin_gva;       // RIP inside [begin, end): the library OS itself
  std::uint64_t text_end_gva;
  std::uint64_t return_begin_gva;  // restartable return to the program: RIP in here goes back to begin
  std::uint64_t return_jump_gva;   //   but at this instruction the program's registers are all in place
  std::uint64_t iret_begin_gva;    // the same for the full return through IRETQ
  std::uint64_t iret_instruction_gva;
  std::uint64_t iret_frame_offset;  // RSP at iret_instruction minus RSP at iret_begin
  std::uint64_t cpl0_stubs_gva;     // exception v enters CPL0 at stubs + v * stride
  std::uint64_t cpl0_stub_stride;
  std::uint64_t data_begin_gva;  // [begin, end): what the library OS writes; a forked child gets a copy
  std::uint64_t data_end_gva;
  std::uint64_t constant_size;    // of the image: text and constants; behind it lies what data start as
  std::uint64_t fork_resume_gva;  // where a forked child starts, on its copy of the forking thread's stack
  // By component: where its text and constants begin, in whole pages; those of the next follow. The core's are at their
  // place of their own: [0] tells where the others end.
  std::uint64_t component_gva[component_count];
};
static_assert(std::has_unique_object_representations_v<LibosHeader>);

}  // namespace kx::abi
