/* The least that uses the encoder, for its size: one encoder, one CSI buffer, both calls. */
#include "encoder.h"

static edge_csi_encoder encoder;
static int16_t csi[2 * EDGE_CSI_NUM_ANTENNAS * EDGE_CSI_NUM_DELAYS];

int main(void);

int main(void) {
  edge_csi_header header = {1, 1, 0, 1, 0};
  const uint8_t *frame;
  if (edge_csi_encode(&encoder, csi, 0, 0, EDGE_CSI_DEFAULT_THETA) < 0) return 1;
  return (int)edge_csi_frame(&encoder, &header, &frame);
}
