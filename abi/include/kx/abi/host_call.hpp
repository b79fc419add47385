// The narrow interface from library OS to hypervisor: numbers and argument meanings.
//
// A call travels in the vCPU's CallSlot; bulk arguments (paths, small structs, segment lists) lie in
// the vCPU's call buffer and are named by their offset there. The hypervisor copies everything it
// reads from guest memory once and validates the copy.
#pragma once

#include <cstdint>
#include <kx/abi/identity.hpp>
#include <kx/abi/memory_map.hpp>
#include <type_traits>

namespace kx::abi {

inline constexpr std::uint32_t abi_version = 10;
inline constexpr std::uint64_t boot_magic = 0x3158'4e49'4c59'4bull;  // "KYLINX1"

// Numbers below this are Linux system calls, marshalled by their shape.
inline constexpr std::uint32_t first_host_call = 0x1000;

enum class HostCall : std::uint32_t {
  Exit = first_host_call,  // (wait_status): the pVM ends; does not return
  MemoryGrow,              // (minimum_size) -> gpa; extra[0] = size: a new RAM slot
  MemoryRelease,           // (gpa, size): contents no longer needed; reads as zero afterwards
  Read,                    // (handle, segment_offset, segment_count, file_offset or -1, RWF_* flags) -> bytes
  Write,                   // same, and 1 if it may be done in the background. Segments without a byte: read(2) or
                           //   write(2) of none, which the vector calls would not ask the file about
  Open,                    // (dirfd handle or AT_FDCWD, path_offset, flags, mode, resolve, 0 or where the struct stat
                           //   of the file is to lie in the call buffer) -> handle;
                           //   extra[0] = st_mode | st_nlink clipped, extra[1] = st_rdev
  OpenDevice,              // (DeviceName, flags) -> handle
  Close,                   // (handle)
  FutexWait,               // (gpa, expected, bitset, timeout_ns or -1, FutexWaitFlags)
  FutexWake,               // (gpa, count, bitset) -> woken
  MapShared,               // (handle, file_offset, size, prot) -> gpa: a slot over a shared file mapping
  UnmapShared,             // (gpa, size)
  SyncShared,              // (gpa, size, MS_* flags)
  ThreadCreate,            // (vcpu_area_gpa, entry_gva, stack_gva, argument, cr3): a new vCPU -> index
  ThreadExit,              // (): this vCPU ends; does not return
  Kick,                    // (vcpu_index): makes that vCPU look at its pending word
  TimerArm,        // (timer index, clock id, first_ns absolute or 0, interval_ns, of CLOCK_THREAD_CPUTIME_ID the
                   //   vcpu_index): posts to the inbox
  ClockRefresh,    // (): rewrites the time page
  Stop,            // (signal): the default action of a stop signal; returns after SIGCONT
  Decode,          // (code_offset, size, site: offset of an instruction in the code, result_offset) -> how many
                   //   DecodedInstruction were written; extra[0] = how many of them lie before the site
  Trace,           // (offset, size): one strace line
  Panic,           // (offset, size): the library OS failed; the text says where
  Poll,            // (offset of PollEntry, count, timeout_ns or -1) -> ready
  Select,          // reserved for compatibility checks: answers -ENOSYS
  Ioctl,           // (handle, request, argument offset or integer, 1: may be done in the background) -> result
  Fcntl,           // (handle, command, integer argument or offset) -> result (or handle)
  Sendfile,        // (out, in, offset or -1, count) -> bytes; extra[0] = new offset
  Random,          // (offset, size): fresh entropy from the host
  ProcessTimes,    // (offset of rusage, 0 or 1 + vCPU index) -> extra[0] user ns, extra[1] system ns of this pVM
                   //   or of that vCPU
  MemFile,         // (content_offset, size, name) -> handle of a read-only file of those bytes
  HostInfo,        // (HostInfoKind, offset, capacity, position, handle of OpenFile) -> size: text such as
                   //   /proc/cpuinfo
  HandlePath,      // (handle, offset, capacity) -> size: path of an open file in the family's view
  SendMessage,     // (handle, message_offset, segment_count, flags) -> bytes
  ReceiveMessage,  // (handle, message_offset, segment_count, flags) -> bytes
  LoadFailed,      // (errno, text_offset, text_size): the first program cannot be loaded; the pVM ends
  OutOfMemory,     // (): the program needs a page and there is none; the pVM ends
  RefillInbox,     // (): moves waiting signals into the inbox
  NewThreadId,     // () -> a number no process or thread of the family has
  Fork,            // (stack pointer, count of slots the child must not see, end of the used arena, 0 or bytes at the
                   //   start of the first of them that are copied to the child's own, as are the program's pages in
                   //   it, ForkFlags | exit signal, number of the fork) -> pid, in the child 0; with fork_opens the
                   //   handle is above it, from bit 32 on; extra[0] = gpa and extra[1] = size of the slot for what is
                   //   written from now on: the first of those slots, with whose gpas the call buffer begins, or with
                   //   fork_adds_slot a new one.
  Wait,            // (WaitKind, id, options of waitid(2), offset of WaitResult) -> pid or 0
  Kill,         // (target of kill(2), signal, si_code, value, KillTarget) -> 0; extra[0] = 1: the caller is meant too,
                //   and has not been told
  ProcessGet,   // (ProcessAttribute, pid or 0) -> value
  ProcessSet,   // (ProcessAttribute, pid or 0, value) -> 0
  Executed,     // (offset, size of the arguments, each ended by NUL, up to command_size; handle of its file): a new
                //   program; nothing refers to inherited memory any more
  VforkWrite,   // (offset, size): a message of the vfork child's for its parent, of at most 12 KiB
  VforkRead,    // (pid, offset, capacity) -> size of the next message of that child, 0 if there is none
  Ipc,          // (IpcOperation, its arguments): System V IPC, kx/abi/ipc.hpp
  ProcessOpen,  // (pid, O_NONBLOCK or 0) -> a handle that stands for the process: it can be waited for by Poll,
                // epoll(7) and Wait, be a target of Kill, be sent in a message, and nothing else
  KillThread,   // (pid or 0: that of the thread's process, thread id, signal, si_code, value) -> 0
  ProcessDescribe,  // (pid, offset of ProcessDescription) -> 0: what /proc tells of a process
  Batch,            // (offset, count): BatchEntry, kx/abi/batch.hpp -> how many of the calls were made
  FutexRequeue,     // (gpa, gpa, how many are woken | how many then wait at the second << 32, expected,
                    //   FutexRequeueFlags) -> how many of both
  CheckProgram,     // (handle) -> 0; -ETXTBSY: somebody has the file open for writing, as far as the host tells
  Ask,              // (pid, offset of Question, offset of the data) -> what is answered, and its data in place of the
                    //   question's
  NextQuestion,     // (offset of Question, offset of question_data_size bytes for its data) -> 1, or 0: there is none
  Answer,           // (id, result, offset of as many bytes as it says) -> 0
  MessageNotify,    // (handle of a message queue, SIGEV_* or -1 to take it back, signal or handle of a netlink socket,
                    //   value, offset of the 32 bytes for the socket) -> 0
  NewestReaders,    // (count): in place of that many numbers of forks (32 bits each) with which the call buffer begins:
                    //   the newest fork up to that one whose memory is still mapped elsewhere, or 0 -> 0
  Identity,         // (number of the system call: setuid(2) and its like, three of its arguments, offset): made for the
                    //   calling thread alone. The sets of capset(2), without its header, and the groups of
                    //   setgroups(2) lie at the offset that is given for them; prctl(2) is PR_SET_KEEPCAPS. At `offset`
                    //   is then the thread's Identity -> what the call answers
  CheckExecutable,  // (ExecutableKind, handle of a file or no_handle, handle of the program that is about to run, or
                    //   no_handle: the one that runs): may it be executed, by the policy of boot_library_policy?
                    //   -EACCES; of a file a handle of its content as it was judged, which cannot change; else 0, or 1:
                    //   the program may always
  OpenAgain,   // (handle of a regular file, flags) -> handle; extra as of Open: another open file description of that
               //   very file, whatever its name now leads to. At most with the access that the handle has, else -EACCES
  WaitEvents,  // (handle, how many, timeout_ms or -1, 1: may read ahead) -> events of epoll_wait(2), with which the
               //   call buffer then begins; extra[0] = how many ReadAhead, kx/abi/event_loop.hpp; without an area for
               //   them 1 if there could be some
  WriteBehind,  // (gpa of the pVM's EventLoopArea, or no_memory: no other than before): the calls that are queued are
                //   made, as before any host call -> 0
  Last,
};

// In place of a handle: none.
inline constexpr std::uint64_t no_handle = ~0ull;

// What is about to become executable.
enum class ExecutableKind : std::uint32_t {
  File,       // private pages of a file that the program cannot write
  Anonymous,  // memory that no file is behind
  Changed,    // private pages of a file that the program may have written
  Shared,     // a shared mapping: others can write it
  Writable,   // whatever is writable at the same time
  Last,
};

// What the hypervisor keeps of a program's arguments, to show it.
inline constexpr std::uint64_t command_size = 512;

enum ForkFlags : std::uint64_t {
  fork_signal_mask = 0xff,
  fork_of_parent = 0x100,  // CLONE_PARENT: the child becomes the caller's sibling
  fork_waits = 0x200,      // CLONE_VFORK: the caller is told by VforkWait when the child has ended or called execve
  fork_opens = 0x400,      // CLONE_PIDFD: the parent gets a handle of the child, as by ProcessOpen
  fork_adds_slot = 0x800,  // none of the slots the child must not see is to be written to next
};

enum class WaitKind : std::uint32_t {
  Any,
  Process,
  Group,
  Handle,  // of ProcessOpen; -EAGAIN instead of 0 if that is how it was opened
  Last,
};

enum class KillTarget : std::uint32_t {
  Number,  // of a process or group
  Handle,  // of ProcessOpen
  Last,
};

// What HostCall::Wait reports.
struct WaitResult {
  std::int32_t pid;
  std::int32_t status;  // as wait(2) encodes it
  std::uint32_t uid;
  std::uint32_t reserved;
  std::uint64_t usage[18];  // struct rusage
};
static_assert(sizeof(WaitResult) == 160 && std::has_unique_object_representations_v<WaitResult>);

enum class ProcessAttribute : std::uint32_t {
  Group,
  Session,       // set: the caller makes a session of its own; the value is not used
  AutoReap,      // children leave no zombies
  NoStopSignal,  // no SIGCHLD for stopped children
  Subreaper,
  DeathSignal,    // PR_SET_PDEATHSIG
  VforkWait,      // get: waits until the vfork child `pid` has called execve or ended
  Orphaned,       // get: 1 if the caller's process group is orphaned
  OfHandle,       // get: the process that the handle `pid` stands for; -ESRCH if it has been waited for. extra[0] = a
                  // number that no other process of the family ever has
  ChildrenUsage,  // get: struct rusage of the children waited for, at offset `pid` of the call buffer
  Next,           // get: the lowest process number above `pid`; 0: there is none
  Terminal,  // get: its controlling terminal, as proc_pid_stat(5) numbers it; 0: none. extra[0] = the process group
             // in its foreground
  Program,   // set: the value is the handle of the file of the program that runs
  Last,
};

// What HostCall::ProcessDescribe reports.
struct ProcessDescription {
  std::int32_t pid, parent, group, session;
  Ids user, group_ids;
  std::uint32_t state;  // the letter of proc_pid_stat(5)
  std::uint32_t threads;
  std::uint32_t arguments_size;
  std::uint32_t reserved;
  std::uint64_t user_us, system_us;  // of the processor
  std::uint64_t children_user_us, children_system_us;
  std::uint64_t start_ns;        // CLOCK_BOOTTIME
  std::uint64_t memory_size;     // bytes of RAM that the program has
  char name[16];                 // ended by NUL
  char arguments[command_size];  // each ended by NUL
};
static_assert(sizeof(ProcessDescription) == 128 + command_size &&
              std::has_unique_object_representations_v<ProcessDescription>);

// A piece of guest memory that data is read into or written from.
struct Segment {
  std::uint64_t gpa;
  std::uint64_t size;
};
static_assert(sizeof(Segment) == 16 && std::has_unique_object_representations_v<Segment>);
inline constexpr std::uint32_t max_segments = 512;
// The place of a segment, of at most a page, that the program cannot access: what a file then does the host decides.
inline constexpr std::uint64_t no_memory = ~0ull;

// One entry of a Poll call; events and revents as poll(2).
struct PollEntry {
  std::int32_t handle;
  std::int16_t events;
  std::int16_t revents;
};
static_assert(sizeof(PollEntry) == 8);

// One instruction as the patcher needs it. Flags are 0 or 1.
struct DecodedInstruction {
  std::uint8_t length;
  std::uint8_t relative;       // refers to its own address, or is a call
  std::uint8_t nop;            // nop or int3, not endbr64
  std::uint8_t ends_flow;      // ret, jmp, ud2, hlt
  std::uint8_t branch_target;  // a branch or an address in the code leads here
  std::uint8_t reserved[3];
};
static_assert(sizeof(DecodedInstruction) == 8 && std::has_unique_object_representations_v<DecodedInstruction>);

// Limits of Decode: bytes of code, and instructions reported on either side of the site.
inline constexpr std::uint64_t decode_size_limit = 4096;
inline constexpr std::uint64_t decode_report_limit = 64;

enum class DeviceName : std::uint32_t { Null, Zero, Full, Random, Urandom, Tty, Ptmx, Pts, Last };

enum class HostInfoKind : std::uint32_t {
  CpuInfo,
  MemInfo,
  Stat,
  Uptime,
  LoadAvg,
  Mounts,
  Version,
  Filesystems,
  OpenFile,
  Last
};

// Message header of SendMessage and ReceiveMessage at message_offset; name, control and segments follow.
struct MessageHeader {
  std::uint32_t name_offset;
  std::uint32_t name_size;  // capacity on receive; the result afterwards
  std::uint32_t control_offset;
  std::uint32_t control_size;
  std::uint32_t segment_offset;
  std::uint32_t flags;  // msg_flags on return
};
static_assert(sizeof(MessageHeader) == 24 && std::has_unique_object_representations_v<MessageHeader>);

}  // namespace kx::abi
