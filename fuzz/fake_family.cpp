#include "fake_family.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <kx/abi/memory_map.hpp>
#include <thread>
#include <utility>

#include "hypervisor/boot/loader.hpp"
#include "hypervisor/control/control_server.hpp"
#include "hypervisor/libraries/guard.hpp"
#include "hypervisor/process/identity.hpp"
#include "hypervisor/services/service_thread.hpp"
#include "hypervisor/vcpu/vcpu_thread.hpp"

// The library OS's image, of which only the header counts.
namespace {
struct Image {
  kx::abi::LibosHeader header;
  std::byte data[16];
};
}  // namespace
extern "C" {
extern const Image kx_fuzz_image;
const Image kx_fuzz_image = [] {
  Image image{};
  image.header.magic = kx::abi::boot_magic;
  image.header.version = kx::abi::abi_version;
  image.header.constant_size = sizeof image.header;
  image.header.data_begin_gva = kx::abi::linear_gva(kx::abi::libos_data_gpa);
  image.header.data_end_gva = image.header.data_begin_gva + 16 * kx::abi::page_size;
  image.header.fork_resume_gva = kx::abi::linear_gva(kx::abi::libos_text_gpa);
  image.header.component_gva[0] = kx::abi::linear_gva(kx::abi::libos_components_gpa);  // there are none
  return image;
}();
}
static_assert(sizeof(Image) == 240);
asm(R"(
  .globl kx_libos_blob_begin, kx_libos_blob_end
  .set kx_libos_blob_begin, kx_fuzz_image
  .set kx_libos_blob_end, kx_fuzz_image + 240
  .globl kx_components_blob_begin, kx_components_blob_end
  .set kx_components_blob_begin, kx_fuzz_image
  .set kx_components_blob_end, kx_fuzz_image
)");  // SAFETY: names of what is defined above

namespace kx::hv::kvm {

namespace {

constexpr std::size_t fake_run_size = 4096;

// Of a vCPU that was taken out of its thread: the family's collector may still be about to use it for another child,
// which is not to run any more.
kvm_run* run_page_of_none() {
  static kvm_run page{};
  return &page;
}

}  // namespace

Result<System> System::open(const std::string&) {
  return System(UniqueFd(), fake_run_size);
}

Result<Vm> System::create_vm() {
  return Vm(UniqueFd(), run_size_);
}

Result<void> Vm::set_slot(std::uint32_t, std::uint64_t, std::uint64_t, void*, SlotAccess) {
  return {};
}

Result<void> Vm::delete_slot(std::uint32_t) {
  return {};
}

Result<Vcpu> Vm::create_vcpu(std::uint32_t) {
  void* run = ::mmap(nullptr, run_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (run == MAP_FAILED) {
    return Unexpected{system_error("mmap of the vCPU's run page")};
  }
  return Vcpu(UniqueFd(), static_cast<kvm_run*>(run), run_size_);
}

Vcpu::Vcpu(Vcpu&& other) noexcept
    : fd_(std::move(other.fd_)), run_(std::exchange(other.run_, run_page_of_none())), run_size_(other.run_size_) {}

Vcpu::~Vcpu() {
  if (run_ != run_page_of_none()) {
    ::munmap(run_, run_size_);
  }
}

Result<int> Vcpu::run() {
  while (std::atomic_ref(run_->immediate_exit).load() == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return EINTR;
}

Result<void> Vcpu::set_cpuid(const CpuidList&) {
  return {};
}

Result<CpuidList> Vcpu::cpuid() {
  return CpuidList{};
}

Result<void> Vcpu::set_msrs(const MsrList&) {
  return {};
}

Result<void> Vcpu::set_xcr0(std::uint64_t) {
  return {};
}

Result<void> Vcpu::use_host_tsc() {
  return {};
}

Result<void> Vcpu::clear_events() {
  return {};
}

Result<bool> Vcpu::has_exception() {
  return false;
}

Result<kvm_sregs> Vcpu::special_registers() {
  return kvm_sregs{};
}

Result<void> Vcpu::set_special_registers(const kvm_sregs&) {
  return {};
}

Result<kvm_regs> Vcpu::registers() {
  return kvm_regs{};
}

Result<void> Vcpu::set_registers(const kvm_regs&) {
  return {};
}

}  // namespace kx::hv::kvm

namespace kx::hv {

// There is no control socket.
LibraryServer::~LibraryServer() = default;
ControlServer::~ControlServer() = default;
void ControlServer::process_ended(ProcessId, std::int32_t, const Error*) {}

namespace {

constexpr std::uint64_t memory_limit = 16 << 20;
constexpr std::size_t most_processes = 8;
constexpr std::size_t most_known = 48;

template <class T>
T must(Result<T> result) {
  KX_VERIFY(result.has_value());
  return std::move(result).value();
}

}  // namespace

std::shared_ptr<Pvm> FakeFamily::make(ProcessId pid) {
  std::shared_ptr<Pvm> pvm = must(family_->make_pvm(pid));
  KX_VERIFY(pvm->memory().attach(pvm->vm(), 2 << 20).has_value());
  family_->set_libos(must(load_libos(pvm->memory())));
  write_system_tables(pvm->memory(), family_->libos());
  KX_VERIFY(pvm->prepare().has_value());
  return pvm;
}

FakeFamily::FakeFamily() {
  family_ =
      std::make_unique<Family>(must(kvm::System::open()), Sandbox::none(), must(FamilyMemory::create()), memory_limit);
  GuestCpu cpu{};
  cpu.tsc_khz = 1'000'000;
  family_->set_cpu(cpu);
  static const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  family_->set_trace_fd(null);
  family_->set_program("fuzz");
  family_->set_service(must(ServiceThread::start({}, [](const abi::InboxSignal&) {})));
  // One that looks at everything and lets everything pass.
  static const int proc = ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  family_->set_libraries(std::make_unique<libraries::Guard>(
      must(libraries::LibraryPolicy::parse("mode = 'warn'\n[[library]]\nmin-version = '1'", "fuzz", ".")),
      libraries::GuardPlace{.proc_fd = proc, .report = {}}));
  ProcessTable& processes = family_->processes();
  processes.set_limit(most_processes);
  const ProcessId root = processes.next_id(), pid = processes.next_id();
  const std::shared_ptr<Pvm> parent = make(root);
  KX_VERIFY(processes.add_root(root, root, init_process, identity_of_thread(), parent).has_value());
  caller_ = make(pid);
  caller_->services().sandbox = nullptr;  // there is no view to open anything in
  KX_VERIFY(processes.add_child(pid, root, {root, root}, SIGCHLD, false, caller_).has_value());
  KX_VERIFY(caller_->start_vcpu(Gpa{abi::vcpu0_gpa}, EntryPoint{}).has_value());
  known_ = {parent, caller_};
  fork_child();
  fork_child();
  static_cast<void>(note_processes());
  known_.back()->exit(ExitStatus{0});
  family_->wait_for_end(known_.back()->pid());
}

void FakeFamily::fork_child() {
  ForkRequest request;
  request.rsp_gva = abi::linear_gva(abi::vcpu0_gpa + abi::vcpu_stack_top) - abi::page_size;
  request.arena_end_gpa = abi::arena_gpa + abi::page_size;
  request.flags = SIGCHLD;
  static_cast<void>(must(family_->fork(*caller_, 0, request)));
}

FakeFamily::~FakeFamily() {
  static_cast<void>(note_processes());
  for (const auto& pvm : known_) {
    pvm->exit(ExitStatus{SIGKILL});
  }
  // Those who end tell each other; the root, which has no vCPU, never ends. Their threads need the family a little
  // longer.
  for (const auto& pvm : known_) {
    if (pvm->vcpu(0) != nullptr) {
      family_->wait_for_end(pvm->pid());
    }
  }
  constexpr std::uint32_t most_vcpus = 1024;
  for (const auto& pvm : known_) {
    for (std::uint32_t i = 0; i < most_vcpus; ++i) {
      if (const auto vcpu = pvm->vcpu(i); vcpu != nullptr) {
        static_cast<void>(vcpu->take_vcpu());
      }
    }
  }
  caller_.reset();
  known_.clear();
}

bool FakeFamily::note_processes() {
  family_->processes().for_each([&](const ProcessTable::Process& process) {
    if (process.pvm != nullptr && std::find(known_.begin(), known_.end(), process.pvm) == known_.end()) {
      known_.push_back(process.pvm);
    }
  });
  return known_.size() < most_known;
}

void FakeFamily::run_with_relatives(const std::function<void()>& call) {
  std::atomic<bool> done = false;
  std::thread relatives([&] {
    ProcessTable& processes = family_->processes();
    while (!done) {
      processes.signal_process(caller_->pid(), SIGCONT, SI_USER);
      processes.for_each_pid([&](ProcessId pid) {
        if (pid != caller_->pid()) {
          processes.executed(pid, {}, nullptr);
        }
      });
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  call();
  done = true;
  relatives.join();
}

}  // namespace kx::hv
