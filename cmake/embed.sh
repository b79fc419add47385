#!/bin/sh
# Writes an assembly file that embeds FILE as SYMBOL_begin .. SYMBOL_end. Usage: embed.sh SYMBOL FILE
printf '.section .rodata\n.balign 4096\n.globl %s_begin, %s_end\n%s_begin:\n.incbin "%s"\n%s_end:\n.byte 0\n' \
  "$1" "$1" "$1" "$2" "$1"
printf '.section .note.GNU-stack,"",%%progbits\n'
