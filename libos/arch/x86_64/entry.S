// Every way into and out of the library OS: system calls (patched and trapped), exceptions, returns.
//
// All code here runs at CPL3 but the .cpl0 section and the first instructions of kx_syscall_trap on processors
// whose SYSCALL raises the privilege level. GS points to the vCPU's page (kx/abi/vcpu.hpp). Offsets are checked
// against the C++ structs in arch/x86_64/context.hpp.

#define GS_STACK_TOP   8
#define GS_ENTRY_RSP   16
#define GS_ENTRY_CS    24
#define GS_ENTRY_RCX   32
#define GS_EXC_RAX     40
#define GS_EXC_CR2     48
#define GS_EXC_VECTOR  56
#define GS_BOUNCE      64
#define GS_PENDING     72
#define GS_FRAME       12248          /* vcpu_cpl0_stack_top - sizeof(IretFrame) */
#define GS_ERROR       (GS_FRAME - 8)

#define CTX_R15 0
#define CTX_R14 8
#define CTX_R13 16
#define CTX_R12 24
#define CTX_RBP 32
#define CTX_RBX 40
#define CTX_R11 48
#define CTX_R10 56
#define CTX_R9  64
#define CTX_R8  72
#define CTX_RAX 80
#define CTX_RCX 88
#define CTX_RDX 96
#define CTX_RSI 104
#define CTX_RDI 112
#define CTX_RIP 144
#define CTX_RSP 168
#define CTX_FLAGS_IMAGE 184

#define CPL0_STRIDE 64
#define USER_RFLAGS 0x202

// ---------------------------------------------------------------------------------------------------------
// CPL0: one stub an exception. Each instruction is emulated on shadow-paging KVMs: as few as can be.
    .section .cpl0, "ax"
    .balign 4096
cpl0_stubs:
    .set vector, 0
    .rept 32
    .org cpl0_stubs + vector * CPL0_STRIDE
    .if vector == 14
    mov     %rax, %gs:GS_EXC_RAX
    mov     %cr2, %rax
    mov     %rax, %gs:GS_EXC_CR2
    .elseif vector == 6
    jmp     invalid_opcode
    .elseif vector == 8 || vector == 18
    out     %al, $0xf4
    hlt
    .else
    mov     %rax, %gs:GS_EXC_RAX
    .endif
    .if vector != 6
    movq    $vector, %gs:GS_EXC_VECTOR
    mov     %gs:GS_BOUNCE, %rsp
    iretq
    .endif
    .set vector, vector + 1
    .endr
    .org cpl0_stubs + 32 * CPL0_STRIDE
// #UD is also how the library OS asks CPL0 for a service: UD2 at kx_cpl0_service, RDI = address to INVLPG, or 0
// to flush everything by reloading CR3. RAX is the service's to clobber.
invalid_opcode:
    cmpl    $kx_cpl0_service_high, 4(%rsp)
    jne     1f
    cmpl    $kx_cpl0_service_low, (%rsp)
    jne     1f
    addq    $2, (%rsp)
    test    %rdi, %rdi
    jz      2f
    invlpg  (%rdi)
    iretq
2:  mov     %cr3, %rax
    mov     %rax, %cr3
    iretq
1:  mov     %rax, %gs:GS_EXC_RAX
    movq    $6, %gs:GS_EXC_VECTOR
    mov     %gs:GS_BOUNCE, %rsp
    iretq

// ---------------------------------------------------------------------------------------------------------
    .text
    .globl kx_start, kx_thread_start, kx_syscall_trap, kx_syscall_patched, kx_exception_entry
    .globl kx_return_begin, kx_return_jump, kx_iret_begin, kx_iret_instruction, kx_cpl0_service_call
    .globl kx_context_return

// void kx_cpl0_service_call(u64 address_or_zero)
kx_cpl0_service_call:
kx_cpl0_service:
    ud2
    ret

// First instruction of vCPU 0: RDI = its VcpuPage. The C++ side returns the program's first context.
kx_start:
    sub     $256, %rsp              // the context goes to the top of the stack
    call    kx_main
    mov     %rax, %rsp
    jmp     full_return

// First instruction of a further vCPU: RDI = argument of ThreadCreate.
kx_thread_start:
    sub     $256, %rsp
    call    kx_thread_main
    mov     %rax, %rsp
    jmp     full_return

// [[noreturn]] void kx_context_return(Context*): goes to the program with exactly these registers.
kx_context_return:
    mov     %rdi, %rsp
    jmp     full_return

// What a function leaves as it was (System V ABI, AMD64 supplement).
.macro SAVE_CALLEE_SAVED
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
.endm
.macro RETURN_CALLEE_SAVED
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    ret
.endm

// void kx_fork_exit(u64* stack_pointer): leaves its stack pointer there and makes the host call in the vCPU's slot. Returns
// in the caller, and again in the child, whose vCPU starts at kx_fork_resume on a copy of this stack.
    .globl kx_fork_exit, kx_fork_resume
kx_fork_exit:
    SAVE_CALLEE_SAVED
    mov     %rsp, (%rdi)
    out     %al, $0xf0
kx_fork_resume:
    RETURN_CALLEE_SAVED

// u32 kx_call_hook(Context*): goes to the program with these registers, and returns when that returns to kx_hook_return.
// The word at GS_STACK_TOP, where the program's entries begin meanwhile, keeps the stack pointer to go back to.
    .globl kx_call_hook, kx_leave_hook, kx_hook_return
kx_call_hook:
    SAVE_CALLEE_SAVED
    mov     %gs:GS_STACK_TOP, %rax
    mov     %rsp, (%rax)
    mov     %rdi, %rsp
    jmp     full_return
kx_hook_return:
kx_leave_hook:
    mov     %gs:GS_STACK_TOP, %rsp
    mov     (%rsp), %rsp
    pushq   $USER_RFLAGS
    popfq
    RETURN_CALLEE_SAVED

.macro SAVE_GENERAL
    push    %rdi
    push    %rsi
    push    %rdx
    push    %rcx
    push    %rax
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
.endm

// All general registers from the context at RSP, which then points to the frame IRETQ pops.
.macro RESTORE_GENERAL
    mov     CTX_R15(%rsp), %r15
    mov     CTX_R14(%rsp), %r14
    mov     CTX_R13(%rsp), %r13
    mov     CTX_R12(%rsp), %r12
    mov     CTX_RBP(%rsp), %rbp
    mov     CTX_RBX(%rsp), %rbx
    mov     CTX_R11(%rsp), %r11
    mov     CTX_R10(%rsp), %r10
    mov     CTX_R9(%rsp), %r9
    mov     CTX_R8(%rsp), %r8
    mov     CTX_RAX(%rsp), %rax
    mov     CTX_RCX(%rsp), %rcx
    mov     CTX_RDX(%rsp), %rdx
    mov     CTX_RSI(%rsp), %rsi
    mov     CTX_RDI(%rsp), %rdi
    lea     CTX_RIP(%rsp), %rsp
.endm

// LSTAR. On VMX and SVM it is entered at CPL0 and drops to CPL3 at once; on PVM it is at CPL3 already.
    .balign 64
kx_syscall_trap:
    mov     %cs, %gs:GS_ENTRY_CS
    testb   $3, %gs:GS_ENTRY_CS
    jnz     1f
    mov     %rcx, %gs:GS_ENTRY_RCX
    lea     2f(%rip), %rcx
    sysretq
2:  mov     %gs:GS_ENTRY_RCX, %rcx
1:  mov     %rsp, %gs:GS_ENTRY_RSP
    mov     %gs:GS_STACK_TOP, %rsp
    push    %rax
    // Flags in LAHF form, with OF in AL: R11 holds RFLAGS.
    xor     %eax, %eax
    bt      $11, %r11
    setc    %al
    mov     %r11, -16(%rsp)
    mov     -16(%rsp), %ah
    xchg    %rax, (%rsp)
    pushq   $0x2b
    pushq   %gs:GS_ENTRY_RSP
    push    %r11
    pushq   $0x33
    push    %rcx
    pushq   $0
    pushq   $0x201
    push    %rax
    SAVE_GENERAL
    mov     %rsp, %rdi
    call    kx_syscall_trapped
    jmp     syscall_return

// Patched sites jump here with the return address in RCX; RAX is the system-call number.
    .balign 64
kx_syscall_patched:
    mov     %rsp, %gs:GS_ENTRY_RSP
    mov     %gs:GS_STACK_TOP, %rsp
    mov     %rax, %r11              // free to clobber, as after SYSCALL
    lahf
    seto    %al
    push    %rax
    mov     %r11, %rax
    pushq   $0x2b
    pushq   %gs:GS_ENTRY_RSP
    pushq   $USER_RFLAGS
    pushq   $0x33
    push    %rcx
    pushq   $0
    pushq   $0x200
    push    %rax
    SAVE_GENERAL
    mov     %rsp, %rdi
    call    kx_syscall
syscall_return:
    test    %al, %al
    jnz     full_return
// Restartable: until RSP changes everything is read again from the context. A kick that arrives in here makes the
// hypervisor set RIP back to kx_return_begin; at kx_return_jump all registers are the program's.
kx_return_begin:
    cmpl    $0, %gs:GS_PENDING
    jne     work
    mov     CTX_FLAGS_IMAGE(%rsp), %rax
    add     $0x7f, %al
    sahf
    mov     CTX_RAX(%rsp), %rax
    mov     CTX_RDI(%rsp), %rdi
    mov     CTX_RSI(%rsp), %rsi
    mov     CTX_RDX(%rsp), %rdx
    mov     CTX_R8(%rsp), %r8
    mov     CTX_R9(%rsp), %r9
    mov     CTX_R10(%rsp), %r10
    mov     CTX_R11(%rsp), %r11
    mov     CTX_RIP(%rsp), %rcx
    mov     CTX_RSP(%rsp), %rsp
kx_return_jump:
    jmp     *%rcx

work:
    mov     %rsp, %rdi
    call    kx_work
// Full return: any context, by IRETQ (it stays at CPL3). Restartable as above.
full_return:
kx_iret_begin:
    cmpl    $0, %gs:GS_PENDING
    jne     work
    RESTORE_GENERAL
kx_iret_instruction:
    iretq

// ---------------------------------------------------------------------------------------------------------
// CPL3 exception handler, reached by the CPL0 stub's IRETQ or by the hypervisor for an upcall. The processor left
// RIP.. SS and the error code on the CPL0 stack page; they are copied before anything can fault.
    .balign 64
kx_exception_entry:
    mov     %gs:GS_FRAME, %rax
    shr     $22, %rax
    cmp     $0x1fc0020, %rax        // linear_gva(libos_text_gpa) >> 22: the library OS itself
    je      1f
    mov     %gs:GS_STACK_TOP, %rsp
    jmp     2f
1:  mov     %gs:GS_FRAME + 24, %rsp
    and     $-16, %rsp
2:  pushq   $0
    pushq   %gs:GS_FRAME + 32
    pushq   %gs:GS_FRAME + 24
    pushq   %gs:GS_FRAME + 16
    pushq   %gs:GS_FRAME + 8
    pushq   %gs:GS_FRAME
    pushq   %gs:GS_ERROR
    pushq   %gs:GS_EXC_VECTOR
    pushq   $-1
    mov     %gs:GS_EXC_RAX, %rax
    SAVE_GENERAL
    cld
    mov     %rsp, %rdi
    mov     %gs:GS_EXC_CR2, %rsi
    call    kx_exception
    test    %al, %al
    jnz     full_return
// Back into the library OS itself: no signal is delivered here, and RIP does not restart.
    RESTORE_GENERAL
    iretq

// ---------------------------------------------------------------------------------------------------------
// Copies between library OS and program. A fault that cannot be resolved resumes at the fixup label.
    .globl kx_user_copy, kx_user_copy_instruction, kx_user_copy_fixup
    .globl kx_user_copy_small_begin, kx_user_copy_small_end, kx_user_copy_small_fixup
    .globl kx_user_load32, kx_user_load32_instruction, kx_user_load32_fixup
    .globl kx_user_cas32, kx_user_cas32_instruction, kx_user_cas32_fixup
    .globl memcpy, memset, memmove, memcmp

// u64 kx_user_copy(void* to, const void* from, u64 size): bytes not copied.
kx_user_copy:
    // Small copies by overlapping moves: a string instruction takes tens of nanoseconds to start.
    cmp     $16, %rdx
    ja      2f
    cmp     $4, %rdx
    jb      2f
kx_user_copy_small_begin:
    cmp     $8, %rdx
    jb      1f
    mov     (%rsi), %rax
    mov     -8(%rsi, %rdx), %rcx
    mov     %rax, (%rdi)
    mov     %rcx, -8(%rdi, %rdx)
    xor     %eax, %eax
    ret
1:  mov     (%rsi), %eax
    mov     -4(%rsi, %rdx), %ecx
    mov     %eax, (%rdi)
    mov     %ecx, -4(%rdi, %rdx)
    xor     %eax, %eax
kx_user_copy_small_end:
    ret
kx_user_copy_small_fixup:
    mov     %rdx, %rax
    ret
2:  mov     %rdx, %rcx
kx_user_copy_instruction:
    rep movsb
kx_user_copy_fixup:
    mov     %rcx, %rax
    ret

// i64 kx_user_load32(const u32* address): the value, or -1.
kx_user_load32:
    xor     %eax, %eax
kx_user_load32_instruction:
    mov     (%rdi), %eax
    ret
kx_user_load32_fixup:
    mov     $-1, %rax
    ret

// i64 kx_user_cas32(u32* address, u32 expected, u32 desired): the value found, or -1.
kx_user_cas32:
    mov     %esi, %eax
kx_user_cas32_instruction:
    lock cmpxchg %edx, (%rdi)
    mov     %eax, %eax
    ret
kx_user_cas32_fixup:
    mov     $-1, %rax
    ret

memcpy:
    mov     %rdi, %rax
    mov     %rdx, %rcx
    rep movsb
    ret
memset:
    mov     %rdi, %r8
    mov     %esi, %eax
    mov     %rdx, %rcx
    rep stosb
    mov     %r8, %rax
    ret
memmove:
    mov     %rdi, %rax
    mov     %rdx, %rcx
    mov     %rdi, %r8
    sub     %rsi, %r8
    cmp     %rdx, %r8
    jb      1f
    rep movsb
    ret
1:  lea     -1(%rdi, %rdx), %rdi
    lea     -1(%rsi, %rdx), %rsi
    std
    rep movsb
    cld
    ret
memcmp:
    xor     %eax, %eax
    xor     %ecx, %ecx
1:  cmp     %rdx, %rcx
    je      2f
    movzbl  (%rdi, %rcx), %eax
    movzbl  (%rsi, %rcx), %r8d
    inc     %rcx
    sub     %r8d, %eax
    jz      1b
2:  ret

// ---------------------------------------------------------------------------------------------------------
    .section .kx_header, "a"
    .quad   0x31584e494c594b
    .long   10
    .long   0
    .quad   kx_start
    .quad   kx_syscall_trap
    .quad   kx_exception_entry
    .quad   kx_text_begin
    .quad   kx_text_end
    .quad   kx_return_begin
    .quad   kx_return_jump
    .quad   kx_iret_begin
    .quad   kx_iret_instruction
    .quad   CTX_RIP
    .quad   cpl0_stubs
    .quad   CPL0_STRIDE
    .quad   kx_data_begin
    .quad   kx_data_end
    .quad   kx_constant_size
    .quad   kx_fork_resume
    .quad   kx_components_end
    .quad   kx_component_net
    .quad   kx_component_poll
    .quad   kx_component_timers
    .quad   kx_component_sysv
    .quad   kx_component_mqueue
    .quad   kx_component_proc
    .quad   kx_component_relatives
    .quad   kx_component_update
    .quad   kx_component_trace
    .section .note.GNU-stack, "", %progbits
