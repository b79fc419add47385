#include "hypervisor/libraries/signing.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <set>

#include "fixture.hpp"
#include "hypervisor/unique_fd.hpp"

namespace kx::hv::libraries {
namespace {

class Signing : public LibrariesTest {
 protected:
  ContentHash hash_of(const std::string& content, std::size_t lanes = blake2b_lanes()) {
    const UniqueFd file(::open(write("file", content).c_str(), O_RDONLY | O_CLOEXEC));
    auto hash = hash_content(file.get(), content.size(), lanes);
    EXPECT_TRUE(hash);
    return *hash;
  }
};

TEST_F(Signing, ASignatureIsOfOneContentByOneKey) {
  const SecretKey key = make_key(), other = make_key();
  const ContentHash hash = hash_of("content");
  const Signature signature = sign(hash, key);
  EXPECT_TRUE(verify(hash, signature, key.public_key()));
  EXPECT_FALSE(verify(hash_of("Content"), signature, key.public_key()));
  EXPECT_FALSE(verify(hash, signature, other.public_key()));
  Signature renamed = signature;
  renamed.key = other.public_key().id();
  EXPECT_FALSE(verify(hash, renamed, other.public_key()));
  Signature changed = signature;
  changed.bytes[5] ^= 1;
  EXPECT_FALSE(verify(hash, changed, key.public_key()));
}

TEST_F(Signing, EveryByteAndTheSizeCount) {
  constexpr std::size_t leaf = 65'536;
  std::set<ContentHash> all;
  std::string content(10 * leaf + 100, 'a');
  all.insert(hash_of(content));
  const std::size_t places[] = {0, leaf - 1, leaf, 8 * leaf - 1, 9 * leaf, content.size() - 1};
  for (const std::size_t at : places) {
    std::string changed = content;
    changed[at] = 'b';
    all.insert(hash_of(changed));
  }
  all.insert(hash_of(content.substr(1)));
  all.insert(hash_of(content + '\0'));
  all.insert(hash_of(""));
  all.insert(hash_of(std::string(1, '\0')));
  // Leaves that change places.
  all.insert(hash_of(std::string(leaf, 'x') + std::string(leaf, 'y')));
  all.insert(hash_of(std::string(leaf, 'y') + std::string(leaf, 'x')));
  EXPECT_EQ(all.size(), 13U);
}

// What libsodium computes one by one is what the lanes compute.
TEST_F(Signing, LanesChangeNothing) {
  for (const std::size_t size : {100u, 65'536u, 131'072u, 200'000u, 7 * 65'536u, 589'825u, 1'500'000u}) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) {
      content[i] = static_cast<char>(i * i >> 7);
    }
    const ContentHash alone = hash_of(content, 0);
    for (std::size_t lanes = blake2b_lanes(); lanes >= 4; lanes /= 2) {
      EXPECT_EQ(hash_of(content, lanes), alone) << lanes << " lanes, " << size << " bytes";
    }
  }
}

TEST_F(Signing, AFileThatEndsBeforeIsAnError) {
  const UniqueFd file(::open(write("short", "12345").c_str(), O_RDONLY | O_CLOEXEC));
  const auto hash = hash_content(file.get(), 6);
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().errno_value, EIO);
}

TEST_F(Signing, TextsAreReadAsTheyWereMade) {
  const SecretKey key = make_key();
  const std::string secret = to_text(key), open = to_text(key.public_key());
  const std::string signature = to_text(sign(hash_of("x"), key));
  ASSERT_TRUE(parse_secret_key(secret));
  EXPECT_EQ(parse_secret_key(secret)->bytes, key.bytes);
  ASSERT_TRUE(parse_public_key(open));
  EXPECT_EQ(parse_public_key(open)->bytes, key.public_key().bytes);
  ASSERT_TRUE(parse_signature(signature));
  EXPECT_TRUE(verify(hash_of("x"), *parse_signature(signature), key.public_key()));
  EXPECT_LT(std::max({secret.size(), open.size(), signature.size()}), most_text_size);
}

TEST_F(Signing, NothingElseIsTaken) {
  const SecretKey key = make_key();
  const std::string open = to_text(key.public_key()), signature = to_text(sign(hash_of("x"), key));
  EXPECT_FALSE(parse_public_key(to_text(key)));
  EXPECT_FALSE(parse_secret_key(open));
  EXPECT_FALSE(parse_signature(open));
  for (std::size_t i = 0; i < open.size(); ++i) {
    std::string changed = open;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(parse_public_key(changed)) << i;  // the id is of the key
    EXPECT_FALSE(parse_public_key(open.substr(0, i))) << i;
  }
  EXPECT_FALSE(parse_public_key(open + "\n"));
  EXPECT_FALSE(parse_public_key(" " + open));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    EXPECT_FALSE(parse_signature(signature.substr(0, i))) << i;
  }
  EXPECT_FALSE(parse_signature(signature + signature));
}

TEST_F(Signing, OnlyShortRegularFilesAreTexts) {
  EXPECT_EQ(*read_text(AT_FDCWD, write("a", "text"), "a"), "text");
  EXPECT_EQ(*read_text(AT_FDCWD, write("b", std::string(100, 'x')), "b", 100), std::string(100, 'x'));
  EXPECT_FALSE(read_text(AT_FDCWD, write("b", std::string(101, 'x')), "b", 100));
  EXPECT_FALSE(read_text(AT_FDCWD, directory, "a directory"));
  const std::string fifo = directory + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(read_text(AT_FDCWD, fifo, "a FIFO"));
  const auto missing = read_text(AT_FDCWD, directory + "/none", "the key none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errno_value, ENOENT);
  EXPECT_NE(missing.error().message().find("the key none"), std::string::npos);
}

}  // namespace
}  // namespace kx::hv::libraries
