/* One path report: CSI on standard input, the payload on standard output.
     cc -std=c99 -O2 -ffp-contract=off -fno-math-errno -o report main.c paths.c -lm
     ./report MAX_BITS < csi.f32 > payload
   csi.f32: float32 of this machine's byte order, [2][antennas][delays], all real parts first. */
#include <stdio.h>
#include <stdlib.h>

#include "paths-model.h"

static uint32_t memory[EDGE_CSI_PATHS_MODEL_MEMORY / 4];
static uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8];

int main(int argc, char **argv) {
  float *csi = edge_csi_paths_input(&edge_csi_paths_tables, memory);
  edge_csi_paths_rate rate = {0, 0, 0, -1};
  edge_csi_paths_report report;
  size_t bytes;
  int32_t bits;
  if (argc != 2) return fprintf(stderr, "report: give MAX_BITS\n"), 2;
  rate.max_bits = (uint32_t)strtoul(argv[1], NULL, 10);
  if (fread(csi, sizeof *csi, EDGE_CSI_PATHS_MODEL_VALUES, stdin) != EDGE_CSI_PATHS_MODEL_VALUES || fgetc(stdin) != EOF) {
    return fprintf(stderr, "report: standard input is not one CSI matrix of the model's size\n"), 1;
  }
  bits = edge_csi_paths_encode(&edge_csi_paths_tables, memory, csi, &rate, 0, payload, &report);
  if (bits == EDGE_CSI_PATHS_BAD_CSI) return fprintf(stderr, "report: the CSI is zero or not finite\n"), 1;
  if (bits < 0) return fprintf(stderr, "report: MAX_BITS is not 40 to 2000\n"), 1;
  bytes = ((size_t)bits + 7) / 8;
  if (fwrite(payload, 1, bytes, stdout) != bytes) return fprintf(stderr, "report: standard output is closed\n"), 1;
  fprintf(stderr, "report: %ld bits, %ld paths, error %.2e of the energy\n", (long)bits, (long)report.paths, (double)report.error);
  return 0;
}
