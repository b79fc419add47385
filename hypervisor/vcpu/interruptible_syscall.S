// kx_interruptible_syscall(kicked, number, arguments): see interruptible.hpp.
// The kick's signal handler moves a RIP inside [begin, end) to the cancel label; after the SYSCALL
// instruction the kernel itself answers EINTR.
    .text
    .globl kx_interruptible_syscall, kx_interruptible_begin, kx_interruptible_end, kx_interruptible_cancel
    .type kx_interruptible_syscall, @function
kx_interruptible_syscall:
    .cfi_startproc
    endbr64
    mov     %rsi, %rax
    mov     %rdx, %r11
    mov     %rdi, %rcx
    mov     0(%r11), %rdi
    mov     8(%r11), %rsi
    mov     16(%r11), %rdx
    mov     24(%r11), %r10
    mov     32(%r11), %r8
    mov     40(%r11), %r9
kx_interruptible_begin:
    cmpl    $0, (%rcx)
    jne     kx_interruptible_cancel
    syscall
kx_interruptible_end:
    ret
kx_interruptible_cancel:
    mov     $-513, %rax             // abi::result_not_begun
    ret
    .cfi_endproc
    .size kx_interruptible_syscall, . - kx_interruptible_syscall
    .section .note.GNU-stack, "", %progbits
