// Makes things executable in the ways that a library policy judges: tests/system/library_policy.py.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int (*function)(void);

static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};  // mov $42,%eax; ret
enum { page = 4096, rx = PROT_READ | PROT_EXEC, rw = PROT_READ | PROT_WRITE };

static void *refused(const char *text) {
  printf("refused: %s\n", text);
  fflush(stdout);
  return NULL;
}

static function load(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  return library != NULL ? (function)dlsym(library, "answer") : (function)refused(dlerror());
}

// The file mapped privately with this protection; NULL if it cannot be.
static unsigned char *map(const char *path, int flags, int protection, size_t *size) {
  const int fd = open(path, O_RDONLY);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) {
    perror(path);
    exit(2);
  }
  *size = status.st_size;
  void *const memory = mmap(NULL, *size, protection, flags, fd, 0);
  const int saved = errno;
  close(fd);
  errno = saved;
  return memory == MAP_FAILED ? NULL : memory;
}

static function map_by_hand(const char *path, int protects) {
  size_t size = 0;
  unsigned char *const memory = map(path, MAP_PRIVATE, protects ? PROT_READ : rx, &size);
  volatile unsigned char *const first = memory;
  if (memory == NULL || (protects && (*first != 0x7f || mprotect(memory, size, rx) != 0))) {
    return (function)refused(strerror(errno));
  }
  return (function)memmem(memory, size, code, sizeof code);
}

static int run(function answer) {
  if (answer == NULL) {
    return 1;
  }
  printf("%d\n", answer());
  return 0;
}

// Loads the library, puts another in its place, and loads that.
static int swap(const char *library, const char *other, const char *way) {
  void *const handle = dlopen(library, RTLD_NOW);
  function answer = (function)dlsym(handle, "answer");
  printf("%d ", answer());
  if (strcmp(way, "rename") == 0) {
    rename(other, library);
  } else {
    size_t size = 0;
    unsigned char *const content = map(other, MAP_PRIVATE, PROT_READ, &size);
    const int fd = open(library, O_WRONLY);
    if (content == NULL || pwrite(fd, content, size, 0) != (ssize_t)size) {
      perror(library);
      return 2;
    }
    close(fd);
  }
  printf("%d\n", answer());
  dlclose(handle);
  return load(library) == NULL ? 0 : 3;
}

static void *anonymous(int flags, int protection) {
  return mmap(NULL, page, protection, flags | MAP_ANONYMOUS, -1, 0);
}

static int protect_code(unsigned char *memory) {
  memcpy(memory, code, sizeof code);
  return mprotect(memory, page, rx) != 0 || ((function)memory)() != 42;
}

// 0 if the way works.
static int attempt(const char *way, const char *library) {
  size_t size = 0;
  if (strcmp(way, "rewrite") == 0) {
    volatile unsigned char *const text = map(library, MAP_PRIVATE, rx, &size);
    if (text == NULL || mprotect((void *)text, size, rw) != 0) {
      exit(4);
    }
    text[0] = 0x7f;
    return mprotect((void *)text, size, rx);
  }
  if (strcmp(way, "rewrite-private") == 0) {
    return protect_code(map(library, MAP_PRIVATE, rw, &size));
  }
  if (strcmp(way, "write-execute") == 0) {
    return anonymous(MAP_PRIVATE, rw | rx) == MAP_FAILED;
  }
  if (strcmp(way, "protect-write-execute") == 0) {
    return mprotect(map(library, MAP_PRIVATE, rx, &size), page, rw | rx);
  }
  if (strcmp(way, "anonymous") == 0) {
    return anonymous(MAP_PRIVATE, rx) == MAP_FAILED;
  }
  if (strcmp(way, "anonymous-protect") == 0) {
    return protect_code(anonymous(MAP_PRIVATE, rw));
  }
  if (strcmp(way, "anonymous-move") == 0) {
    void *const place = anonymous(MAP_PRIVATE, PROT_NONE);
    return protect_code(mremap(anonymous(MAP_PRIVATE, rw), page, page, MREMAP_MAYMOVE | MREMAP_FIXED, place));
  }
  if (strcmp(way, "shared-anonymous") == 0) {
    return protect_code(anonymous(MAP_SHARED, rw));
  }
  if (strcmp(way, "shared-file") == 0) {
    return map(library, MAP_SHARED, rx, &size) == NULL;
  }
  if (strcmp(way, "segment") == 0) {
    const int id = shmget(IPC_PRIVATE, page, 0700);
    return shmat(id, NULL, SHM_RDONLY | SHM_EXEC) == (void *)-1;
  }
  if (strcmp(way, "memfd") == 0) {
    const int fd = memfd_create("code", 0);
    if (write(fd, code, sizeof code) != sizeof code) {
      exit(5);
    }
    void *const memory = mmap(NULL, page, rx, MAP_PRIVATE, fd, 0);
    return memory == MAP_FAILED || ((function)memory)() != 42;
  }
  if (strcmp(way, "stack") == 0) {
    return mprotect((void *)((unsigned long)__builtin_frame_address(0) & -page), page, rw | rx);
  }
  exit(6);
}

int main(int count, char **arguments) {
  const char *const way = count > 2 ? arguments[1] : "";
  if (strcmp(way, "dlopen") == 0) {
    return run(load(arguments[2]));
  }
  if (strcmp(way, "map") == 0 || strcmp(way, "map-then-protect") == 0) {
    return run(map_by_hand(arguments[2], strcmp(way, "map") != 0));
  }
  if (strcmp(way, "swap") == 0 && count == 5) {
    return swap(arguments[2], arguments[3], arguments[4]);
  }
  if (strcmp(way, "all") != 0) {
    return 7;
  }
  for (int i = 3; i < count; ++i) {
    const int failed = attempt(arguments[i], arguments[2]);
    printf("%s %s\n", arguments[i], !failed ? "works" : errno == EACCES ? "EACCES" : strerror(errno));
    fflush(stdout);
  }
  return 0;
}
