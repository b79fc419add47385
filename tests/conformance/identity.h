// What cases about users and groups share. Some need root; as another user they end early, natively and in the pVM alike.
#ifndef KX_IDENTITY_H
#define KX_IDENTITY_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "relatives.h"

static KX_UNUSED bool is_root(void) {
  if (geteuid() == 0) return true;
  say("needs root\n");
  return false;
}

static KX_UNUSED void say_ids(void) {
  uid_t user[3];
  gid_t group[3];
  NEED(getresuid(&user[0], &user[1], &user[2]) == 0 && getresgid(&group[0], &group[1], &group[2]) == 0);
  say("user %u %u %u, group %u %u %u\n", user[0], user[1], user[2], group[0], group[1], group[2]);
  CHECK(getuid() == user[0] && geteuid() == user[1] && getgid() == group[0] && getegid() == group[1]);
}

static KX_UNUSED void say_groups(void) {
  gid_t groups[64];
  const int count = getgroups(64, groups);
  say("groups:");
  for (int i = 0; i < count; i++) say(" %u", groups[i]);
  say("\n");
}

static KX_UNUSED void say_owner(const char* path) {
  struct stat status;
  if (stat(path, &status) == 0)
    say("%s: %u:%u %o\n", path, status.st_uid, status.st_gid, status.st_mode & 07777);
  else
    say("%s: %s\n", path, errno_name(errno));
}

static KX_UNUSED void say_open(const char* path, int flags) {
  const int fd = open(path, flags);
  say("open %s %d: %s\n", path, flags, fd >= 0 ? "ok" : errno_name(errno));
  if (fd >= 0) close(fd);
}

static KX_UNUSED void make_file(const char* path, mode_t mode) {
  const int fd = open(path, O_CREAT | O_RDWR | O_EXCL, 0600);
  NEED(fd >= 0 && fchmod(fd, mode) == 0 && close(fd) == 0);
}

// Of /proc/WHO/status, those that tell of ids.
static KX_UNUSED void say_status_lines(const char* who) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%s/status", who);
  FILE* file = fopen(path, "r");
  NEED(file != NULL);
  while (fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "Uid:", 4) == 0 || strncmp(line, "Gid:", 4) == 0) say("%s", line);
  fclose(file);
}

#endif
