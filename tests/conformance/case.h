// What every conformance case includes: printing that is the same in every correct run, and main().
//
// A case prints results and errno names, never addresses, process numbers, times or inode numbers: the output of the
// native run is compared with the output of the pVM byte by byte. Everything goes out by write(2) at once, so that
// printing from a signal handler is safe enough and the order on the terminal is the order in the program.
#ifndef KX_CASE_H
#define KX_CASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define KX_UNUSED __attribute__((unused))
#define KX_PAGE 4096L

// Prints like printf, in one write(2), keeping errno.
__attribute__((format(printf, 1, 2))) static void say(const char* format, ...) {
  char text[4096];
  int saved = errno;
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (size > (int)sizeof text - 1) size = sizeof text - 1;
  if (write(STDOUT_FILENO, text, (size_t)size) != size) _exit(99);
  errno = saved;
}

// clang-format off
#define KX_ERRNO_NAMES(X) \
  X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(E2BIG) X(ENOEXEC) X(EBADF) X(ECHILD) X(EAGAIN) \
  X(ENOMEM) X(EACCES) X(EFAULT) X(ENOTBLK) X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) X(ENOTDIR) X(EISDIR) X(EINVAL) \
  X(ENFILE) X(EMFILE) X(ENOTTY) X(ETXTBSY) X(EFBIG) X(ENOSPC) X(ESPIPE) X(EROFS) X(EMLINK) X(EPIPE) X(EDOM) \
  X(ERANGE) X(EDEADLK) X(ENAMETOOLONG) X(ENOLCK) X(ENOSYS) X(ENOTEMPTY) X(ELOOP) X(ENOMSG) X(EIDRM) X(ENODATA) \
  X(ETIME) X(EPROTO) X(EBADMSG) X(EOVERFLOW) X(EILSEQ) X(ENOTSOCK) X(EDESTADDRREQ) X(EMSGSIZE) X(EPROTOTYPE) \
  X(ENOPROTOOPT) X(EPROTONOSUPPORT) X(EOPNOTSUPP) X(EAFNOSUPPORT) X(EADDRINUSE) X(EADDRNOTAVAIL) X(ENOBUFS) \
  X(ECONNRESET) X(EISCONN) X(ENOTCONN) X(ETIMEDOUT) X(ECONNREFUSED) X(EALREADY) X(EINPROGRESS) X(ESTALE) X(EDQUOT) \
  X(ECANCELED) X(EOWNERDEAD) X(ENOTRECOVERABLE)
// clang-format on

static const char* errno_name(int code) {
#define KX_NAME(name) \
  if (code == name) return #name;
  KX_ERRNO_NAMES(KX_NAME)
#undef KX_NAME
  return code == 0 ? "no errno" : "errno not in the table of case.h";
}

static inline long show_value(const char* text, long value) {
  if (value == -1)
    say("%s = -1 %s\n", text, errno_name(errno));
  else
    say("%s = %ld\n", text, value);
  return value;
}

static inline long show_status(const char* text, long value) {
  say("%s: %s\n", text, value == -1 ? errno_name(errno) : "ok");
  return value;
}

// Prints the expression, its value, and the name of errno if the value is -1; gives the value.
#define SHOW(expression) (errno = 0, show_value(#expression, (long)(expression)))
// Prints the expression and "ok", or the name of errno if it is -1 (MAP_FAILED too); gives the value. For values that
// differ from run to run.
#define STATUS(expression) (errno = 0, show_status(#expression, (long)(expression)))
// Prints whether the condition holds.
#define CHECK(condition) say("%s: %s\n", #condition, (condition) ? "yes" : "NO")
// For functions that return an error number, as those of pthread do.
#define SHOW_CODE(expression) say("%s: %s\n", #expression, errno_name(expression))
// Preparation that has to work; ends the case otherwise.
#define NEED(condition)                                                    \
  do {                                                                     \
    if (!(condition)) {                                                    \
      say("preparation failed: %s (%s)\n", #condition, errno_name(errno)); \
      _exit(98);                                                           \
    }                                                                      \
  } while (0)

static KX_UNUSED const char* signal_name(int number) {
#define KX_NAME(name) \
  if (number == name) return #name;
  // clang-format off
  KX_NAME(SIGHUP) KX_NAME(SIGINT) KX_NAME(SIGQUIT) KX_NAME(SIGILL) KX_NAME(SIGTRAP) KX_NAME(SIGABRT) KX_NAME(SIGBUS)
  KX_NAME(SIGFPE) KX_NAME(SIGKILL) KX_NAME(SIGUSR1) KX_NAME(SIGSEGV) KX_NAME(SIGUSR2) KX_NAME(SIGPIPE)
  KX_NAME(SIGALRM) KX_NAME(SIGTERM) KX_NAME(SIGCHLD) KX_NAME(SIGCONT) KX_NAME(SIGSTOP) KX_NAME(SIGTSTP)
  KX_NAME(SIGTTIN) KX_NAME(SIGTTOU) KX_NAME(SIGURG) KX_NAME(SIGXCPU) KX_NAME(SIGXFSZ) KX_NAME(SIGVTALRM)
  KX_NAME(SIGPROF) KX_NAME(SIGWINCH) KX_NAME(SIGIO) KX_NAME(SIGSYS)
  // clang-format on
#undef KX_NAME
                                      return number >= 32 &&
          number <= 64
      ? "real-time signal"
      : "unknown signal";
}

// Makes a file with this text and gives a descriptor open for reading and writing.
static KX_UNUSED int file_with(const char* name, const char* text) {
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
  NEED(fd >= 0);
  NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  NEED(lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

// Fresh anonymous private memory, readable and writable.
static KX_UNUSED char* fresh_pages(long count) {
  void* memory = mmap(NULL, (size_t)(count * KX_PAGE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  return (char*)memory;
}

static KX_UNUSED void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  NEED(sigaction(number, &action, NULL) == 0);
}

static KX_UNUSED void handle_info(int number, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  NEED(sigaction(number, &action, NULL) == 0);
}

#ifndef KX_CASE_OWN_MAIN
static void case_body(void);

// Every case starts in its own fresh directory, which the runner names as the first argument.
int main(int argc, char** argv) {
  umask(022);
  if (argc < 2 || chdir(argv[1]) != 0) {
    say("usage: %s DIRECTORY\n", argv[0]);
    return 97;
  }
  case_body();
  return 0;
}
#define CASE static void case_body(void)
#endif

#endif
