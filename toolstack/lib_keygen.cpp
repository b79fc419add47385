// `kx lib keygen`: makes a pair of keys.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "hypervisor/libraries/signing.hpp"
#include "toolstack/lib.hpp"
#include "toolstack/new_file.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {

int lib_keygen(std::vector<std::string> arguments) {
  CLI::App app(
      "Makes NAME.key, which signs and is to be kept secret, and NAME.pub, which verifies and is for policies.\n"
      "Neither may be there yet.",
      "kx lib keygen");
  std::string name;
  app.add_option("-o,--output", name, "where to write the keys")->type_name("NAME")->required();
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  if (const auto started = hv::libraries::start_cryptography(); !started) {
    return report(started.error());
  }
  const hv::libraries::SecretKey secret = hv::libraries::make_key();
  const auto make = [&](const std::string& path, const std::string& text, mode_t mode) {
    return write_new_file(path, text, mode, ExistingFile::Refuse);
  };
  if (const auto made = make(name + ".key", hv::libraries::to_text(secret), 0600); !made) {
    return report(made.error());
  }
  const hv::libraries::PublicKey key = secret.public_key();
  if (const auto made = make(name + ".pub", hv::libraries::to_text(key), 0666); !made) {
    ::unlink((name + ".key").c_str());  // half a pair is of no use
    return report(made.error());
  }
  std::printf("%s.key %s.pub: key %s\n", name.c_str(), name.c_str(), hv::libraries::to_text(key.id()).c_str());
  return 0;
}

}  // namespace kx::toolstack
