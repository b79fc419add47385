// What debug information says of two versions of a library that a compiler made, read by the process that reads it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <random>
#include <span>
#include <string>

#include "fixture.hpp"
#include "hypervisor/libraries/pairing.hpp"
#include "hypervisor/libraries/snapshot.hpp"
#include "toolstack/layout_process.hpp"

namespace kx::hv::libraries {

namespace {

using State = Layouts::State;

class DebugInformation : public LibrariesTest {
 protected:
  static void run(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0) << command; }
  [[nodiscard]] std::string path(const std::string& name) const { return directory + "/" + name + ".so"; }

  Layouts read(const std::string& file, int patience_s = 60) const {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    EXPECT_EQ(::fstat(fd.get(), &status), 0);
    const auto content = Snapshot::take(fd.get(), static_cast<std::uint64_t>(status.st_size));
    EXPECT_TRUE(content);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reading(ends[0]);
    const toolstack::LayoutReader reader{KX_LAYOUT_READER, directory + "/debug", patience_s};
    auto written = std::async(std::launch::async,
                              [&] { toolstack::write_layouts(reader, (*content)->fd(), file, UniqueFd(ends[1])); });
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(reading.get(), piece, sizeof piece)) > 0;) {
      text.append(piece, static_cast<std::size_t>(got));
    }
    written.get();
    return Layouts::parse(text);
  }

  Pairing pair(std::string_view before, std::string_view now, const std::string& options = "-g",
               const std::string& new_options = {}) const {
    const ElfFile from = compile("before", before, options), to = compile("now", now, options + " " + new_options);
    return pair_versions(from, to, read(path("before")), read(path("now")));
  }
  // What is said against the second C text, in one line.
  std::string against(const std::string& before, const std::string& now, const std::string& options = "-g") const {
    return lines_of(pair(before, now, options).obstacles);
  }
};

std::string structure(const std::string& members, const std::string& more = "") {
  return more + "struct node { " + members +
         " };\nstatic struct node *list;\nint take(struct node *n);\n"
         "int take(struct node *n) { list = n; return list != 0; }\n";
}

struct Change {
  const char* before;
  const char* now;
  const char* line;  // empty: none
};

TEST_F(DebugInformation, TellsOfMembersThatChanged) {
  const Change changes[] = {
      {"int a; int b; long c;", "int b; int a; long c;", "struct node: member 'a' at offset 4 instead of 0"},
      {"int a; int b;", "int a; float b;", "struct node: member 'b' at offset 4: type 'float' instead of 'int'"},
      {"int a; int b;", "int a; int c;", "struct node: member 'b' at offset 4 is gone"},
      {"char a; long b;", "char a; char c; long b;", "struct node: member 'c' at offset 1 is new"},
      {"int a : 3; int b : 5;", "int a : 4; int b : 4;",
       "struct node: member 'a' at offset 0 (bit 0): 4 bits instead of 3"},
      {"int a : 3; int b : 5;", "int b : 5; int a : 3;",
       "struct node: member 'a' at offset 0 (bit 5) instead of 0 (bit 0)"},
      {"int a[2]; int b[2];", "int a[3]; int b[1];", "member 'a' at offset 0: type 'int[3]' instead of 'int[2]'"},
      {"struct { int x, y; } in; int z;", "struct { int y, x; } in; int z;", "member 'x' at offset 4 instead of 0"},
      {"unsigned char *p;", "short *p;", "type 'short int*' instead of 'unsigned char*'"},
      {"int (*f)(int);", "int (*f)(long);", "instead of 'int (int)*'"},
      {"void (*f)(struct node *);", "void (*f)(struct node *);", ""},
      {"const int a; struct node *next;", "int a; struct node *next;", ""},
      {"union { int i; float f; };", "union { int i; float f; };", ""},
  };
  for (const Change& each : changes) {
    const std::string said = against(structure(each.before), structure(each.now));
    if (*each.line == 0) {
      EXPECT_EQ(said, "") << each.now;
    } else {
      EXPECT_NE(said.find(each.line), std::string::npos) << each.now << ": " << said;
    }
  }
}

TEST_F(DebugInformation, TellsOfTypesInTypes) {
  const std::string outer = "struct inner in; enum kind kind;";
  const auto with = [&](const std::string& inner, const std::string& kind) {
    return structure(outer, "struct inner { " + inner + " }; enum kind { " + kind + " };\n");
  };
  const std::string plain = with("int a; int b;", "one, two, count");
  EXPECT_EQ(against(plain, with("int a; int b;", "one, two, three, count")), "");
  const std::string nested = against(plain, with("int b; int a;", "one, two, count"));
  EXPECT_NE(nested.find("struct inner: member 'a' at offset 4 instead of 0\n"), std::string::npos) << nested;
  EXPECT_NE(nested.find("struct node: member 'in' at offset 0: struct inner: "), std::string::npos) << nested;
  EXPECT_NE(against(plain, with("int a; int b;", "zero, one, two, count")).find("enum kind: 'one' is 1 instead of 0"),
            std::string::npos);
  // What a pointer leads to is compared where it is defined.
  const auto pointer = [](const std::string& inner) {
    return structure("struct inner *in;", "struct inner { " + inner + " };\n") +
           "int see(struct node *n); int see(struct node *n) { return n->in->a; }\n";
  };
  const std::string behind = against(pointer("int a; int b;"), pointer("int b; int a;"));
  EXPECT_EQ(behind, "struct inner: member 'a' at offset 4 instead of 0\n");
}

TEST_F(DebugInformation, TypesThatCameOrWentAreNoObstacle) {
  const std::string more =
      "struct more { int x; }; static struct more *held; int keep(void *p); "
      "int keep(void *p) { held = p; return held->x; }\n";
  EXPECT_EQ(against(structure("int a;"), structure("int a;") + more), "");
  EXPECT_EQ(against(structure("int a;") + more, structure("int a;")), "");
}

TEST_F(DebugInformation, TellsOfVariables) {
  const auto with = [](const std::string& variable) {
    return variable +
           " int use(int x); int use(int x) { static int other; other += x; return (int)((long)held + other); }\n"
           "void set(long x); void set(long x) { held = x; }\n";
  };
  EXPECT_NE(against(with("static int held;"), with("static unsigned held;"))
                .find("variable held: type 'unsigned int' instead of 'int'"),
            std::string::npos);
  EXPECT_EQ(against(with("static int held;"), with("typedef int number; static volatile number held;")), "");
  EXPECT_NE(
      against(with("static __thread int held;"), with("static __thread float held;"), "-g -ftls-model=initial-exec")
          .find("thread-local variable held: type 'float' instead of 'int'"),
      std::string::npos);
  // The same without a symbol table, whose variables are where they were or unknown.
  const std::string stripped = "-g -Wl,--build-id=sha1";
  const Layouts before = [&] {
    compile("before", with("static int held;"), stripped);
    return read(path("before"));
  }();
  compile("now", with("static float held;"), stripped);
  const Layouts now = read(path("now"));
  const ElfFile from = compile("before", with("static int held;"), stripped + " -s");
  const ElfFile to = compile("now", with("static float held;"), stripped + " -s");
  const std::string said = lines_of(pair_versions(from, to, before, now).obstacles);
  EXPECT_NE(said.find("variable held: type 'float' instead of 'int'"), std::string::npos) << said;
}

// Numbers are all that compilers tell static variables of functions apart by.
TEST_F(DebugInformation, TellsWhichStaticVariableIsOfWhichFunction) {
  const std::string one = "int one(void) { static int held = 1; return held++; }\n";
  const std::string two = "int two(void) { static int held = 2; return held++; }\n";
  // Both use both, so that code does not tell.
  const std::string declared =
      "int one(void); int two(void); int three(void); int three(void) { return one() + two(); }\n";
  for (const char* const options : {"-g", "-g -O3 -finline-functions"}) {
    const ElfFile from = compile("before", declared + one + two, options),
                  to = compile("now", declared + two + one, options);
    const Layouts before = read(path("before")), now = read(path("now"));
    const Pairing pairing = pair_versions(from, to, before, now);
    EXPECT_EQ(lines_of(pairing.obstacles), "");
    int seen = 0;
    for (const Pair& each : pairing.objects) {
      const LayoutVariable* const variable = before.at(each.from);
      const LayoutVariable* const other = now.at(each.to);
      if (variable != nullptr && variable->in_function) {
        ++seen;
        ASSERT_NE(other, nullptr);
        EXPECT_EQ(variable->name, other->name);
        EXPECT_EQ(from.at(each.from, 1).front(), to.at(each.to, 1).front());
      }
    }
    EXPECT_EQ(seen, 2);
  }
  // One went: the one that is left has not its value.
  const Pairing fewer = pair(
      declared + one + two, "int one(void); int two(void) ; int three(void); int three(void) { return one(); } " + one);
  EXPECT_EQ(lines_of(fewer.obstacles), "");
  EXPECT_NE(lines_of(fewer.notes).find("variable two::held: not in the new version"), std::string::npos);
  EXPECT_EQ(std::ranges::count_if(fewer.objects, [](const Pair& each) { return each.size == 4; }), 1);
}

TEST_F(DebugInformation, ReadsWhatACompilerOfCxxSays) {
  const auto source = [](const std::string& base, const std::string& functions, const std::string& element) {
    return "namespace shop { template <class T> struct box { T first; int second; };\n"
           "struct base { " +
           functions + " " + base +
           " };\n"
           "class item : public base { public: int price; box<" +
           element +
           "> boxed; int *extra; };\n"
           "item one, *kept = &one; enum class colour : short { red, blue }; colour tint; }\n"
           "extern \"C\" int keep(void *p) { shop::kept = static_cast<shop::item *>(p); return shop::kept->price + "
           "shop::kept->a + shop::kept->boxed.second; }\n";
  };
  const std::string cxx = "-g -x c++ -fno-rtti";
  const std::string plain =
      source("int a; int b;", "virtual int f() { return 1; } virtual int g() { return 2; }", "int");
  EXPECT_EQ(against(plain, plain, cxx), "");
  const std::string moved = against(
      plain, source("int b; int a;", "virtual int f() { return 1; } virtual int g() { return 2; }", "int"), cxx);
  EXPECT_NE(moved.find("shop::base: member 'a' at offset 12 instead of 8"), std::string::npos) << moved;
  EXPECT_NE(moved.find("shop::item: member 'base class shop::base'"), std::string::npos) << moved;
  const std::string other_table = against(
      plain, source("int a; int b;", "virtual int g() { return 2; } virtual int f() { return 1; }", "int"), cxx);
  EXPECT_NE(other_table.find("shop::base: member 'virtual f' at offset 8 instead of 0"), std::string::npos)
      << other_table;
  const std::string other_box = against(
      plain, source("int a; int b;", "virtual int f() { return 1; } virtual int g() { return 2; }", "unsigned"), cxx);
  EXPECT_NE(other_box.find("shop::item: member 'boxed' at offset"), std::string::npos) << other_box;
}

TEST_F(DebugInformation, LeavesItToTheHook) {
  const std::string hook =
      "int kx_lib_update(const void *info); int kx_lib_update(const void *info) { return info == 0; }\n";
  const Pairing pairing = pair(structure("int a; int b;"), structure("int b; int a;") + hook);
  EXPECT_EQ(lines_of(pairing.obstacles), "");
  EXPECT_NE(lines_of(pairing.layouts).find("struct node: member 'a' at offset 4 instead of 0"), std::string::npos);
  const Pairing shown = pair("int shown = 1;", "float shown = 1;" + hook);
  EXPECT_EQ(lines_of(shown.obstacles), "");
  EXPECT_EQ(lines_of(shown.reshaped), "shown\n");
}

TEST_F(DebugInformation, IsReadFromFilesOfItsOwn) {
  const std::string before = structure("int a; int b;"), now = structure("int b; int a;");
  const std::string wanted = "struct node: member 'a' at offset 4 instead of 0\n";
  const auto said = [&] {
    const UniqueFd from(::open(path("before").c_str(), O_RDONLY | O_CLOEXEC)),
        to(::open(path("now").c_str(), O_RDONLY | O_CLOEXEC));
    auto old_file = ElfFile::read(from.get()), new_file = ElfFile::read(to.get());
    return lines_of(pair_versions(*old_file, *new_file, read(path("before")), read(path("now"))).obstacles);
  };
  const auto compile_both = [&](const std::string& options) {
    compile("before", before, options);
    compile("now", now, options);
  };
  const auto split = [&](const std::string& name, const std::string& to) {
    run("objcopy --only-keep-debug " + path(name) + " " + to + " && objcopy --strip-debug " + path(name));
  };
  for (const char* const options :
       {"-g", "-gdwarf-4", "-g3", "-g -gz", "-gdwarf-4 -fdebug-types-section", "-g -flto"}) {
    compile_both(options);
    EXPECT_EQ(said(), wanted) << options;
  }
  // By the name in the library.
  compile_both("-g");
  for (const char* const name : {"before", "now"}) {
    split(name, directory + "/" + name + ".debug");
    run("cd " + directory + " && objcopy --add-gnu-debuglink=" + name + ".debug " + name + ".so");
  }
  EXPECT_EQ(said(), wanted);
  run("mkdir " + directory + "/.debug && mv " + directory + "/now.debug " + directory + "/.debug");
  EXPECT_EQ(said(), wanted);
  // One that is another's is none.
  run("cp " + directory + "/before.debug " + directory + "/.debug/now.debug");
  EXPECT_EQ(read(path("now")).state, State::None);
  // By build-id, shared parts in another file.
  compile_both("-g -Wl,--build-id=sha1");
  for (const char* const name : {"before", "now"}) {
    const auto id = [&] {
      const UniqueFd fd(::open(path(name).c_str(), O_RDONLY | O_CLOEXEC));
      return ElfFile::read(fd.get())->build_id();
    }();
    const std::string place = directory + "/debug/.build-id/" + id.substr(0, 2);
    run("mkdir -p " + place);
    split(name, place + "/" + id.substr(2) + ".debug");
  }
  EXPECT_EQ(said(), wanted);
  if (std::system("command -v dwz >/dev/null") == 0) {
    compile_both("-g");
    run("cp " + path("before") + " " + path("more"));
    run("cd " + directory + " && dwz -m shared.debug before.so now.so more.so && dwz before.so 2>/dev/null; true");
    ASSERT_EQ(::access((directory + "/shared.debug").c_str(), R_OK), 0);
    EXPECT_EQ(said(), wanted);
    run("mv " + directory + "/shared.debug " + directory + "/gone.debug");
    const Layouts without = read(path("now"));
    EXPECT_EQ(without.state, State::Unusable);
    EXPECT_NE(without.problem.find("shared.debug"), std::string::npos) << without.problem;
  }
}

TEST_F(DebugInformation, ThatIsNotThereIsSaid) {
  const Pairing pairing = pair(structure("int a; int b;"), structure("int b; int a;"), "", "-g");
  EXPECT_EQ(lines_of(pairing.obstacles), "");
  EXPECT_EQ(lines_of(pairing.layouts), "layouts were not compared: the old version has no debug information\n");
  const Pairing dwo =
      pair(structure("int a; int b;"), structure("int b; int a;"), "-g", "-gsplit-dwarf -dumpdir " + directory + "/");
  EXPECT_EQ(lines_of(dwo.layouts),
            "layouts were not compared: debug information of the new version cannot be used: it lies in other files "
            "(.dwo)\n");
}

TEST_F(DebugInformation, ThatIsDamagedEndsInAnAnswer) {
  compile("before", structure("int a; struct { char c; } b[3]; enum { x } e : 3;"), "-g");
  std::ifstream stream(path("before"), std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const std::vector<Section> sections = read_sections(std::as_bytes(std::span(whole)));
  std::mt19937 random(4711);
  int read_well = 0;
  for (int turn = 0; turn < 150; ++turn) {
    std::string damaged = whole;
    for (const char* const name : {".debug_info", ".debug_abbrev", ".debug_str"}) {
      const Section* const section = find_section(sections, name);
      ASSERT_NE(section, nullptr);
      for (int change = 0; change < 2; ++change) {
        damaged[section->raw.sh_offset + random() % section->raw.sh_size] = static_cast<char>(random());
      }
    }
    const Layouts layouts = read(write("damaged.so", damaged));
    EXPECT_TRUE(layouts.state == State::Read || !layouts.problem.empty() || layouts.state == State::None);
    read_well += layouts.state == State::Read ? 1 : 0;
  }
  EXPECT_GT(read_well, 10);
}

TEST_F(DebugInformation, AReaderThatFailsIsAnObstacle) {
  const ElfFile file = compile("before", structure("int a;"), "-g");
  const std::string script = directory + "/reader";
  const auto read_by = [&](const std::string& text) {
    write("reader", "#!/bin/sh\n" + text + "\n");
    run("chmod +x " + script);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reading(ends[0]), fd(::open(path("before").c_str(), O_RDONLY | O_CLOEXEC));
    toolstack::write_layouts({script, directory, 1}, fd.get(), path("before"), UniqueFd(ends[1]));
    char all[4096];
    const ssize_t got = ::read(reading.get(), all, sizeof all);
    return Layouts::parse({all, static_cast<std::size_t>(std::max<ssize_t>(got, 0))});
  };
  for (const auto& [text, why] : {std::pair("echo kx-layouts 1; kill -SEGV $$", "its reader was ended by SIGSEGV"),
                                  std::pair("exec sleep 30", "its reader did not come to an end in 1 s"),
                                  std::pair("exit 3", "its reader ended with status 3"),
                                  std::pair("echo nonsense", "what its reader says makes no sense")}) {
    const Layouts failed = read_by(text);
    EXPECT_EQ(failed.state, State::Failed);
    EXPECT_EQ(failed.problem, why);
    const Pairing pairing = pair_versions(file, file, failed, {});
    EXPECT_EQ(lines_of(pairing.obstacles), "debug information of the old version: " + std::string(why) + "\n");
  }
}

}  // namespace

}  // namespace kx::hv::libraries
