#include "hypervisor/libraries/policy.hpp"

#include <sys/stat.h>

#include "fixture.hpp"

namespace kx::hv::libraries {
namespace {

class Policy : public LibrariesTest {
 protected:
  void SetUp() override {
    LibrariesTest::SetUp();
    write("vendor.pub", to_text(vendor.public_key()));
    write("other.pub", to_text(other.public_key()));
    program = loading(write("program", "p"));
  }

  // What is wrong with a policy; empty: nothing.
  std::string complaint(const std::string& text) {
    const auto policy = LibraryPolicy::parse(text, "p.toml", directory);
    return policy ? "" : policy.error().message();
  }

  static LoadingProgram loading(const std::string& path, uid_t owner = 7) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return {path, status.st_dev, status.st_ino, owner};
  }

  // Why the library is refused; empty: it is not.
  std::string refusal(const std::string& rules, const std::string& path, std::optional<uid_t> owner = 7) {
    auto policy = LibraryPolicy::parse("mode = 'enforce'\n[keys]\nvendor = 'vendor.pub'\nother = 'other.pub'\n" + rules,
                                       "p.toml", directory);
    EXPECT_TRUE(policy) << (policy ? "" : policy.error().message());
    if (!policy) {
      return "no policy";
    }
    const auto reason = policy->refusal({path, identity, owner, [&] { return signer; }}, program);
    EXPECT_TRUE(!reason || reason->find("p.toml:") != std::string::npos || *reason == "no rule is about it");
    return reason.value_or("");
  }
  static bool says(const std::string& reason, const std::string& part) {
    return reason.find(part) != std::string::npos;
  }

  SecretKey vendor = make_key(), other = make_key();
  ElfIdentity identity{"libx.so.1.4", "12ab"};
  Signer signer{{}, "it has no signature"};
  LoadingProgram program;
};

TEST_F(Policy, WithoutARuleNothingIsAllowed) {
  EXPECT_EQ(refusal("", "/usr/lib/libx.so"), "no rule is about it");
  EXPECT_EQ(refusal("[[library]]", "/usr/lib/libx.so"), "");
}

TEST_F(Policy, RulesAreAboutPaths) {
  const std::string rules = "[[library]]\npath = ['/usr/lib/', '/opt/*.so', '/bin/sh']";
  for (const char* path : {"/usr/lib/libx.so", "/usr/lib/deep/er/libx.so", "/opt/a.so", "/bin/sh"}) {
    EXPECT_EQ(refusal(rules, path), "") << path;
  }
  for (const char* path : {"/usr/lib64/libx.so", "/usr/lib", "/opt/deep/a.so", "/bin/sh2", "/x/usr/lib/a"}) {
    EXPECT_EQ(refusal(rules, path), "no rule is about it") << path;
  }
}

TEST_F(Policy, TheFirstRuleThatIsAboutAFileDecides) {
  const std::string rules = "[[library]]\nsoname = 'libx.so'\nmin-version = '2'\n[[library]]\n";
  EXPECT_TRUE(says(refusal(rules, "/a"), "version 1.4 is below 2 (p.toml:5)"));
  identity.soname = "liby.so.1.4";
  EXPECT_EQ(refusal(rules, "/a"), "");
}

TEST_F(Policy, VersionsHaveARange) {
  const auto of = [&](const char* soname, const char* limits) {
    identity.soname = soname;
    return refusal(std::string("[[library]]\nsoname = 'libx.so'\n") + limits, "/a");
  };
  EXPECT_EQ(of("libx.so.1.4", "min-version = '1.4'"), "");
  EXPECT_EQ(of("libx.so.1.10", "min-version = '1.4'\nmax-version = '1.10'"), "");
  EXPECT_TRUE(says(of("libx.so.1.3.9", "min-version = '1.4'"), "below 1.4"));
  EXPECT_EQ(of("libx.so.1.4.2", "max-version = '1.4'"), "");
  EXPECT_EQ(of("libx.so.1.4.2", "max-version = '1'"), "");
  EXPECT_TRUE(says(of("libx.so.2", "max-version = '1'"), "above 1"));
  EXPECT_TRUE(says(of("libx.so.1.5", "max-version = '1.4.9'"), "above 1.4.9"));
  EXPECT_TRUE(says(of("libx.so", "min-version = '1'"), "has no version"));
}

TEST_F(Policy, BuildsAreListed) {
  EXPECT_EQ(refusal("[[library]]\nbuild-ids = ['00', '12ab']", "/a"), "");
  EXPECT_TRUE(says(refusal("[[library]]\nbuild-ids = '12'", "/a"), "12ab is not listed"));
  identity.build_id.clear();
  EXPECT_TRUE(says(refusal("[[library]]\nbuild-ids = '12ab'", "/a"), "no build id"));
}

TEST_F(Policy, SignaturesCountByTheirKey) {
  const std::string rule = "[[library]]\nsigned-by = 'vendor'";
  EXPECT_TRUE(says(refusal(rule, "/a"), "it has no signature"));
  signer = {"vendor", {}};
  EXPECT_EQ(refusal(rule, "/a"), "");
  signer = {"other", {}};
  EXPECT_TRUE(says(refusal(rule, "/a"), "signed by other"));
  EXPECT_EQ(refusal("[[library]]\nsigned-by = ['vendor', 'other']", "/a"), "");
}

TEST_F(Policy, FindsWhoSigned) {
  auto policy = *LibraryPolicy::parse("mode = 'enforce'\nkeys.vendor = 'vendor.pub'", "p.toml", directory);
  ContentHash hash{1, 2, 3};
  const std::string text = to_text(sign(hash, vendor));
  EXPECT_EQ(policy.signer(hash, text).key, "vendor");
  EXPECT_TRUE(says(policy.signer(hash, to_text(sign(hash, other))).problem, "which the policy does not name"));
  EXPECT_TRUE(says(policy.signer(hash, "x").problem, "not one of kx"));
  hash[0] = 2;
  EXPECT_EQ(policy.signer(hash, text).key, "");
  EXPECT_TRUE(says(policy.signer(hash, text).problem, "is wrong"));
}

TEST_F(Policy, LoadersAreNamedByTheirFiles) {
  std::filesystem::create_symlink("program", directory + "/link");
  write("stranger", "q");
  EXPECT_EQ(refusal("[[library]]\nloaders = ['/none', '" + directory + "/link']", "/a"), "");
  EXPECT_TRUE(says(refusal("[[library]]\nloaders = ['" + directory + "/stranger']", "/a"), "not to load it"));
  program.inode = 0;
  EXPECT_TRUE(says(refusal("[[library]]\nloaders = ['" + directory + "/program']", "/a"), "not to load it"));
  EXPECT_EQ(refusal("[[library]]\nloaders = 'anyone'", "/a"), "");
}

TEST_F(Policy, LoadersOfTheSameOwner) {
  const std::string rule = "[[library]]\nloaders = 'same-owner'";
  EXPECT_EQ(refusal(rule, "/a", 7), "");
  EXPECT_TRUE(says(refusal(rule, "/a", 8), "another owner"));
  EXPECT_TRUE(says(refusal(rule, "/a", std::nullopt), "cannot be told"));
  program.owner = std::nullopt;
  EXPECT_TRUE(says(refusal(rule, "/a", 7), "cannot be told"));
}

TEST_F(Policy, NamesItsJits) {
  const auto policy = *LibraryPolicy::parse("mode = 'warn'\njit = '" + directory + "/program'", "p.toml", directory);
  EXPECT_TRUE(policy.is_jit(program));
  EXPECT_FALSE(policy.is_jit(loading(write("another", ""))));
  EXPECT_FALSE(policy.is_jit(LoadingProgram{}));
}

TEST_F(Policy, BringsItsOwnSignatures) {
  std::filesystem::create_directory(directory + "/sigs");
  const std::string text = to_text(sign(ContentHash{}, vendor));
  write("sigs/libx.so.kxsig", text);
  write("sigs/README", "not a signature");
  const auto policy = *LibraryPolicy::parse("mode = 'enforce'\nsignatures = 'sigs'", "p.toml", directory);
  ASSERT_NE(policy.signature_of("libx.so"), nullptr);
  EXPECT_EQ(*policy.signature_of("libx.so"), text);
  EXPECT_EQ(policy.signature_of("README"), nullptr);
  write("sigs/bad.kxsig", "x");
  EXPECT_TRUE(says(complaint("mode = 'enforce'\nsignatures = 'sigs'"), "p.toml:2: bad.kxsig is not a signature"));
  EXPECT_TRUE(says(complaint("mode = 'enforce'\nsignatures = 'none'"), "No such file"));
}

TEST_F(Policy, ErrorsNameTheLine) {
  const auto expect = [&](const std::string& text, const std::string& part) {
    EXPECT_TRUE(says(complaint(text), part)) << text << "\n" << complaint(text);
  };
  EXPECT_EQ(complaint("mode = 'off'"), "");
  expect("", "'mode' is missing");
  expect("\nmode = 'on'", "p.toml:2: 'mode' is off, warn or enforce");
  expect("mode = 1", "p.toml:1: 'mode' is a text");
  expect("mode = 'warn'\nmod = 'warn'", "p.toml:2: 'mod' is nothing");
  expect("mode = 'warn'\n[[library]]\n\nsigned = 'x'", "p.toml:4: 'signed' is nothing");
  expect("mode = 'warn'\n[[library]]\nsigned-by = 'x'", "p.toml:3: there is no key 'x'");
  expect("mode = 'warn'\n[[library]]\nsigned-by = []", "p.toml:3: 'signed-by' is a text or a list");
  expect("mode = 'warn'\n[[library]]\nsigned-by = [1]", "p.toml:3: 'signed-by' is a text or a list");
  expect("mode = 'warn'\n[[library]]\npath = 'lib/x'", "p.toml:3: 'lib/x' is not the absolute path");
  expect("mode = 'warn'\n[[library]]\npath = ''", "p.toml:3: 'path'");
  expect("mode = 'warn'\n[[library]]\nsoname = 'libx.so.1'", "without the version");
  expect("mode = 'warn'\n[[library]]\nmin-version = 1.2", "p.toml:3: 'min-version' is a text");
  expect("mode = 'warn'\n[[library]]\nmin-version = '1.x'", "p.toml:3: 'min-version' is a text of numbers");
  expect("mode = 'warn'\n[[library]]\nbuild-ids = ['XY']", "hexadecimal");
  expect("mode = 'warn'\n[[library]]\nloaders = 'nobody'", "p.toml:3: 'loaders'");
  expect("mode = 'warn'\n[[library]]\nloaders = ['x']", "absolute path");
  expect("mode = 'warn'\n[library]\npath = '/x'", "rules are tables");
  expect("mode = 'warn'\njit = 'node'", "p.toml:2: 'node' is not the absolute path");
  expect("mode = 'warn'\n[keys]\na = 'none.pub'", "p.toml:3: open the key none.pub: No such file");
  write("bad.pub", "x");
  expect("mode = 'warn'\n[keys]\na = 'bad.pub'", "p.toml:3: bad.pub is not a public key");
  expect("mode = 'warn'\nkeys = 'x'", "'keys' is a table");
  expect("mode = 'warn'\nlibrary = [", "p.toml:2: ");
  expect("mode = 'warn'\nmode = 'off'", "p.toml:2: ");
}

TEST_F(Policy, IsAFile) {
  const auto policy = LibraryPolicy::load(write("good.toml", "mode = 'warn'\nkeys.vendor = 'vendor.pub'"));
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->mode(), PolicyMode::Warn);
  EXPECT_EQ(LibraryPolicy::load(directory + "/none").error().exit_status(), 125);
  EXPECT_FALSE(LibraryPolicy::load(directory));
}

TEST(Versions, AreNumbersWithDots) {
  EXPECT_EQ(parse_version("1"), Version({1}));
  EXPECT_EQ(parse_version("1.20.3"), Version({1, 20, 3}));
  for (const char* text : {"", ".", "1.", ".1", "1..2", "a", "1a", "1.2b", "-1", "99999999999999999999"}) {
    EXPECT_EQ(parse_version(text), std::nullopt) << text;
  }
  EXPECT_EQ(split_soname("libx.so.1.2").name, "libx.so");
  EXPECT_EQ(split_soname("libx.so.1.2").version, Version({1, 2}));
  EXPECT_EQ(split_soname("libx.so").version, Version());
  EXPECT_EQ(split_soname("libx.so.bak").name, "libx.so.bak");
  EXPECT_EQ(split_soname("liba.so.b.so.3").name, "liba.so.b.so");
}

}  // namespace
}  // namespace kx::hv::libraries
