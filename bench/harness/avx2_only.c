// Preloaded into a measured process: CPUID answers as on a processor with AVX2 and nothing newer.
//
// Linux lets CPUID fault on processors that can (arch_prctl(2), ARCH_CPUID; threads inherit it). The handler executes the
// instruction itself and takes away what an AVX2 processor does not have, so that every engine chooses the path that it would
// choose there, also those that have no setting for it.

#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_CPUID 0x1012
#define BIT(n) (1u << (n))

enum { A, B, C, D };

static long allow_cpuid(int allowed) { return syscall(SYS_arch_prctl, ARCH_CPUID, allowed); }

// Bits as in Intel's manual, volume 2, CPUID.
static void mask(unsigned leaf, unsigned subleaf, unsigned r[4]) {
    if (leaf == 7 && subleaf == 0) {
        // AVX512 F, DQ, IFMA, PF, ER, CD, BW, VL
        r[B] &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31));
        // AVX512 VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
        r[C] &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
        // AVX512 4VNNIW, 4FMAPS, VP2INTERSECT, FP16; AMX BF16, TILE, INT8
        r[D] &= ~(BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25));
    } else if (leaf == 7 && subleaf == 1) {
        // AVX-VNNI, AVX512 BF16, AMX FP16, AVX-IFMA
        r[A] &= ~(BIT(4) | BIT(5) | BIT(21) | BIT(23));
        // AVX-VNNI-INT8, AVX-NE-CONVERT, AMX COMPLEX, AVX-VNNI-INT16, AVX10
        r[D] &= ~(BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19));
    } else if (leaf == 0xd && subleaf == 0) {
        // What the system saves: x87, SSE and AVX.
        r[A] &= BIT(0) | BIT(1) | BIT(2);
    } else if (leaf == 0x1d || leaf == 0x1e || leaf == 0x24) {
        // AMX's tiles and products; AVX10
        r[A] = r[B] = r[C] = r[D] = 0;
    }
}

static void on_fault(int number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *at = (const unsigned char *)registers[REG_RIP];
    if (info->si_code != SI_KERNEL || at[0] != 0x0f || at[1] != 0xa2) {
        // Another fault: it comes again when this returns, and ends the process.
        signal(number, SIG_DFL);
        return;
    }
    unsigned leaf = registers[REG_RAX], subleaf = registers[REG_RCX], r[4];
    allow_cpuid(1);
    __asm__ volatile("cpuid" : "=a"(r[A]), "=b"(r[B]), "=c"(r[C]), "=d"(r[D]) : "a"(leaf), "c"(subleaf));
    allow_cpuid(0);
    mask(leaf, subleaf, r);
    registers[REG_RAX] = r[A];
    registers[REG_RBX] = r[B];
    registers[REG_RCX] = r[C];
    registers[REG_RDX] = r[D];
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void start(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    if (allow_cpuid(0) != 0) {
        static const char message[] = "this processor or system does not let CPUID be masked\n";
        (void)!write(2, message, sizeof message - 1);
        _exit(1);
    }
}
