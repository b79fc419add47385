// `kx lib sign` and `kx lib verify`: make and look at the detached signatures of files.
#include <fcntl.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>

#include "hypervisor/libraries/content_hash.hpp"
#include "hypervisor/libraries/signing.hpp"
#include "hypervisor/unique_fd.hpp"
#include "toolstack/lib.hpp"
#include "toolstack/new_file.hpp"
#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

using namespace hv::libraries;

struct Options {
  std::string key;
  std::string signature;  // where it is; empty: beside its file
  std::vector<std::string> files;
};

void add_options(CLI::App& app, Options& options, const char* key_help) {
  app.add_option("-k,--key", options.key, key_help)->type_name("FILE")->required();
  app.add_option("FILE", options.files, "libraries, programs")->required();
}

std::string signature_path(const Options& options, const std::string& file) {
  return options.signature.empty() ? file + std::string(signature_suffix) : options.signature;
}

hv::Result<void> check(const Options& options) {
  if (!options.signature.empty() && options.files.size() > 1) {
    return Unexpected{hv::make_error(hv::ErrorKind::Usage, "one signature is for one file")};
  }
  return start_cryptography();
}

hv::Result<ContentHash> hash_file(const std::string& path) {
  const hv::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return Unexpected{hv::system_error("open ", path)};
  }
  if (!S_ISREG(status.st_mode)) {
    return Unexpected{hv::make_error(hv::ErrorKind::Usage, path, " is not a regular file")};
  }
  auto hash = hash_content(file.get(), static_cast<std::uint64_t>(status.st_size));
  if (!hash) {
    return Unexpected{hv::system_error_from(hash.error().errno_value, "read ", path)};
  }
  return hash;
}

hv::Result<void> sign_files(const Options& options) {
  KX_TRY(check(options));
  KX_TRY_ASSIGN(std::string text, read_text(AT_FDCWD, options.key, "the key " + options.key));
  const auto key = parse_secret_key(text);
  ::explicit_bzero(text.data(), text.size());
  if (!key) {
    return Unexpected{hv::make_error(hv::ErrorKind::Usage, options.key, " is not a secret key of kx")
                          .with_cure("NAME.key, as kx lib keygen makes it")};
  }
  for (const std::string& file : options.files) {
    KX_TRY_ASSIGN(const ContentHash hash, hash_file(file));
    KX_TRY(write_new_file(signature_path(options, file), to_text(sign(hash, *key)), 0666, ExistingFile::Replace));
  }
  return {};
}

// What is wrong with the signature; empty: it is good.
hv::Result<std::string> problem_of(const Options& options, const std::string& file, const PublicKey& key) {
  KX_TRY_ASSIGN(const ContentHash hash, hash_file(file));
  const std::string path = signature_path(options, file);
  const auto text = read_text(AT_FDCWD, path, path);
  if (!text && text.error().errno_value == ENOENT) {
    return std::string("no signature");
  }
  if (!text) {
    return Unexpected{hv::Error(text.error())};
  }
  const auto signature = parse_signature(*text);
  if (!signature) {
    return path + " is not a signature of kx";
  }
  if (signature->key != key.id()) {
    return "signed by another key, " + to_text(signature->key);
  }
  return std::string(verify(hash, *signature, key) ? "" : "changed since it was signed");
}

hv::Result<bool> verify_files(const Options& options) {
  KX_TRY(check(options));
  KX_TRY_ASSIGN(const std::string text, read_text(AT_FDCWD, options.key, "the key " + options.key));
  const auto key = parse_public_key(text);
  if (!key) {
    return Unexpected{hv::make_error(hv::ErrorKind::Usage, options.key, " is not a public key of kx")
                          .with_cure("NAME.pub, as kx lib keygen makes it")};
  }
  bool good = true;
  for (const std::string& file : options.files) {
    KX_TRY_ASSIGN(const std::string problem, problem_of(options, file, *key));
    std::printf("%s: %s\n", file.c_str(), problem.empty() ? "good" : problem.c_str());
    good = good && problem.empty();
  }
  return good;
}

}  // namespace

int lib_sign(std::vector<std::string> arguments) {
  CLI::App app("Signs files: each gets a detached signature, FILE.kxsig.", "kx lib sign");
  Options options;
  add_options(app, options, "the secret key, NAME.key");
  app.add_option("-o,--output", options.signature, "where to write the signature (default: FILE.kxsig)")
      ->type_name("SIGNATURE");
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const auto done = sign_files(options);
  return done ? 0 : report(done.error());
}

int lib_verify(std::vector<std::string> arguments) {
  CLI::App app(
      "Says for each file whether its signature is by this key, and the file as it was signed.\n"
      "Exit status: 0 if all are, 1 if not, 125 if kx itself failed.",
      "kx lib verify");
  Options options;
  add_options(app, options, "the public key, NAME.pub");
  app.add_option("-s,--signature", options.signature, "where the signature is (default: FILE.kxsig)")
      ->type_name("SIGNATURE");
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  const auto good = verify_files(options);
  return good ? (*good ? 0 : 1) : report(good.error());
}

}  // namespace kx::toolstack
