// `kx lib list`: what programs have loaded, by whom it was signed, what was replaced; and of the library OS what is
// mapped.
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "hypervisor/process/component_list.hpp"
#include "hypervisor/process/family.hpp"
#include "hypervisor/process/pvm.hpp"
#include "hypervisor/text.hpp"
#include "hypervisor/updates/library_updates.hpp"

namespace kx::hv {

using libraries::Change;
using libraries::file_name;
using libraries::History;
using libraries::LoadedImage;
using libraries::ProgramView;
using libraries::Retained;
using libraries::Signer;

namespace {

constexpr std::size_t most_entries = 1024, most_name = 256;

struct Row {
  ProcessId pid = 0;
  LoadedImage image;
  std::string soname;
  std::optional<Signer> signer;
  std::string file;  // the same for all that map the same one
};

std::string soname_of(const ProgramView& program, const LoadedImage& image) {
  std::vector<Elf64_Dyn> entries(std::min<std::uint64_t>(image.dynamic_size / sizeof(Elf64_Dyn), most_entries));
  if (entries.empty() || !program.read(image.dynamic, entries.data(), entries.size() * sizeof(Elf64_Dyn))) {
    return {};
  }
  const auto find = [&](std::int64_t tag) {
    const auto found = std::ranges::find(entries, tag, &Elf64_Dyn::d_tag);
    return found != entries.end() ? std::optional(found->d_un.d_val) : std::nullopt;
  };
  const auto strings = find(DT_STRTAB), name = find(DT_SONAME);
  if (!strings || !name) {
    return {};
  }
  // Not every dynamic linker makes the address absolute.
  return program.read_text((*strings < image.bias ? image.bias + *strings : *strings) + *name, most_name);
}

Row make_row(const ProgramView& program, LoadedImage image, const libraries::Guard* guard) {
  Row row{program.pvm().pid(), std::move(image), {}, {}, {}};
  row.soname = soname_of(program, row.image);
  struct stat status {};
  const auto mapped = program.mapped_file(row.image.start);
  if (mapped && ::fstat(mapped->content.get(), &status) == 0) {
    row.file = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    row.signer = guard != nullptr ? guard->known_signer(mapped->content.get()) : std::nullopt;
  } else {
    row.file = row.image.build_id + " " + row.image.name;
  }
  return row;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

// By whom a policy found it signed; "-": none has looked.
std::string text_of(const std::optional<Signer>& signer) {
  return !signer ? "-" : signer->key.empty() ? "unsigned" : signer->key;
}

std::string line(ProcessId pid, std::uint64_t start, std::uint64_t size, std::size_t users, const std::string& build_id,
                 const std::string& soname, const std::optional<Signer>& signer, const std::string& name) {
  return std::to_string(pid) + "\t" + hexadecimal(start) + "\t" + std::to_string(size >> 10) + "K\t" +
         std::to_string(users) + "\t" + or_dash(build_id) + "\t" + or_dash(soname) + "\t" + text_of(signer) + "\t" +
         name + "\n";
}

std::string text_of(ProcessId pid, const Change& change) {
  return std::to_string(pid) + "\tupdate of " + printable(change.library) + " at " + utc_text(change.time) + ": " +
         printable(change.from->name) + " (" + or_dash(change.from->file.build_id()) + ") -> " +
         printable(change.to->name) + " (" + or_dash(change.to->file.build_id()) + "), " +
         microseconds(change.pause_ns) + "\n";
}

}  // namespace

Result<std::string> LibraryUpdates::list(ProcessId pid) {
  KX_TRY_ASSIGN(const auto list, programs(pid));
  forget_ended();
  std::vector<Row> rows;
  std::map<std::string, std::size_t> users;  // processes by file
  std::string unknown;                       // rows of processes that have none, or do not say
  for (const auto& pvm : list) {
    const ProgramView program(pvm);
    auto loaded = libraries::loaded_images(program);
    if (!loaded) {
      if (pid != 0) {
        return Unexpected{libraries::with_process(std::move(loaded).error(), pid)};
      }
      unknown += std::to_string(pvm->pid()) + "\t-\t-\t-\t-\t-\t-\t(" + printable(loaded.error().message()) + ")\n";
      continue;
    }
    for (LoadedImage& image : loaded->images) {
      if (image.name.empty() || image.name.find('/') == std::string::npos) {
        continue;  // the program itself, the vDSO
      }
      rows.push_back(make_row(program, std::move(image), family_.libraries()));
      ++users[rows.back().file];
    }
  }
  std::string text = "PID\tADDRESS\tSIZE\tUSERS\tBUILD-ID\tSONAME\tSIGNER\tLIBRARY\n";
  for (const Row& row : rows) {
    const History& history = history_of(row.pid);
    const auto current = history.current.find(std::string(file_name(row.image.name)));
    const bool updated = current != history.current.end() && current->second->file.build_id() == row.image.build_id;
    text += line(row.pid, row.image.start, row.image.end - row.image.start, users[row.file], row.image.build_id,
                 row.soname, row.signer,
                 printable(row.image.name) + (updated ? " (now " + printable(current->second->name) + ")" : ""));
  }
  text += unknown;
  for (const auto& [who, history] : histories_) {
    if (pid != 0 && who != pid) {
      continue;
    }
    for (const Retained& each : history.retained) {
      const libraries::ElfFile& file = each.version->file;
      text += line(who, each.start, file.end() - file.start(), 0, file.build_id(), std::string(file.dynamic().soname()),
                   each.version->offer.content->last_signer(),
                   printable(each.version->name) + " (replaced; pointers to it lead on)");
    }
    for (const Change& change : history.changes) {
      text += text_of(who, change);
    }
  }
  return text + component_list(family_, list);
}

}  // namespace kx::hv
