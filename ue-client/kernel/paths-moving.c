/* Path reports of several matrices: see paths-moving.h. */
#include "paths-moving.h"

#define STILL_BITS 1
#define MOVING_BITS 5

static const uint8_t spacings[16] = {1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20, 24, 32, 40, 64};

uint32_t edge_csi_moving_memory(const edge_csi_moving_model *model) { return edge_csi_paths_memory(model->moving); }

/* The matrices over Doppler shifts, in place of time: [2][n1][count][delays]. */
static void over_doppler(const edge_csi_moving_model *model, const float *csi, const float *const *earlier, float *out) {
  int32_t antennas = model->antennas, count = model->measurements, delays = model->delays;
  int32_t entries = antennas * delays, time, bin, antenna, delay, i;
  for (i = 0; i < 2 * count * entries; i++) out[i] = 0;
  for (time = 0; time < count; time++) {
    const float *matrix = time + 1 < count ? earlier[time] : csi;
    for (bin = 0; bin < count; bin++) {
      const float *turn = model->turns + 2 * (bin * count + time);
      for (antenna = 0; antenna < antennas; antenna++) {
        const float *re = matrix + antenna * delays, *im = re + entries;
        float *to_re = out + (antenna * count + bin) * delays, *to_im = to_re + count * entries;
        for (delay = 0; delay < delays; delay++) {
          to_re[delay] += re[delay] * turn[0] - im[delay] * turn[1];
          to_im[delay] += re[delay] * turn[1] + im[delay] * turn[0];
        }
      }
    }
  }
}

/* Puts `prefix` of `count` bits in front of a payload, which may grow by a byte. Returns its bits. */
static int32_t put_before(uint8_t *payload, int32_t bits, uint32_t prefix, int32_t count) {
  int32_t i;
  uint32_t carry = prefix << (8 - count);
  for (i = 0; i < (bits + 7) / 8; i++) {
    uint32_t byte = payload[i];
    payload[i] = (uint8_t)(carry | byte >> count);
    carry = byte << (8 - count) & 255;
  }
  if (i < (bits + count + 7) / 8) payload[i] = (uint8_t)carry;
  return bits + count;
}

int32_t edge_csi_moving_encode(const edge_csi_moving_model *model, void *memory, const float *csi,
                               const float *const *earlier, uint32_t spacing, const edge_csi_paths_rate *rate,
                               uint8_t *payload, uint8_t *scratch, edge_csi_paths_report *report) {
  int32_t values = 2 * model->antennas * model->delays, before = model->measurements - 1, at = 0, bits, moving_bits, i, k;
  edge_csi_paths_rate left = *rate;
  edge_csi_paths_report alone, together;
  float held = 0, held_off = 0, all, noise, *input;
  if (rate->max_bits < EDGE_CSI_MOVING_LEAST_BITS) return EDGE_CSI_PATHS_BAD_RATE;
  while (earlier && at < 16 && spacings[at] != spacing) at++;
  if (at == 16) return EDGE_CSI_MOVING_BAD_SPACING;
  left.max_bits = rate->max_bits - STILL_BITS;
  bits = edge_csi_paths_encode(model->still, memory, csi, &left, 0, payload, &alone);
  if (bits < 0) return bits;
  if (report) *report = alone;
  if (!earlier) return put_before(payload, bits, 0, STILL_BITS);

  input = edge_csi_paths_input(model->moving, memory);
  over_doppler(model, csi, earlier, input);
  left.max_bits = rate->max_bits - MOVING_BITS;
  moving_bits = edge_csi_paths_encode(model->moving, memory, input, &left, 0, scratch, &together);
  if (moving_bits < 0) return moving_bits;
  for (i = 0; i < values; i++) held += csi[i] * csi[i];
  all = held;
  for (k = 0; k < before; k++) {
    for (i = 0; i < values; i++) {
      float off = earlier[k][i] - csi[i];
      all += earlier[k][i] * earlier[k][i];
      held_off += off * off;
    }
  }
  /* What a report leaves of its own matrix is noise above all: it counts once a matrix. */
  noise = alone.error * held;
  if ((held_off - (float)(before - 1) * noise) / all + rate->price * (float)bits <=
      together.error + rate->price * (float)moving_bits) {
    return put_before(payload, bits, 0, STILL_BITS);
  }
  for (i = 0; i < (moving_bits + 7) / 8; i++) payload[i] = scratch[i];
  if (report) *report = together;
  return put_before(payload, moving_bits, 16u + (uint32_t)at, MOVING_BITS);
}
