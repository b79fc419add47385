# kx_guarded_load(from, to) and kx_guarded_swap(word, expected, wanted): see guarded_access.hpp.
# A fault at one of the two labelled instructions goes on at the fail label; both functions are leaves.
    .text
    .globl kx_guarded_load, kx_guarded_load_access, kx_guarded_fail
    .type kx_guarded_load, @function
kx_guarded_load:
    .cfi_startproc
    endbr64
kx_guarded_load_access:
    mov     (%rdi), %rax
    mov     %rax, (%rsi)
    mov     $1, %eax
    ret
kx_guarded_fail:
    xor     %eax, %eax
    ret
    .cfi_endproc
    .size kx_guarded_load, . - kx_guarded_load

    .globl kx_guarded_swap, kx_guarded_swap_access
    .type kx_guarded_swap, @function
kx_guarded_swap:
    .cfi_startproc
    endbr64
    mov     (%rsi), %eax
kx_guarded_swap_access:
    lock cmpxchg %edx, (%rdi)
    mov     %eax, (%rsi)
    mov     $1, %eax
    ret
    .cfi_endproc
    .size kx_guarded_swap, . - kx_guarded_swap
    .section .note.GNU-stack, "", %progbits
