/* The least that uses the path encoder, for its size. */
#include "paths-model.h"

static uint32_t memory[EDGE_CSI_PATHS_MODEL_MEMORY / 4];
static uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8];

int main(void);

int main(void) {
  edge_csi_paths_rate rate = {200, 0, 0, 0};
  float *csi = edge_csi_paths_input(&edge_csi_paths_tables, memory);
  return edge_csi_paths_encode(&edge_csi_paths_tables, memory, csi, &rate, 0, payload, 0);
}
