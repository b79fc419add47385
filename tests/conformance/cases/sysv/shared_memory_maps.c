// How attached shared memory is listed: proc_pid_maps(5).
#include <sys/shm.h>

#include "case.h"

static void show(int segment, const void* start) {
  FILE* maps = fopen("/proc/self/maps", "r");
  NEED(maps != NULL);
  char line[512], mode[8], name[128];
  unsigned long from, offset, inode;
  unsigned major, minor;
  while (fgets(line, sizeof line, maps) != NULL) {
    if (sscanf(line, "%lx-%*x %7s %lx %x:%x %lu %127[^\n]", &from, mode, &offset, &major, &minor, &inode, name) == 7 &&
        strstr(name, "SYSV") != NULL && from >= (unsigned long)start)
      say("%s offset %lx, its number %s, %s\n", mode, offset, inode == (unsigned long)segment ? "is the id" : "is another",
          name);
  }
  fclose(maps);
}

CASE {
  int segment = shmget(IPC_PRIVATE, 2 * KX_PAGE, 0600);
  NEED(segment >= 0);
  char* memory = shmat(segment, NULL, 0);
  NEED(memory != (char*)-1);
  show(segment, NULL);
  NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0);
  show(segment, memory);
  SHOW(shmctl(segment, IPC_RMID, NULL));
  SHOW(shmdt(memory));
  show(segment, NULL);
}
