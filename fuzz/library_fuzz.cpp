// Fuzzes what reads files that anybody can write: the ELF reader of the library policy, texts of signatures and keys,
// versions in sonames. What they accept must keep their promises.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <kx/base/verify.hpp>
#include <span>
#include <string_view>

#include "hypervisor/libraries/elf_identity.hpp"
#include "hypervisor/libraries/policy.hpp"
#include "hypervisor/libraries/signing.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  return kx::hv::libraries::start_cryptography() ? 0 : 1;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kx::hv::libraries;
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const ElfIdentity identity = read_elf_identity(file);
  KX_VERIFY(identity.soname.size() <= 255 && identity.soname.find('\0') == std::string::npos);
  KX_VERIFY(identity.soname.empty() || text.find(identity.soname) != std::string_view::npos);
  KX_VERIFY(identity.build_id.size() <= 128 &&
            identity.build_id.find_first_not_of("0123456789abcdef") == std::string::npos);

  const VersionedName name = split_soname(text);
  KX_VERIFY(text.starts_with(name.name) && (!name.version.empty() || name.name == text));

  if (const auto signature = parse_signature(text)) {
    KX_VERIFY(to_text(*signature) == text);
  }
  if (const auto key = parse_public_key(text)) {
    KX_VERIFY(to_text(*key) == text);
  }
  return 0;
}
