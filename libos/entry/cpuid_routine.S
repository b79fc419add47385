// What patched cpuid instructions call: looks the leaf up in the hypervisor's table, or asks the processor. It is copied
// next to the trampolines and runs as a part of the program there, so that signals are delivered in the midst of it.
//
// In: EAX = leaf, ECX = subleaf. Out: EAX, EBX, ECX, EDX; the upper halves are cleared, as CPUID does. Changes flags.

#define ENTRY_LEAF          0
#define ENTRY_SUBLEAF       4
#define ENTRY_HAS_SUBLEAVES 8
#define ENTRY_EAX           12
#define ENTRY_EBX           16
#define ENTRY_ECX           20
#define ENTRY_EDX           24
#define ENTRY_SIZE          32
#define TABLE_GVA           0x7f000000e000  /* linear_gva(cpuid_table_gpa) */

    .section .rodata.kx_cpuid_routine, "a"
    .globl  kx_cpuid_routine_begin, kx_cpuid_routine_end
    .balign 16
kx_cpuid_routine_begin:
    push    %rsi
    movabs  $TABLE_GVA, %rsi
    mov     (%rsi), %edx
1:  add     $ENTRY_SIZE, %rsi
    sub     $1, %edx
    js      3f
    cmp     %eax, ENTRY_LEAF(%rsi)
    jne     1b
    cmpl    $0, ENTRY_HAS_SUBLEAVES(%rsi)
    je      2f
    cmp     %ecx, ENTRY_SUBLEAF(%rsi)
    jne     1b
2:  mov     ENTRY_EAX(%rsi), %eax
    mov     ENTRY_EBX(%rsi), %ebx
    mov     ENTRY_ECX(%rsi), %ecx
    mov     ENTRY_EDX(%rsi), %edx
    pop     %rsi
    ret
3:  pop     %rsi
    cpuid
    ret
kx_cpuid_routine_end:
    .section .note.GNU-stack, "", %progbits
