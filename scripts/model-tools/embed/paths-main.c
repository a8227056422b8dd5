/* One path report: CSI on standard input, the payload on standard output.
     cc -std=c99 -O2 -ffp-contract=off -fno-math-errno -o report main.c paths*.c -lm
     ./report MAX_BITS < csi.f32 > payload
   csi.f32: float32 of this machine's byte order, [2][antennas][delays], all real parts first; of a model with Doppler shifts
   EDGE_CSI_MOVING_MEASUREMENTS of them, 20 slots apart, oldest first. */
#include <stdio.h>
#include <stdlib.h>

#include "paths-model.h"

static uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8];

#ifdef EDGE_CSI_MOVING_MEASUREMENTS
#define VALUES (EDGE_CSI_MOVING_MEASUREMENTS * EDGE_CSI_PATHS_MODEL_VALUES)
static uint32_t memory[EDGE_CSI_MOVING_MODEL_MEMORY / 4];
static float matrices[VALUES];
static uint8_t scratch[EDGE_CSI_PATHS_MOST_BITS / 8];

static float *input(void) { return matrices; }

static int32_t encode(const edge_csi_paths_rate *rate, edge_csi_paths_report *report) {
  const float *all[EDGE_CSI_MOVING_MEASUREMENTS];
  int k;
  for (k = 0; k < EDGE_CSI_MOVING_MEASUREMENTS; k++) all[k] = matrices + k * EDGE_CSI_PATHS_MODEL_VALUES;
  return edge_csi_moving_encode(&edge_csi_moving_tables, memory, all[EDGE_CSI_MOVING_MEASUREMENTS - 1], all, 20, rate, payload,
                                scratch, report);
}
#else
#define VALUES EDGE_CSI_PATHS_MODEL_VALUES
static uint32_t memory[EDGE_CSI_PATHS_MODEL_MEMORY / 4];

static float *input(void) { return edge_csi_paths_input(&edge_csi_paths_tables, memory); }

static int32_t encode(const edge_csi_paths_rate *rate, edge_csi_paths_report *report) {
  return edge_csi_paths_encode(&edge_csi_paths_tables, memory, input(), rate, 0, payload, report);
}
#endif

int main(int argc, char **argv) {
  float *csi = input();
  edge_csi_paths_rate rate = {0, 0, 0, -1};
  edge_csi_paths_report report;
  size_t bytes;
  int32_t bits;
  if (argc != 2) return fprintf(stderr, "report: give MAX_BITS\n"), 2;
  rate.max_bits = (uint32_t)strtoul(argv[1], NULL, 10);
  if (fread(csi, sizeof *csi, VALUES, stdin) != VALUES || fgetc(stdin) != EOF) {
    return fprintf(stderr, "report: standard input is not the CSI of one report\n"), 1;
  }
  bits = encode(&rate, &report);
  if (bits == EDGE_CSI_PATHS_BAD_CSI) return fprintf(stderr, "report: the CSI is zero or not finite\n"), 1;
  if (bits < 0) return fprintf(stderr, "report: MAX_BITS is not 40 to 2000\n"), 1;
  bytes = ((size_t)bits + 7) / 8;
  if (fwrite(payload, 1, bytes, stdout) != bytes) return fprintf(stderr, "report: standard output is closed\n"), 1;
  fprintf(stderr, "report: %ld bits, %ld paths, error %.2e of the energy\n", (long)bits, (long)report.paths, (double)report.error);
  return 0;
}
