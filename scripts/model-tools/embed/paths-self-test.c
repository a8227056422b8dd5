/* Encodes golden matrices and compares every byte of their payloads. On a host:
     cc -std=c99 -O2 -ffp-contract=off -fno-math-errno -o self-test self-test.c paths*.c -lm && ./self-test */
#include "golden.h"
#include "paths-model.h"
#include "paths.h"

#ifdef EDGE_CSI_CORTEX_M
#include "cortex-m.h"
#else
#include <stdio.h>
static void say(const char *text) { fputs(text, stdout); }
#endif

#ifdef EDGE_CSI_MOVING_MEASUREMENTS
static uint32_t memory[EDGE_CSI_MOVING_MODEL_MEMORY / 4];
static uint8_t scratch[EDGE_CSI_PATHS_MOST_BITS / 8];
#else
static uint32_t memory[EDGE_CSI_PATHS_MODEL_MEMORY / 4];
#endif
static uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8];
static const edge_csi_golden *golden;
static int32_t bits;

static void say_number(const char *name, uint32_t value) {
  char digits[11];
  uint32_t at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  say(name), say(" "), say(digits + at), say("\n");
}

#ifdef EDGE_CSI_MOVING_MEASUREMENTS
static void run_once(void) {
  bits = edge_csi_moving_encode(&edge_csi_moving_tables, memory, golden->csi, golden->earlier[0] ? golden->earlier : 0,
                                golden->spacing, &golden->rate, payload, scratch, 0);
}
#else
/* The matrix goes where no other buffer is needed. */
static void run_once(void) {
  float *csi = edge_csi_paths_input(&edge_csi_paths_tables, memory);
  uint32_t i;
  for (i = 0; i < EDGE_CSI_GOLDEN_VALUES; i++) csi[i] = golden->csi[i];
  bits = edge_csi_paths_encode(&edge_csi_paths_tables, memory, csi, &golden->rate, golden->known, payload, 0);
}
#endif

int main(void) {
  uint32_t i, j, equal = 0, count = sizeof edge_csi_goldens / sizeof edge_csi_goldens[0];
  for (i = 0; i < count; i++) {
    golden = edge_csi_goldens + i;
    run_once();
    for (j = 0; j < golden->bytes && payload[j] == golden->payload[j]; j++) {
    }
    if (bits == golden->bits && j == golden->bytes) equal++;
    else say_number("vector differs", i);
#ifdef EDGE_CSI_CORTEX_M
    say_number("instructions", instructions_of_run());
#endif
  }
  if (equal == count) say_number("vectors equal", equal);
#ifdef EDGE_CSI_CORTEX_M
  say_number("stack", stack_used());
#endif
  return equal != count;
}
