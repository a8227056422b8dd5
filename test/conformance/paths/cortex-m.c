/* Encodes golden matrices with the path codec on a bare Cortex-M, and compares their payloads: see cortex-m.test.ts. */
#include "golden.h"
#include "paths-model.h"
#include "paths.h"

#include "cortex-m.h"

static uint32_t memory[EDGE_CSI_PATHS_MODEL_MEMORY / 4];
static uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8];

static void say_number(const char *name, uint32_t value) {
  char digits[11];
  uint32_t at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while ((value /= 10) > 0);
  say(name), say(" "), say(digits + at), say("\n");
}

static const golden_report *golden;

/* The matrix goes where no other buffer is needed. */
static int32_t bits;

static void run_once(void) {
  float *csi = edge_csi_paths_input(&edge_csi_paths_tables, memory);
  uint32_t i;
  for (i = 0; i < GOLDEN_VALUES; i++) csi[i] = golden->csi[i];
  bits = edge_csi_paths_encode(&edge_csi_paths_tables, memory, csi, &golden->rate, payload, 0);
}

int main(void) {
  uint32_t i, j, equal = 0, count = sizeof goldens / sizeof goldens[0];
  for (i = 0; i < count; i++) {
    golden = goldens + i;
    run_once();
    for (j = 0; j < golden->bytes && payload[j] == golden->payload[j]; j++) {
    }
    if (bits == golden->bits && j == golden->bytes) equal++;
    say_number("instructions", instructions_of_run());
  }
  say_number("equal", equal);
  say_number("stack", stack_used());
  say_number("memory", sizeof memory);
  return equal != count;
}
