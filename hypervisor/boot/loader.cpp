#include "hypervisor/boot/loader.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <kx/abi/host_call.hpp>
#include <kx/abi/vcpu.hpp>
#include <span>

extern "C" const std::byte kx_libos_blob_begin[];
extern "C" const std::byte kx_libos_blob_end[];
extern "C" const std::byte kx_components_blob_begin[];
extern "C" const std::byte kx_components_blob_end[];

namespace kx::hv {

namespace {

// Page-table bits (Intel SDM vol. 3, 4.5): present, writable, user, accessed, dirty.
constexpr std::uint64_t table_flags = 0x67;
constexpr std::uint64_t huge_flags = 0xe7;

constexpr std::uint64_t cr0_value = 0x80050033;  // PG AM WP NE ET MP PE
constexpr std::uint64_t cr4_value = 0x50620;     // OSXSAVE FSGSBASE OSXMMEXCPT OSFXSR PAE: no SMEP, no SMAP
constexpr std::uint64_t efer_value = 0xd01;      // NXE LMA LME SCE
constexpr std::uint64_t user_rflags = 0x202;     // IF
constexpr std::uint32_t exception_count = 32;

template <class T>
T* at(GuestMemory& memory, std::uint64_t gpa) {
  std::byte* hva = memory.translate(Gpa{gpa}, sizeof(T));
  KX_VERIFY(hva != nullptr);
  return reinterpret_cast<T*>(hva);  // SAFETY: translated for the whole object, aligned by the layout
}

struct IdtGate {
  std::uint16_t offset_low;
  std::uint16_t selector;
  std::uint8_t ist;
  std::uint8_t type;
  std::uint16_t offset_middle;
  std::uint32_t offset_high;
  std::uint32_t reserved;
};
static_assert(sizeof(IdtGate) == 16);

constexpr std::uint64_t tss_offset = 0x80;  // in the tables page, behind the GDT
constexpr std::uint16_t tss_limit = 0x8f;
constexpr std::uint16_t gdt_limit = 0x4f;

}  // namespace

Result<abi::LibosHeader> load_libos(GuestMemory& memory) {
  const std::span blob(kx_libos_blob_begin, kx_libos_blob_end);
  abi::LibosHeader header;
  std::memcpy(&header, blob.data(), sizeof header);
  KX_VERIFY(header.magic == abi::boot_magic && header.version == abi::abi_version);
  KX_VERIFY(header.constant_size <= blob.size() && header.data_begin_gva == abi::linear_gva(abi::libos_data_gpa) &&
            header.data_end_gva <= abi::linear_gva(abi::libos_data_gpa_end));
  const std::span components(kx_components_blob_begin, kx_components_blob_end);
  KX_VERIFY(header.component_gva[0] == abi::linear_gva(abi::libos_components_gpa) + components.size());
  memory.family()->load_libos_text(blob.first(header.constant_size), components);
  const auto data = blob.subspan(header.constant_size);
  std::memcpy(memory.translate(Gpa{abi::libos_data_gpa}, data.size()), data.data(), data.size());
  return header;
}

void write_system_tables(GuestMemory& memory, const abi::LibosHeader& header) {
  auto* pml4 = at<std::uint64_t[512]>(memory, abi::boot_pml4_gpa);
  auto* pdpt = at<std::uint64_t[512]>(memory, abi::linear_pdpt_gpa);
  auto* pd = at<std::uint64_t[512]>(memory, abi::linear_pd_gpa);
  auto* ram_pd = at<std::uint64_t[512]>(memory, abi::ram_pd_gpa);
  (*pml4)[abi::linear_base >> 39 & 511] = abi::linear_pdpt_gpa | table_flags;
  (*pdpt)[0] = abi::linear_pd_gpa | table_flags;
  for (std::uint64_t gpa = abi::system_gpa; gpa < abi::system_size; gpa += abi::huge_page_size) {
    (*pd)[gpa >> 21] = gpa | huge_flags;
  }
  (*pd)[abi::libos_text_gpa >> 21] = abi::libos_text_gpa | huge_flags;
  (*pd)[abi::libos_components_gpa >> 21] = abi::components_pt_gpa | table_flags;  // empty: the library OS fills it
  for (std::uint64_t gpa = abi::family_segment_gpa; gpa < abi::family_segment_gpa_end; gpa += abi::huge_page_size) {
    (*pd)[gpa >> 21] = gpa | huge_flags;
  }
  const Slot ram = memory.first_ram();
  KX_VERIFY(ram.size == 0 || ram.gpa >> 30 == (ram.gpa + ram.size - 1) >> 30);
  (*pdpt)[ram.gpa >> 30] = abi::ram_pd_gpa | table_flags;
  for (std::uint64_t gpa = ram.gpa; gpa < ram.gpa + ram.size; gpa += abi::huge_page_size) {
    (*ram_pd)[gpa >> 21 & 511] = gpa | huge_flags;
  }
  for (std::uint32_t vector = 0; vector < exception_count; ++vector) {
    const std::uint64_t handler = header.cpl0_stubs_gva + vector * header.cpl0_stub_stride;
    const bool callable = vector == 3 || vector == 4;  // INT3 and INTO may be executed by the program
    *at<IdtGate>(memory, abi::idt_gpa + vector * sizeof(IdtGate)) =
        IdtGate{static_cast<std::uint16_t>(handler),
                abi::selector_cpl0_code,
                0,
                static_cast<std::uint8_t>(callable ? 0xee : 0x8e),
                static_cast<std::uint16_t>(handler >> 16),
                static_cast<std::uint32_t>(handler >> 32),
                0};
  }
}

void write_vcpu_area(GuestMemory& memory, const abi::LibosHeader& header, Gpa area, std::uint32_t index) {
  const std::uint64_t base_gva = abi::linear_gva(area.value);
  auto* page = at<abi::VcpuPage>(memory, area.value + abi::vcpu_page_offset);
  page->self_gva = base_gva;
  page->stack_top_gva = base_gva + abi::vcpu_stack_top;
  page->bounce_gva = base_gva + offsetof(abi::VcpuPage, bounce);
  page->vcpu_index = index;
  page->call_buffer_gva = base_gva + abi::vcpu_call_buffer_offset;
  page->bounce = abi::IretFrame{header.exception_entry_gva, abi::selector_user_code, user_rflags,
                                base_gva + abi::vcpu_stack_top, abi::selector_user_data};

  auto* gdt = at<std::uint64_t[10]>(memory, area.value + abi::vcpu_tables_offset);
  const std::uint64_t tss_gva = base_gva + abi::vcpu_tables_offset + tss_offset;
  (*gdt)[2] = 0x00af9b000000ffffull;  // 0x10: CPL0 code
  (*gdt)[3] = 0x00cf93000000ffffull;  // 0x18: CPL0 data
  (*gdt)[4] = 0x00cffb000000ffffull;  // 0x20: 32-bit user code, skipped by SYSRET's arithmetic
  (*gdt)[5] = 0x00cff3000000ffffull;  // 0x28: user data
  (*gdt)[6] = 0x00affb000000ffffull;  // 0x30: user code
  (*gdt)[8] = 0x0000890000000000ull | tss_limit | (tss_gva & 0xffffff) << 16 | (tss_gva >> 24 & 0xff) << 56;
  (*gdt)[9] = tss_gva >> 32;

  // Task state segment (Intel SDM vol. 3, 8.7): RSP0 and an I/O bitmap that opens the pVM's ports only, where the KVM
  // looks at it.
  std::byte* tss = memory.translate(area + (abi::vcpu_tables_offset + tss_offset), tss_limit + 1);
  KX_VERIFY(tss != nullptr);
  std::memset(tss, 0, 0x68);
  std::memset(tss + 0x68, 0xff, tss_limit + 1 - 0x68);
  for (const std::uint16_t port : {abi::port_host_call, abi::port_doorbell}) {
    tss[0x68 + port / 8] &= ~(std::byte{1} << (port % 8));
  }
  const std::uint64_t rsp0 = base_gva + abi::vcpu_cpl0_stack_top;
  std::memcpy(tss + 4, &rsp0, sizeof rsp0);
  const std::uint16_t bitmap_offset = 0x68;
  std::memcpy(tss + 0x66, &bitmap_offset, sizeof bitmap_offset);
}

Result<void> write_boot_info(GuestMemory& memory, const BootParameters& parameters, const GuestCpu& cpu) {
  const Slot ram = memory.first_ram();
  std::string blob = parameters.program;
  blob += '\0';
  for (const auto* list : {&parameters.argv, &parameters.environment}) {
    for (const std::string& text : *list) {
      blob += text;
      blob += '\0';
    }
  }
  blob += parameters.working_directory;
  blob += '\0';
  blob += parameters.hostname;
  blob += '\0';
  // Linux allows a quarter of the stack limit, at most 6 MiB, for arguments and environment.
  if (blob.size() > 6 * 1024 * 1024 || blob.size() > ram.size / 4) {
    return Unexpected{system_error_from(E2BIG, "arguments and environment of ", parameters.program)};
  }
  const std::uint64_t blob_size = align_up(blob.size(), abi::page_size);
  const std::uint64_t blob_gpa = ram.gpa;  // shares the first huge page with what the library OS touches first
  std::memcpy(memory.translate(Gpa{blob_gpa}, blob_size), blob.data(), blob.size());

  abi::BootInfo info = parameters.info;
  info.magic = abi::boot_magic;
  info.version = abi::abi_version;
  info.memory_gpa = ram.gpa;
  info.memory_size = ram.size;
  info.memory_limit = memory.limit();
  info.arguments_gpa = blob_gpa;
  info.arguments_size = blob.size();
  info.argument_count = static_cast<std::uint32_t>(parameters.argv.size());
  info.environment_count = static_cast<std::uint32_t>(parameters.environment.size());
  info.hwcap = cpu.hwcap;
  info.hwcap2 = 2;  // FSGSBASE
  info.xcr0 = cpu.xcr0;
  info.xsave_size = cpu.xsave_size;
  // Frame of Linux's rt_sigframe around the XSAVE area (sigaltstack(2), AT_MINSIGSTKSZ).
  info.minimum_signal_stack = cpu.xsave_size + 1024;
  if (::getrandom(info.random, sizeof info.random, 0) != sizeof info.random) {
    return Unexpected{system_error("getrandom")};
  }
  *at<abi::BootInfo>(memory, abi::boot_info_gpa) = info;
  return {};
}

Result<void> set_identity(kvm::Vcpu& vcpu, const GuestCpu& cpu) {
  KX_TRY(vcpu.set_cpuid(cpu.cpuid));
  if (!cpu.slow_exits) {
    KX_TRY(vcpu.use_host_tsc());  // without VMX and SVM nothing offsets it
  }
  return {};
}

Result<void> set_initial_state(kvm::Vcpu& vcpu, const abi::LibosHeader& header, Gpa area, const GuestCpu& cpu,
                               const EntryPoint& entry) {
  KX_TRY_ASSIGN(kvm_sregs sregs, vcpu.special_registers());
  const std::uint64_t base_gva = abi::linear_gva(area.value);
  sregs.cr0 = cr0_value;
  sregs.cr3 = entry.cr3;
  sregs.cr4 = cr4_value;
  sregs.efer = efer_value;
  kvm_segment code{};
  code.limit = 0xffffffff;
  code.selector = abi::selector_user_code;
  code.type = 11;
  code.present = 1;
  code.dpl = 3;
  code.s = 1;
  code.l = 1;
  code.g = 1;
  kvm_segment data = code;
  data.type = 3;
  data.selector = abi::selector_user_data;
  data.l = 0;
  data.db = 1;
  sregs.cs = code;
  sregs.ss = sregs.ds = sregs.es = sregs.fs = sregs.gs = data;
  sregs.gs.base = base_gva;
  sregs.tr = {};
  sregs.tr.base = base_gva + abi::vcpu_tables_offset + tss_offset;
  sregs.tr.limit = tss_limit;
  sregs.tr.selector = abi::selector_tss;
  sregs.tr.type = cpu.tss_type;
  sregs.tr.present = 1;
  sregs.gdt.base = base_gva + abi::vcpu_tables_offset;
  sregs.gdt.limit = gdt_limit;
  sregs.idt.base = abi::linear_gva(abi::idt_gpa);
  sregs.idt.limit = exception_count * sizeof(IdtGate) - 1;
  KX_TRY(vcpu.set_special_registers(sregs));

  kvm::MsrList msrs;
  msrs.count = 3;
  msrs.entries[0].index = 0xc000'0081;  // STAR
  msrs.entries[0].data = 0x23ull << 48 | 0x10ull << 32;
  msrs.entries[1].index = 0xc000'0082;  // LSTAR
  msrs.entries[1].data = header.syscall_entry_gva;
  msrs.entries[2].index = 0xc000'0084;  // FMASK
  msrs.entries[2].data = 0;
  KX_TRY(vcpu.set_msrs(msrs));
  if (cpu.xcr0 != 0) {
    KX_TRY(vcpu.set_xcr0(cpu.xcr0));
  }
  return set_entry(vcpu, entry);
}

Result<void> set_entry(kvm::Vcpu& vcpu, const EntryPoint& entry) {
  kvm_regs registers{};
  registers.rip = entry.rip_gva;
  registers.rsp = entry.rsp_gva;
  registers.rdi = entry.argument;
  registers.rflags = user_rflags;
  return vcpu.set_registers(registers);
}

Result<void> write_cpuid_table(GuestMemory& memory, kvm::Vcpu& vcpu, const GuestCpu& cpu) {
  kvm::CpuidList list = cpu.cpuid;
  if (!cpu.untrapped_cpuid) {
    KX_TRY_ASSIGN(list, vcpu.cpuid());
  }
  auto& table = *at<abi::CpuidTable>(memory, abi::cpuid_table_gpa);
  table = {};
  for (std::uint32_t i = 0; i < list.count && i < std::size(table.entries); ++i) {
    const kvm_cpuid_entry2& entry = list.entries[i];
    const bool has_subleaves = (entry.flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) != 0;
    table.entries[table.count++] = {entry.function, entry.index, has_subleaves, entry.eax,
                                    entry.ebx,      entry.ecx,   entry.edx,     0};
  }
  return {};
}

}  // namespace kx::hv
