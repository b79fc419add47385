#include "signals/xstate.hpp"

#include <cstring>
#include <kx/base/verify.hpp>

#include "mm/address_space.hpp"

namespace kx::libos {

namespace {

// Layout of the XSAVE area (Intel SDM vol. 1, 13.4) and what Linux adds to it in a frame (struct _fpx_sw_bytes).
constexpr u64 mxcsr_offset = 24, mxcsr_mask_offset = 28, software_offset = 464, legacy_size = 512, header_offset = 512,
              header_size = 64, minimum_size = legacy_size + header_size;
constexpr u32 magic1 = 0x46505853, magic2 = 0x46505845;
constexpr u64 legacy_components = 3;
constexpr u32 default_mxcsr_mask = 0xffbf;

struct SoftwareBytes {
  u32 magic1;
  u32 extended_size;
  u64 features;
  u32 state_size;
  u32 padding[7];
};
static_assert(sizeof(SoftwareBytes) == 48);

u64 features;
u32 area_size = minimum_size;

template <class T>
T load(const u8* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void store(u8* to, const T& value) {
  std::memcpy(to, &value, sizeof value);
}

// SAFETY: `area` is 64-byte aligned memory of the library OS of at least area_size bytes.
void xsave(u8* area) {
  asm volatile("xsave64 (%0)"
               :
               : "r"(area), "a"(static_cast<u32>(features)), "d"(static_cast<u32>(features >> 32))
               : "memory");
}

// SAFETY: the header and MXCSR of `area` have been checked: XRSTOR does not fault.
void xrstor(const u8* area) {
  asm volatile("xrstor64 (%0)"
               :
               : "r"(area), "a"(static_cast<u32>(features)), "d"(static_cast<u32>(features >> 32))
               : "memory");
}

u32 allowed_mxcsr() {
  static u32 mask = 0;
  if (mask == 0) {
    alignas(64) u8 area[xstate_limit];
    std::memset(area + header_offset, 0, header_size);
    xsave(area);
    mask = load<u32>(area + mxcsr_mask_offset);
    mask = mask != 0 ? mask : default_mxcsr_mask;
  }
  return mask;
}

// True if the frame carries more than the legacy registers, as Linux decides it.
bool is_extended(const SoftwareBytes& software, u64 address) {
  if (software.magic1 != magic1 || software.state_size < minimum_size || software.state_size > area_size ||
      software.state_size > software.extended_size) {
    return false;
  }
  u32 end = 0;
  return read_user(end, address + software.state_size) && end == magic2;
}

bool is_valid(const u8* area) {
  const auto present = load<u64>(area + header_offset);
  if ((present & ~features) != 0) {
    return false;
  }
  for (u64 offset = 8; offset < header_size; ++offset) {
    if (area[header_offset + offset] != 0) {
      return false;
    }
  }
  return (load<u32>(area + mxcsr_offset) & ~allowed_mxcsr()) == 0;
}

}  // namespace

void start_xstate(u64 xcr0, u32 xsave_size) {
  KX_VERIFY((xcr0 & legacy_components) == legacy_components && xsave_size >= minimum_size &&
            xsave_size <= xstate_limit);
  features = xcr0;
  area_size = xsave_size;
}

u64 xstate_frame_size() {
  return area_size + sizeof magic2;
}

void save_xstate(u8* buffer) {
  std::memset(buffer, 0, area_size);
  xsave(buffer);
  // Linux: programs that know nothing of XSAVE change the legacy registers in the frame without setting their bits.
  store(buffer + header_offset, load<u64>(buffer + header_offset) | legacy_components);
  const SoftwareBytes software{magic1, static_cast<u32>(xstate_frame_size()), features, area_size, {}};
  store(buffer + software_offset, software);
  store(buffer + area_size, magic2);
}

void capture_xstate(u8* area) {
  std::memset(area + header_offset, 0, header_size);
  xsave(area);
}

void load_xstate(const u8* area) {
  xrstor(area);
}

void reset_xstate() {
  // All components marked absent take their initial values; MXCSR is always loaded.
  alignas(64) u8 area[minimum_size] = {};
  store(area + mxcsr_offset, u32{0x1f80});
  xrstor(area);
}

bool restore_xstate(u64 address) {
  if (address == 0) {
    reset_xstate();
    return true;
  }
  alignas(64) u8 area[xstate_limit];
  if ((address & 63) != 0 || !copy_from_user(area, address, legacy_size)) {
    return false;
  }
  const auto software = load<SoftwareBytes>(area + software_offset);
  if (is_extended(software, address)) {
    // Another thread may be writing: what is loaded is the copy that has been checked.
    std::memset(area + header_offset, 0, area_size - header_offset);
    if (!copy_from_user(area, address, software.state_size) || !is_valid(area)) {
      return false;
    }
    store(area + header_offset, load<u64>(area + header_offset) & software.features);
  } else {
    std::memset(area + header_offset, 0, area_size - header_offset);
    store(area + header_offset, legacy_components);
    if (!is_valid(area)) {
      return false;
    }
  }
  xrstor(area);
  return true;
}

u32 raised_x87_exceptions() {
  u16 control = 0, status = 0;
  asm volatile("fnstcw %0\n\tfnstsw %1" : "=m"(control), "=m"(status));
  return status & ~control & 0x3f;
}

u32 raised_sse_exceptions() {
  u32 mxcsr = 0;
  asm volatile("stmxcsr %0" : "=m"(mxcsr));
  return mxcsr & ~(mxcsr >> 7) & 0x3f;
}

}  // namespace kx::libos
