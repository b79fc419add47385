// execve that fails leaves the program as it was: execve(2).
#include "case.h"

CASE {
  char *argv[] = {"x", NULL}, *envp[] = {NULL};
  close(file_with("text", "not a program"));
  close(file_with("script", "#!/no/such/interpreter\n"));
  close(file_with("truncated", "\177ELF\2\1\1"));
  SHOW(execve("missing", argv, envp));
  SHOW(execve("text", argv, envp));
  NEED(chmod("text", 0755) == 0 && chmod("script", 0755) == 0 && chmod("truncated", 0755) == 0);
  SHOW(execve("text", argv, envp));
  SHOW(execve("script", argv, envp));
  SHOW(execve("truncated", argv, envp));
  SHOW(execve(".", argv, envp));
  SHOW(execve("text/x", argv, envp));
  SHOW(execve("", argv, envp));
  SHOW(execve((char*)8, argv, envp));
  SHOW(execve("/dev/null", argv, envp));
}
