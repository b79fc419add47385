// Feeds random calls, call buffers and segment lists to the host-call decoder, as a hostile guest would.
//
// Confined: no capabilities, a network namespace of its own where possible, handles of scratch files only, and no '/'
// or '.' in the call buffer, so that no path leads out of the scratch directory. Nothing blocks: the vCPU is always
// kicked. The caller is a process of a family whose virtual machines never run (fake_family.hpp).
#include <cap-ng.h>
#include <fcntl.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <kx/abi/batch.hpp>
#include <kx/abi/event_loop.hpp>
#include <kx/abi/ioctl_shapes.hpp>
#include <kx/abi/ipc.hpp>
#include <kx/abi/memory_map.hpp>
#include <kx/abi/pipe_ring.hpp>
#include <kx/abi/syscall_shapes.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fake_family.hpp"
#include "hypervisor/memory/guarded_access.hpp"
#include "hypervisor/services/host_calls.hpp"
#include "hypervisor/vcpu/interruptible.hpp"

namespace kx::hv {

namespace {

constexpr std::uint64_t buffer_gpa = abi::vcpu0_gpa + abi::vcpu_call_buffer_offset;
constexpr std::uint64_t file_size_limit = 1 << 20;

bool own_network = false;
std::string scratch;

void limit(int resource, rlim_t value) {
  const rlimit limits{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

// Empties a directory whose contents may have any mode, this directory's included.
void make_empty(const std::filesystem::path& directory) {
  std::error_code ignored;
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, ignored);
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
      make_empty(entry.path());
    }
    std::filesystem::remove(entry.path(), ignored);
  }
}

void remove_scratch() {
  std::error_code ignored;
  make_empty(scratch);
  std::filesystem::remove(scratch, ignored);
}

void confine() {
  char name[] = "/tmp/kx-fuzz-XXXXXX";
  if (::mkdtemp(name) == nullptr) {
    std::perror("mkdtemp");
    std::exit(1);
  }
  scratch = name;
  std::atexit(remove_scratch);
  own_network = ::unshare(CLONE_NEWNET) == 0;
  capng_clear(CAPNG_SELECT_BOTH);
  capng_apply(CAPNG_SELECT_CAPS);
  limit(RLIMIT_FSIZE, file_size_limit);
  limit(RLIMIT_NOFILE, 512);
  install_kick_handler();
}

// One pVM's worth of services with scratch files for handles.
struct Target {
  Target() {
    // As in kx; here because libFuzzer sets handlers after LLVMFuzzerInitialize.
    ::signal(SIGXFSZ, SIG_IGN);
    ::signal(SIGPIPE, SIG_IGN);
    static const bool guarded = (install_guard_handler(), true);
    static_cast<void>(guarded);
    make_empty(scratch);
    const std::string file = scratch + "/file";
    add(::open(scratch.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    add(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    add(::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    int pair[2];
    KX_VERIFY(::pipe2(pair, O_CLOEXEC) == 0);
    add(pair[0]), add(pair[1]);
    KX_VERIFY(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    add(pair[0]), add(pair[1]);
    pvm().handles().mark_accepted(6);  // as a connection of TCP would be
    add(::eventfd(1, EFD_CLOEXEC));
    UniqueFd of_process;
    ProcessReference process;
    KX_VERIFY(pvm().family().processes().watch(pvm().pid() + 1, false, of_process, process) == 0);
    pvm().handles().add(std::move(of_process), process);
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    add(master);
    if (master >= 0 && ::unlockpt(master) == 0) {
      add(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
  }

  void add(int fd) {
    if (fd >= 0) {
      pvm().handles().add(UniqueFd(fd));
    }
  }
  Pvm& pvm() { return family.caller(); }

  FakeFamily family;
  bool ended = false;  // as far as a guest is concerned
};

std::uint64_t pick_argument(FuzzedDataProvider& data) {
  switch (data.ConsumeIntegralInRange(0, 5)) {
    case 0:
      return data.ConsumeIntegralInRange<std::uint64_t>(0, 12);  // handles, counts, small offsets
    case 1:
      return data.ConsumeIntegralInRange<std::uint64_t>(0, abi::vcpu_call_buffer_size + 16);
    case 2:
      return abi::null_offset;
    case 3:
      return abi::memory_gpa + data.ConsumeIntegralInRange<std::uint64_t>(0, 4 << 20);
    case 4:
      return abi::shared_gpa + (data.ConsumeIntegralInRange<std::uint64_t>(0, 64) << 12);
    default:
      return data.ConsumeIntegral<std::uint64_t>();
  }
}

std::uint32_t pick_number(FuzzedDataProvider& data) {
  if (data.ConsumeBool()) {
    return data.ConsumeIntegralInRange(abi::first_host_call, static_cast<std::uint32_t>(abi::HostCall::Last));
  }
  const auto index = data.ConsumeIntegralInRange<std::size_t>(0, std::size(abi::shapes_detail::table));
  return index == std::size(abi::shapes_detail::table) ? data.ConsumeIntegral<std::uint32_t>()
                                                       : abi::shapes_detail::table[index].number;
}

// Calls that would reach beyond the scratch files, or only cost time.
bool is_confined(const abi::CallSlot& slot) {
  switch (slot.number) {
    case SYS_sync:
    case SYS_syncfs:
    case SYS_setpriority:
      return false;
    case SYS_socket:
      return own_network || static_cast<int>(slot.args[0]) == AF_UNIX;
    default:
      return true;
  }
}

void fill_buffer(FuzzedDataProvider& data, std::byte* buffer) {
  const auto offset = data.ConsumeIntegralInRange<std::size_t>(0, 256);
  if (data.ConsumeBool()) {
    for (std::size_t i = 0, count = data.ConsumeIntegralInRange<std::size_t>(0, 8); i < count; ++i) {
      const abi::Segment segment{pick_argument(data), pick_argument(data)};
      std::memcpy(buffer + offset + i * sizeof(segment), &segment, sizeof(segment));
    }
  } else {
    const std::string bytes = data.ConsumeRandomLengthString(512);
    std::memcpy(buffer + offset, bytes.data(), bytes.size());
  }
}

void confine_paths(std::byte* buffer) {
  std::replace_if(
      buffer, buffer + abi::vcpu_call_buffer_size,
      [](std::byte b) { return b == std::byte{'/'} || b == std::byte{'.'}; }, std::byte{'x'});
}

// Calls that a batch may hold, and now and then one that it may not.
void fill_batch(FuzzedDataProvider& data, std::byte* buffer, abi::CallSlot& slot) {
  constexpr std::uint32_t numbers[] = {SYS_faccessat2,
                                       SYS_fstat,
                                       static_cast<std::uint32_t>(abi::HostCall::Open),
                                       static_cast<std::uint32_t>(abi::HostCall::Read),
                                       static_cast<std::uint32_t>(abi::HostCall::HandlePath),
                                       static_cast<std::uint32_t>(abi::HostCall::CheckProgram),
                                       static_cast<std::uint32_t>(abi::HostCall::Batch)};
  slot.args[1] = data.ConsumeIntegralInRange<std::uint64_t>(0, abi::most_batched + 1);
  for (std::uint64_t i = 0, at = slot.args[0]; i < slot.args[1]; ++i, at += sizeof(abi::BatchEntry)) {
    abi::BatchEntry entry{};
    entry.number = data.PickValueInArray(numbers);
    entry.handle_from = data.ConsumeIntegralInRange<std::uint32_t>(0, abi::most_batched + 1);
    for (std::uint64_t& arg : entry.args) {
      arg = pick_argument(data);
    }
    if (at <= abi::vcpu_call_buffer_size - sizeof entry) {
      std::memcpy(buffer + at, &entry, sizeof entry);
    }
  }
}

// Page tables as a hostile guest leaves them: entries that lead anywhere, to tables above all.
void fill_tables(Target& target, FuzzedDataProvider& data) {
  constexpr std::uint64_t tables[] = {abi::boot_pml4_gpa,
                                      abi::tables_gpa,
                                      abi::tables_gpa + abi::page_size,
                                      abi::tables_gpa + 2 * abi::page_size,
                                      abi::linear_pdpt_gpa,
                                      abi::tables_gpa_end - abi::page_size,
                                      abi::arena_gpa,
                                      abi::system_size - abi::page_size};
  const auto pick_table = [&] { return tables[data.ConsumeIntegralInRange<std::size_t>(0, std::size(tables) - 1)]; };
  for (std::size_t i = 0, count = data.ConsumeIntegralInRange<std::size_t>(0, 12); i < count; ++i) {
    // Places that a walk begins with, more often than not.
    const std::uint64_t index = data.ConsumeBool() ? data.ConsumeIntegralInRange<std::uint64_t>(0, 1)
                                                   : data.ConsumeIntegralInRange<std::uint64_t>(0, 511);
    const std::uint64_t place = pick_table() + index * sizeof(std::uint64_t);
    const std::uint64_t flags = data.ConsumeIntegralInRange<std::uint64_t>(0, 0x3ff);
    const std::uint64_t entry = (data.ConsumeBool() ? pick_table() : pick_argument(data)) | flags;
    std::memcpy(target.pvm().memory().system() + place, &entry, sizeof entry);
  }
  // SAFETY: the first vCPU's page. Small addresses are what the tables above most likely map.
  auto& page = *reinterpret_cast<abi::VcpuPage*>(target.pvm().memory().system() + abi::vcpu0_gpa);
  page.robust_list_gva = data.ConsumeIntegralInRange<std::uint64_t>(0, 1 << 14);
  page.thread_id = data.ConsumeIntegralInRange<std::uint32_t>(0, 8);
}

// Rings of pipes as a hostile relative leaves them. Nobody keeps their locks: that only takes time.
void fill_rings(Target& target, FuzzedDataProvider& data) {
  std::byte* const segment = target.pvm().memory().family()->segment();
  constexpr std::size_t words = sizeof(abi::RingHeader) / sizeof(std::uint32_t);
  for (std::size_t i = 0, count = data.ConsumeIntegralInRange<std::size_t>(0, 12); i < count; ++i) {
    const std::uint64_t header = abi::ring_header_offset(data.ConsumeIntegralInRange<std::uint32_t>(0, 3));
    const std::uint64_t word = data.ConsumeIntegralInRange<std::uint64_t>(1, words - 1);
    const std::uint32_t value =
        data.ConsumeBool() ? data.ConsumeIntegralInRange<std::uint32_t>(0, 20) : data.ConsumeIntegral<std::uint32_t>();
    std::memcpy(segment + header + word * sizeof value, &value, sizeof value);
  }
}

// The queue of an event loop as a hostile guest leaves it.
void fill_queue(Target& target, FuzzedDataProvider& data) {
  std::byte* const area = target.pvm().memory().translate_ram(Gpa{abi::memory_gpa}, sizeof(abi::EventLoopArea));
  if (area == nullptr) {
    return;  // given back, or frozen by a fork
  }
  for (std::size_t i = 0, count = data.ConsumeIntegralInRange<std::size_t>(0, 8); i < count; ++i) {
    const abi::WriteBehindEntry entry{data.ConsumeIntegralInRange<std::uint32_t>(0, 3),
                                      data.ConsumeIntegralInRange<std::uint32_t>(0, 12),
                                      static_cast<std::uint32_t>(pick_argument(data)),
                                      data.ConsumeIntegralInRange<std::uint32_t>(0, abi::write_behind_limit + 1),
                                      0,
                                      0};
    const auto place = data.ConsumeIntegralInRange<std::size_t>(0, abi::write_behind_entries - 1);
    std::memcpy(area + offsetof(abi::EventLoopArea, entries) + place * sizeof entry, &entry, sizeof entry);
  }
  const std::uint32_t queued =
      data.ConsumeBool() ? data.ConsumeIntegralInRange<std::uint32_t>(0, 200) : data.ConsumeIntegral<std::uint32_t>();
  std::memcpy(area, &queued, sizeof queued);
}

// A fork that is asked for as the library OS does it, but for a word here and there.
void ask_to_fork(abi::CallSlot& slot, FuzzedDataProvider& data) {
  const std::uint64_t stack = abi::linear_gva(abi::vcpu0_gpa) + abi::vcpu_stack_offset;
  slot.args[0] = stack + data.ConsumeIntegralInRange<std::uint64_t>(0, abi::vcpu_stack_top - abi::vcpu_stack_offset);
  slot.args[1] = data.ConsumeIntegralInRange<std::uint64_t>(0, 2);
  slot.args[2] = abi::arena_gpa + (data.ConsumeIntegralInRange<std::uint64_t>(0, 64) << 12);
  slot.args[3] = data.ConsumeBool() ? 0 : data.ConsumeIntegralInRange<std::uint64_t>(0, abi::forked_slot_size + 1);
  slot.args[4] = data.ConsumeIntegralInRange<std::uint64_t>(0, 0xfff);
}

// What of a slot decides where a call goes is not left to chance.
void refine(abi::CallSlot& slot, FuzzedDataProvider& data) {
  switch (static_cast<abi::HostCall>(slot.number)) {
    case abi::HostCall::Ipc:
      slot.args[0] = data.ConsumeIntegralInRange<std::uint64_t>(0, static_cast<std::uint64_t>(abi::IpcOperation::Last));
      break;
    case abi::HostCall::Fork:
      if (data.ConsumeBool()) {
        ask_to_fork(slot, data);
      }
      break;
    case abi::HostCall::Identity: {
      constexpr std::uint64_t calls[] = {SYS_setuid,    SYS_setgid,    SYS_setreuid, SYS_setregid,
                                         SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
                                         SYS_setgroups, SYS_capset,    SYS_prctl};
      slot.args[0] = data.PickValueInArray(calls);
      break;
    }
    case abi::HostCall::Fcntl: {
      constexpr std::uint64_t commands[] = {F_GETFL, F_SETFL, F_SETOWN_EX, F_GETOWN_EX, F_SETSIG, F_GETSIG};
      if (data.ConsumeBool()) {
        slot.args[1] = data.PickValueInArray(commands);
      }
      break;
    }
    case abi::HostCall::CheckExecutable:
      slot.args[0] =
          data.ConsumeIntegralInRange<std::uint64_t>(0, static_cast<std::uint64_t>(abi::ExecutableKind::Last));
      slot.args[2] = data.ConsumeBool() ? abi::no_handle : slot.args[2];
      break;
    case abi::HostCall::WriteBehind:
      slot.args[0] = data.ConsumeBool() ? abi::memory_gpa : slot.args[0];
      break;
    case abi::HostCall::ThreadCreate:
      if (data.ConsumeBool()) {
        slot.args[0] = abi::vcpu_areas_gpa + (data.ConsumeIntegralInRange<std::uint64_t>(0, 3) << 16);
      }
      break;
    default:
      break;
  }
}

// Calls after which the guest does not go on. What two of them print is for users.
bool is_last(abi::HostCall number) {
  switch (number) {
    case abi::HostCall::Exit:
    case abi::HostCall::ThreadExit:
    case abi::HostCall::Panic:
    case abi::HostCall::OutOfMemory:
    case abi::HostCall::LoadFailed:
      return true;
    default:
      return false;
  }
}

bool waits_for_relatives(const abi::CallSlot& slot) {
  const auto number = static_cast<abi::HostCall>(slot.number);
  return number == abi::HostCall::Stop ||
         (number == abi::HostCall::ProcessGet &&
          slot.args[0] == static_cast<std::uint64_t>(abi::ProcessAttribute::VforkWait));
}

void serve_silently(CallContext& context, abi::CallSlot& slot) {
  static std::FILE* const nowhere = std::fopen("/dev/null", "w");
  std::FILE* const shown = std::exchange(stderr, nowhere);
  serve(context, slot);
  stderr = shown;
}

void serve_one(Target& target, FuzzedDataProvider& data) {
  Pvm& pvm = target.pvm();
  std::byte* buffer = pvm.memory().translate_ram(Gpa{buffer_gpa}, abi::vcpu_call_buffer_size);
  // SAFETY: the slot's place in the first vCPU's page.
  auto& slot = reinterpret_cast<abi::VcpuPage*>(pvm.memory().system() + abi::vcpu0_gpa)->call;
  slot.number = pick_number(data);
  for (std::uint64_t& arg : slot.args) {
    arg = pick_argument(data);
  }
  refine(slot, data);
  slot.extra[0] = pick_argument(data);
  fill_buffer(data, buffer);
  if (slot.number == static_cast<std::uint32_t>(abi::HostCall::Batch)) {
    fill_batch(data, buffer, slot);
  }
  confine_paths(buffer);
  const auto number = static_cast<abi::HostCall>(slot.number);
  // A new family is not made for every other input.
  if (!is_confined(slot) || (is_last(number) && data.ConsumeIntegralInRange(0, 15) != 0)) {
    return;
  }
  if (data.ConsumeIntegralInRange(0, 7) == 0) {
    fill_tables(target, data);
  }
  if (data.ConsumeIntegralInRange(0, 3) == 0) {
    fill_rings(target, data);
  }
  if (data.ConsumeIntegralInRange(0, 3) == 0) {
    fill_queue(target, data);
  }
  // A family may have been started without some components, whose calls are then refused.
  std::uint32_t& components = pvm.services().components;
  components = data.ConsumeIntegralInRange(0, 3) == 0 ? data.ConsumeIntegral<std::uint32_t>() : abi::all_components;
  const bool allowed = abi::may_call(components, slot.number);
  const std::uint32_t kicked = 1;
  const bool on_service = data.ConsumeBool();
  CallContext context{pvm.services(), 0, {buffer, abi::vcpu_call_buffer_size}, on_service ? nullptr : &kicked};
  if (is_last(number)) {
    serve_silently(context, slot);
  } else if (waits_for_relatives(slot)) {
    target.family.run_with_relatives([&] { serve(context, slot); });
  } else {
    serve(context, slot);
  }
  KX_VERIFY(allowed || slot.result == -ENOSYS);
  KX_VERIFY(slot.result >= -4095 || (on_service && slot.result == abi::result_must_exit));
  target.ended = pvm.exiting() || (is_last(number) && !on_service) || !target.family.note_processes();
}

}  // namespace
}  // namespace kx::hv

// What a thread of the family that is just being made owns looks lost.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  kx::hv::confine();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static std::unique_ptr<kx::hv::Target> target;
  static int uses = 0;
  if (target == nullptr || target->ended || ++uses % 64 == 0) {
    target.reset();
    target = std::make_unique<kx::hv::Target>();
  }
  FuzzedDataProvider data(bytes, size);
  for (int calls = 0; calls < 16 && data.remaining_bytes() > 0 && !target->ended; ++calls) {
    kx::hv::serve_one(*target, data);
  }
  return 0;
}
