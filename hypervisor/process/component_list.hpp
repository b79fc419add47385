// The components of the library OS in running processes, for kx lib list and --stats.
#pragma once

#include <cstdint>
#include <kx/abi/boot.hpp>
#include <memory>
#include <string>
#include <vector>

namespace kx::hv {

class Family;
class Pvm;

const char* component_name(abi::Component component);

// "net poll", or "none". The core is in every set, and is not named.
std::string component_names(std::uint32_t set);

// A table: for each process and component where it is, its size, whether it is mapped, and how often its system calls
// were made. A pVM's own word for it, which a hostile one can make up.
std::string component_list(const Family& family, const std::vector<std::shared_ptr<Pvm>>& pvms);

}  // namespace kx::hv
