// `kx completion`: prints what a shell needs to complete the arguments of kx.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "toolstack/verbs.hpp"

namespace kx::toolstack {
namespace {

constexpr const char* bash_script = R"bash(# bash completion for kx; load it with: source <(kx completion bash)
_kx() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W 'run ps kill stats exec lib check version completion --help --version' -- "$cur")
    return
  fi
  case ${COMP_WORDS[1]} in
    completion)
      mapfile -t COMPREPLY < <(compgen -W 'bash zsh --help' -- "$cur")
      return ;;
    lib)
      if ((COMP_CWORD == 2)); then
        mapfile -t COMPREPLY < <(compgen -W 'list update rollback keygen sign verify --help' -- "$cur")
      elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--key --output --signature --dry-run --timeout --help' -- "$cur")
      elif ((COMP_CWORD == 3)) && [[ ${COMP_WORDS[2]} =~ ^(list|update|rollback)$ ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(kx ps 2> /dev/null | awk 'NR > 1 { print $1 }')" -- "$cur")
      else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      fi
      return ;;
    kill | stats)
      if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-TERM -KILL -INT -HUP -STOP -CONT -USR1 -USR2 --help' -- "$cur")
      else
        mapfile -t COMPREPLY < <(compgen -W "$(kx ps 2> /dev/null | awk 'NR > 1 { print $1 }')" -- "$cur")
      fi
      return ;;
    exec)
      if ((COMP_CWORD == 2)); then
        mapfile -t COMPREPLY < <(compgen -W "$(kx ps 2> /dev/null | awk 'NR > 1 && $1 !~ /[.]/ { print $1 }')
          --workdir --env --help" -- "$cur")
      elif declare -F _command_offset > /dev/null; then
        i=3
        [[ ${COMP_WORDS[3]} == -- ]] && ((COMP_CWORD > 3)) && i=4
        _command_offset "$i"
      fi
      return ;;
    run) ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W '--help' -- "$cur")
      return ;;
  esac
  # Find the program: from there on, its own completion is in charge.
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --)
        ((i++))
        break ;;
      --root | --volume | -v | --rw | --env | -e | --workdir | -w | --memory | -m | --user | -u | --hostname | --lane | \
        --pids-max | --cpus | --network | --publish | -p | --dns | --library-policy | \
        --audit-log | --components)
        # COMP_WORDBREAKS makes "=" a word of its own.
        [[ ${COMP_WORDS[i+1]} == = ]] && ((i++))
        ((i++)) ;;
      --strace)
        [[ ${COMP_WORDS[i+1]} == = ]] && ((i += 2)) ;;
      -*) ;;
      *) break ;;
    esac
  done
  if ((i < COMP_CWORD)); then
    if declare -F _command_offset > /dev/null; then
      _command_offset "$i"
    else
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
    return
  fi
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $prev in
    --root | --workdir | -w)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    --rw | --volume | -v | --strace | --library-policy | --audit-log)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    --components)
      local given=
      [[ $cur == *,* ]] && given=${cur%,*},
      mapfile -t COMPREPLY < <(compgen -P "$given" -W 'core net poll timers sysv mqueue proc relatives update' -- "${cur##*,}") ;;
    --lane)
      mapfile -t COMPREPLY < <(compgen -W 'auto kvm software' -- "$cur") ;;
    --env | -e)
      mapfile -t COMPREPLY < <(compgen -v -S = -- "$cur") ;;
    --network)
      mapfile -t COMPREPLY < <(compgen -W "host none $(ls /run/netns 2> /dev/null)" -- "$cur") ;;
    --memory | -m | --user | -u | --hostname | --pids-max | --cpus | --publish | -p | --dns) ;;
    *)
      if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--root --volume --rw --env --workdir --memory --user --hostname --strace
          --stats --lane --pids-max --cpus --trust-family --network --publish --dns
          --library-policy --audit-log --components --help --' -- "$cur")
      else
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      fi ;;
  esac
}
complete -F _kx kx
)bash";

constexpr const char* zsh_script = R"zsh(#compdef kx
# zsh completion for kx; save it as _kx in a directory of $fpath
_kx() {
  if ((CURRENT == 2)); then
    _values verb 'run[run a program as a pVM]' 'ps[show what runs]' \
      'kill[send a signal]' 'stats[print counters]' 'exec[run a program in a family]' 'lib[show, replace and sign libraries]' 'check[can this machine run pVMs?]' 'version[print the version]' \
      'completion[print a completion script]'
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
    run)
      _arguments -S \
        '--root=[host directory that becomes /]:directory:_files -/' \
        '*'{-v+,--volume=}'[show a host path at another place]:SRC\:DST[\:ro]:_files' \
        '*--rw=[make a host path writable]:path:_files' \
        '*'{-e+,--env=}'[set an environment variable]:K=V:_parameters' \
        '(-w --workdir)'{-w+,--workdir=}'[working directory]:directory:_files -/' \
        '(-m --memory)'{-m+,--memory=}'[limit of memory]:size:' \
        '(-u --user)'{-u+,--user=}'[identity]:UID\:GID:' \
        '--hostname=[host name]:name:' \
        '--network=[host, none or a namespace]:network:(host none)' \
        '*'{-p+,--publish=}'[connect a port of the host]:HOST\:GUEST/tcp:' \
        '*--dns=[name server]:address:' \
        '--library-policy=[what may be executed]:file:_files' \
        '--audit-log=[a line for each update of a library]:file:_files' \
        '--components=[components of the library OS]:list:_values -s , component core net poll timers sysv mqueue proc relatives update' \
        '--strace=-[print system calls]::file:_files' \
        '--pids-max=[limit of processes]:number:' \
        '--cpus=[processors it may use]:number:' \
        '--trust-family[no walls inside the family]' \
        '--stats[print statistics at the end]' \
        '--lane=[where pVMs run]:lane:(auto kvm software)' \
        '(- *)--help[explain]' \
        '(-):program:_command_names -e' \
        '*::argument:_normal' ;;
    kill | stats) _values -w id ${(f)"$(kx ps 2> /dev/null | awk 'NR > 1 { print $1 }')"} ;;
    exec)
      _arguments -S \
        '(-w --workdir)'{-w+,--workdir=}'[working directory]:directory:' \
        '*'{-e+,--env=}'[set an environment variable]:K=V:_parameters' \
        ':family:(${(f)"$(kx ps 2> /dev/null | awk '"'"'NR > 1 && $1 !~ /[.]/ { print $1 }'"'"')"})' \
        '(-):program:_command_names -e' \
        '*::argument:_normal' ;;
    lib)
      if ((CURRENT == 2)); then
        _values subcommand 'list[show libraries]' 'update[replace a library]' 'rollback[undo that]' \
          'keygen[make a pair of keys]' 'sign[sign files]' 'verify[look at signatures]'
      elif ((CURRENT == 3)) && [[ $words[2] == (list|update|rollback) ]]; then
        _values -w id ${(f)"$(kx ps 2> /dev/null | awk 'NR > 1 { print $1 }')"}
      else
        _arguments '--key=[key]:file:_files' '--output=[what to write]:file:_files' '--signature=[what to look at]:file:_files' \
          '--dry-run[only say whether it can be done]' '--timeout=[how long to wait]:seconds:' '*:file:_files'
      fi ;;
    completion) _values shell bash zsh ;;
  esac
}
_kx "$@"
)zsh";

}  // namespace

int completion_verb(std::vector<std::string> arguments) {
  CLI::App app(
      "Prints the completion script for a shell.\n"
      "For bash: kx completion bash > /etc/bash_completion.d/kx, or source <(kx completion bash)\n"
      "For zsh: kx completion zsh > _kx, in a directory of $fpath",
      "kx completion");
  std::string shell;
  app.add_option("SHELL", shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  if (const auto status = parse_arguments(app, std::move(arguments))) {
    return *status;
  }
  std::fputs(shell == "bash" ? bash_script : zsh_script, stdout);
  return 0;
}

}  // namespace kx::toolstack
