/* What a self-test needs on a bare Cortex-M under QEMU: start, output by semihosting, and counts of instructions and stack of
   `run_once`, which the test has to define. With `-icount shift=0` an instruction takes one nanosecond of virtual time, which SysTick counts in ticks of the system
   clock. How many instructions a tick is, a loop of known length tells. */
#ifndef EDGE_CSI_CORTEX_M_H
#define EDGE_CSI_CORTEX_M_H

int main(void);
static void run_once(void);
static void say_number(const char *name, uint32_t value);

static int32_t semihost(int32_t operation, const void *argument) {
  register int32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static void say(const char *text) { semihost(0x04, text); }

extern uint32_t edge_csi_stack_top;
extern uint32_t edge_csi_bss_start, edge_csi_bss_end;

/* Nothing has an initial value but what is constant, so there is no .data to copy. */
static void reset(void) {
  static const uint32_t stopped = 0x20026; /* ADP_Stopped_ApplicationExit */
  uint32_t exit_block[2];
  uint32_t *word;
#if defined(__ARM_FP) && !defined(__SOFTFP__)
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* CPACR: the floating-point unit is on */
  __asm__ volatile("dsb\n isb");
#endif
  for (word = &edge_csi_bss_start; word < &edge_csi_bss_end; word++) *word = 0;
  exit_block[0] = stopped;
  exit_block[1] = (uint32_t)main();
  semihost(0x20, exit_block); /* SYS_EXIT_EXTENDED */
  for (;;) {
  }
}

static void fault(void) {
  static const uint32_t exit_block[2] = {0x20026, 3};
  say("fault\n");
  semihost(0x20, exit_block);
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &edge_csi_stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault};

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

/* Since a value of SYST_CVR, which counts 24 bits down. */
static uint32_t ticks_since(uint32_t start) { return (start - SYST_CVR) & 0xffffff; }

/* Two instructions a turn. */
static void spin(uint32_t turns) { __asm__ volatile("1: subs %0, #1\n bne 1b" : "+r"(turns) : : "cc"); }

#define STACK_PROBE 512

/* How deep the stack goes below this frame, in bytes. */
static __attribute__((noinline)) uint32_t stack_used(void) {
  volatile uint32_t *pointer;
  uint32_t i;
  __asm__ volatile("mov %0, sp" : "=r"(pointer));
  for (i = 1; i <= STACK_PROBE; i++) pointer[-(int32_t)i] = 0xdeadbeef;
  run_once();
  for (i = STACK_PROBE; i > 0 && pointer[-(int32_t)i] == 0xdeadbeef; i--) {
  }
  return 4 * i;
}

/* Instructions of one run, the mean of ten. */
static uint32_t instructions_of_run(void) {
  uint32_t start, calibration, i;
  SYST_RVR = 0xffffff, SYST_CVR = 0, SYST_CSR = 5;
  start = SYST_CVR, spin(1000000), calibration = ticks_since(start);
  start = SYST_CVR;
  for (i = 0; i < 10; i++) run_once();
  return (uint32_t)((uint64_t)ticks_since(start) * 2000000 / calibration / 10);
}

#endif
