/* Encodes what it reads from standard input with an exported encoder: for every matrix, int32 exponent, truncation and theta,
   then int16 CSI. Writes int32 result and frame length, then the frame; the host's byte order, both ways. */
#include <stdio.h>

#include "encoder.h"

static edge_csi_encoder encoder;

int main(void) {
  static int16_t csi[2 * EDGE_CSI_NUM_ANTENNAS * EDGE_CSI_NUM_DELAYS];
  static const edge_csi_header header = {1, 1, 0, 1, 0};
  int32_t request[3];
  while (fread(request, sizeof request, 1, stdin) == 1 && fread(csi, sizeof csi, 1, stdin) == 1) {
    const uint8_t *frame = 0;
    int32_t answer[2];
    answer[0] = edge_csi_encode(&encoder, csi, request[0], (uint32_t)request[1], (uint32_t)request[2]);
    answer[1] = answer[0] < 0 ? 0 : (int32_t)edge_csi_frame(&encoder, &header, &frame);
    fwrite(answer, sizeof answer, 1, stdout);
    if (answer[1] > 0) fwrite(frame, (size_t)answer[1], 1, stdout);
  }
  return 0;
}
