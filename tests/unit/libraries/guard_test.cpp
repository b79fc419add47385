#include "hypervisor/libraries/guard.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixture.hpp"

namespace kx::hv::libraries {
namespace {

class GuardTest : public LibrariesTest {
 protected:
  void SetUp() override {
    LibrariesTest::SetUp();
    write("vendor.pub", to_text(key.public_key()));
    library = write("libx.so", SmallLibrary().text());
    sign_file(library, key);
    program_path = write("program", "p");
    make("enforce");
  }

  void make(const std::string& mode, const std::string& more = "") {
    auto policy =
        LibraryPolicy::parse("mode = '" + mode + "'\n" + more + "\n[keys]\nvendor = 'vendor.pub'\n[[library]]\n" +
                                 "path = '" + directory + "/'\nsigned-by = 'vendor'",
                             "p.toml", directory);
    ASSERT_TRUE(policy) << policy.error().message();
    lines.clear();
    guard = std::make_unique<Guard>(
        std::move(policy).value(),
        GuardPlace{proc.get(), false, [this](const std::string& line) { lines.push_back(line); }});
    program = guard->program_of(open(program_path).get());
  }

  static void sign_file(const std::string& path, const SecretKey& by) {
    const UniqueFd file = open(path);
    const auto hash = hash_content(file.get(), std::filesystem::file_size(path));
    std::ofstream(path + ".kxsig") << to_text(sign(*hash, by));
  }
  static UniqueFd open(const std::string& path, int flags = O_RDONLY) {
    return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC));
  }
  int check(const std::string& path) {
    auto content = guard->check_file(open(path).get(), program);
    return content ? 0 : content.error().errno_value;
  }
  static std::string content_of(int fd) {
    std::string text(1 << 16, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(fd, text.data(), text.size(), 0), 0)));
    return text;
  }

  SecretKey key = make_key();
  UniqueFd proc{::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  std::string library, program_path;
  std::unique_ptr<Guard> guard;
  LoadingProgram program;
  std::vector<std::string> lines;
};

TEST_F(GuardTest, GivesTheContentThatItJudged) {
  const UniqueFd file = open(library);
  auto content = guard->check_file(file.get(), program);
  ASSERT_TRUE(content);
  // The file changes, in place: what was judged does not.
  const UniqueFd writer = open(library, O_WRONLY);
  ASSERT_EQ(::pwrite(writer.get(), "evil", 4, 0), 4);
  EXPECT_EQ(content_of(content->get()), SmallLibrary().text());
  EXPECT_EQ(::pwrite(content->get(), "evil", 4, 0), -1);
  EXPECT_EQ(::ftruncate(content->get(), 0), -1);
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, content->get(), 0), MAP_FAILED);
  // Whoever loads it from now on gets what is there now.
  EXPECT_EQ(guard->check_file(file.get(), program).error().errno_value, EACCES);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find(library + " is refused to " + program_path + ": its signature by vendor is wrong"),
            std::string::npos)
      << lines[0];
}

TEST_F(GuardTest, ASignatureThatIsTakenAwayDoesNotCountAnyMore) {
  EXPECT_EQ(check(library), 0);
  EXPECT_EQ(check(library), 0);
  ASSERT_EQ(::unlink((library + ".kxsig").c_str()), 0);
  EXPECT_EQ(check(library), EACCES);
  sign_file(library, make_key());
  EXPECT_EQ(check(library), EACCES);
  sign_file(library, key);
  EXPECT_EQ(check(library), 0);
  EXPECT_EQ(guard->counts().asked, 5U);
  EXPECT_EQ(guard->counts().refused, 2U);
}

TEST_F(GuardTest, KeepsACopyOfSoManyFilesOnly) {
  make("warn");
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max < Guard::cache_count + 200) {
    GTEST_SKIP() << "too few descriptors";
  }
  const auto before = open_files();
  for (std::size_t i = 0; i < Guard::cache_count + 50; ++i) {
    ASSERT_EQ(check(write("many" + std::to_string(i), "x")), 0);
  }
  EXPECT_EQ(open_files() - before, static_cast<std::ptrdiff_t>(Guard::cache_count));
}

TEST_F(GuardTest, AFileInItsPlaceIsAnotherOne) {
  EXPECT_EQ(check(library), 0);
  const std::string evil = write("evil", SmallLibrary("libevil.so.1").text());
  std::filesystem::rename(evil, library);
  EXPECT_EQ(check(library), EACCES);
}

TEST_F(GuardTest, WarningGivesEverything) {
  make("warn");
  const std::string unsigned_path = write("libu.so", "u");
  const UniqueFd file = open(unsigned_path);
  auto content = guard->check_file(file.get(), program);
  ASSERT_TRUE(content);
  EXPECT_EQ(content_of(content->get()), "u");
  EXPECT_TRUE(guard->check_memory(program, "memory"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("would be refused"), std::string::npos);
  EXPECT_EQ(guard->counts().warned, 2U);
  EXPECT_EQ(guard->counts().refused, 0U);
}

TEST_F(GuardTest, MemoryIsForProgramsThatMakeCode) {
  EXPECT_FALSE(guard->check_memory(program, "memory"));
  const UniqueFd nameless(::memfd_create("x", MFD_CLOEXEC));
  EXPECT_EQ(guard->check_file(nameless.get(), program).error().errno_value, EACCES);
  make("enforce", "jit = '" + program_path + "'");
  EXPECT_TRUE(guard->check_memory(program, "memory"));
  EXPECT_TRUE(guard->check_file(nameless.get(), program));
  EXPECT_FALSE(guard->check_memory(LoadingProgram{}, "memory"));
  EXPECT_EQ(check(write("libu.so", "u")), EACCES);  // files are judged all the same
}

TEST_F(GuardTest, ADeletedFileHasNoName) {
  const UniqueFd file = open(library);
  ASSERT_EQ(::unlink(library.c_str()), 0);
  EXPECT_EQ(guard->check_file(file.get(), program).error().errno_value, EACCES);
}

TEST_F(GuardTest, AnOfferIsJudgedAsAFileOfTheView) {
  const auto offer = guard->offer_file(open(library).get(), "");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->path, library);
  EXPECT_TRUE(guard->check_offer(*offer, library, program));
  EXPECT_EQ(content_of(offer->content->fd()), SmallLibrary().text());
  // What was judged stays what it was, and may come back when its file and its signature are gone.
  ASSERT_EQ(::unlink((library + ".kxsig").c_str()), 0);
  std::ofstream(library) << "evil";
  EXPECT_TRUE(guard->check_offer(*offer, library, program));
  EXPECT_EQ(content_of(offer->content->fd()), SmallLibrary().text());
  const auto later = guard->offer_file(open(library).get(), "");
  ASSERT_TRUE(later);
  const auto refused = guard->check_offer(*later, library, program);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("it has no signature (p.toml:"), std::string::npos)
      << refused.error().message();
  EXPECT_EQ(lines.size(), 1U);
}

TEST_F(GuardTest, AnOfferFromOutsideTheViewHasNoPath) {
  const std::string signature = [&] {
    std::ifstream file(library + ".kxsig");
    return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }();
  const UniqueFd file = open(library);
  ASSERT_EQ(::unlink(library.c_str()), 0);  // as good as in another mount namespace
  const auto offer = guard->offer_file(file.get(), signature);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->path, "");
  const auto refused = guard->check_offer(*offer, library, program);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("no rule is about it"), std::string::npos) << refused.error().message();
  // A rule that names no path asks for what came along.
  auto policy = LibraryPolicy::parse(
      "mode = 'enforce'\n[keys]\nvendor = 'vendor.pub'\n[[library]]\nsigned-by = 'vendor'", "p.toml", directory);
  ASSERT_TRUE(policy);
  Guard other(std::move(policy).value(), GuardPlace{proc.get(), false, {}});
  EXPECT_TRUE(other.check_offer(*other.offer_file(file.get(), signature), library, program));
  EXPECT_FALSE(other.check_offer(*other.offer_file(file.get(), ""), library, program));
  EXPECT_FALSE(other.check_offer(*other.offer_file(file.get(), "nonsense"), library, program));
}

TEST_F(GuardTest, AnotherFileAtThePathOfAnOfferIsNotTakenForIt) {
  const UniqueFd file = open(library);
  const std::string elsewhere = write("moved", "");
  std::filesystem::rename(library, elsewhere);
  write("libx.so", SmallLibrary("libevil.so.1").text());
  EXPECT_EQ(guard->offer_file(file.get(), "")->path, elsewhere);
}

TEST_F(GuardTest, WhatIsLoadedIsOfferedAsItWasLoaded) {
  const UniqueFd file = open(library);
  const auto content = guard->check_file(file.get(), program);
  ASSERT_TRUE(content);
  EXPECT_EQ(guard->known_signer(content->get())->key, "vendor");
  EXPECT_FALSE(guard->known_signer(file.get()));
  ASSERT_EQ(::unlink((library + ".kxsig").c_str()), 0);
  ASSERT_EQ(::unlink(library.c_str()), 0);
  const auto offer = guard->offer_loaded(file.get(), content->get());
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->path, library);
  EXPECT_EQ(content_of(offer->content->fd()), SmallLibrary().text());
  EXPECT_TRUE(guard->check_offer(*offer, library, program));
  // Whatever somebody says it was filled from is judged as what it is.
  const UniqueFd other = open(write("other", "o"));
  const auto lie = guard->offer_loaded(file.get(), other.get());
  ASSERT_TRUE(lie);
  EXPECT_FALSE(guard->check_offer(*lie, library, program));
}

TEST_F(GuardTest, WarningLetsAnOfferPass) {
  make("warn");
  const auto offer = guard->offer_file(open(write("libu.so", "u")).get(), "");
  ASSERT_TRUE(offer);
  EXPECT_TRUE(guard->check_offer(*offer, "libu.so", program));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("libu.so would be refused to " + program_path), std::string::npos) << lines[0];
  EXPECT_EQ(guard->known_signer(offer->content->fd())->key, "");
}

TEST_F(GuardTest, TellsEachThingOnceAndPrintable) {
  const std::string odd = write("lib\x1b[2J.so", "u");
  EXPECT_EQ(check(odd), EACCES);
  EXPECT_EQ(check(odd), EACCES);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find('\x1b'), std::string::npos);
}

TEST_F(GuardTest, StrangersHaveNoOwnerInAUserNamespace) {
  constexpr uid_t stranger = 65534;
  const auto owner = [&](bool hidden) {
    const Guard other(*LibraryPolicy::parse("mode = 'enforce'", "p.toml", directory), {proc.get(), hidden, {}});
    return other.program_of(open(program_path).get()).owner;
  };
  EXPECT_EQ(owner(false), ::geteuid());
  EXPECT_EQ(owner(true), ::geteuid());
  if (::chown(program_path.c_str(), stranger, stranger) == 0) {  // by root
    EXPECT_EQ(owner(false), stranger);
    EXPECT_EQ(owner(true), std::nullopt);
  }
  EXPECT_EQ(guard->program_of(-1).inode, 0U);
}

}  // namespace
}  // namespace kx::hv::libraries
