/* The least that uses the path encoder, for its size. */
#include "paths-model.h"

static uint8_t payload[EDGE_CSI_PATHS_MOST_BITS / 8];

int main(void);

#ifdef EDGE_CSI_MOVING_MEASUREMENTS
static uint32_t memory[EDGE_CSI_MOVING_MODEL_MEMORY / 4];
static uint8_t scratch[EDGE_CSI_PATHS_MOST_BITS / 8];
static float history[EDGE_CSI_MOVING_MEASUREMENTS][EDGE_CSI_PATHS_MODEL_VALUES];

int main(void) {
  edge_csi_paths_rate rate = {200, 0, 0, 0};
  const float *all[EDGE_CSI_MOVING_MEASUREMENTS];
  int k;
  for (k = 0; k < EDGE_CSI_MOVING_MEASUREMENTS; k++) all[k] = history[k];
  return edge_csi_moving_encode(&edge_csi_moving_tables, memory, all[EDGE_CSI_MOVING_MEASUREMENTS - 1], all, 20, &rate,
                                payload, scratch, 0);
}
#else
static uint32_t memory[EDGE_CSI_PATHS_MODEL_MEMORY / 4];

int main(void) {
  edge_csi_paths_rate rate = {200, 0, 0, 0};
  float *csi = edge_csi_paths_input(&edge_csi_paths_tables, memory);
  return edge_csi_paths_encode(&edge_csi_paths_tables, memory, csi, &rate, 0, payload, 0);
}
#endif
