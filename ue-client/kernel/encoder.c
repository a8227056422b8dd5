#define EDGE_CSI_WEIGHTS
#include "encoder.h"

#include "norm.h"
#include "stages.h"

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#include <arm_acle.h>
#define EDGE_CSI_SIMD 1
#else
#define EDGE_CSI_SIMD 0
#endif

/* Inner loops on their own have registers enough. */
#ifdef __GNUC__
#define EDGE_CSI_OUT_OF_LINE __attribute__((noinline))
#else
#define EDGE_CSI_OUT_OF_LINE
#endif

/* ---- Input of the network ---- */

#if EDGE_CSI_PLANES == 1
static void normalise_row(const edge_csi_divider *divider, const int16_t *csi, uint32_t antenna, int16_t *out,
                          const uint16_t *starts) {
  const int16_t *re = csi + antenna * EDGE_CSI_NUM_DELAYS, *im = re + EDGE_CSI_NUM_ANTENNAS * EDGE_CSI_NUM_DELAYS;
  uint32_t d;
  for (d = 0; d < EDGE_CSI_NUM_DELAYS; d++) {
    out[starts ? starts[d] : d] = normalised(divider, square_of(re[d]) + square_of(im[d]));
  }
}
#endif

static void prepare_input(edge_csi_encoder *e, const edge_csi_divider *divider, const int16_t *csi) {
  uint32_t a;
#if EDGE_CSI_NUM_FINE > 0
  uint32_t i;
#endif
#if EDGE_CSI_PLANES == 2
  uint32_t p, d;
  for (p = 0; p < 2; p++) {
    for (a = 0; a < EDGE_CSI_NUM_ANTENNAS; a++, csi += EDGE_CSI_NUM_DELAYS) {
      for (d = 0; d < EDGE_CSI_NUM_DELAYS; d++) {
        e->input[edge_csi_starts[d] + p * EDGE_CSI_NUM_ANTENNAS + a] = normalised(divider, square_of(csi[d]));
      }
    }
  }
#elif EDGE_CSI_HAS_CONVOLUTION
  for (a = 0; a <= EDGE_CSI_NUM_ANTENNAS; a++) {
    if (a < EDGE_CSI_NUM_ANTENNAS) normalise_row(divider, csi, a, e->rows[a % 3], 0);
    if (a > 0) {
      const int64_t *offsets =
          edge_csi_conv_offsets + EDGE_CSI_NUM_DELAYS * (a == 1 ? 0 : a < EDGE_CSI_NUM_ANTENNAS ? 1 : 2);
      edge_csi_convolve_row(&edge_csi_conv, edge_csi_conv_gains, offsets, a > 1 ? e->rows[(a - 2) % 3] : 0,
                            e->rows[(a - 1) % 3], a < EDGE_CSI_NUM_ANTENNAS ? e->rows[a % 3] : 0, EDGE_CSI_NUM_DELAYS,
                            edge_csi_starts, e->input + (a - 1));
    }
  }
#else
  for (a = 0; a < EDGE_CSI_NUM_ANTENNAS; a++) normalise_row(divider, csi, a, e->input + a, edge_csi_starts);
#endif
#if EDGE_CSI_NUM_FINE > 0
  for (i = 0; i < EDGE_CSI_NUM_FINE; i++) e->input[EDGE_CSI_NUM_COMPONENTS + i] = edge_csi_fine_input(e->input[i]);
#endif
}

/* ---- Dense layer. Weights come in fours, in the order 0 2 1 3, which is how SXTB16 takes them apart ---- */

static inline int32_t dot_portable(const int8_t *weights, const int16_t *x, uint32_t count, int32_t sum) {
  uint32_t i;
  for (i = 0; i < count; i += 4, weights += 4, x += 4) {
    sum += weights[0] * x[0] + weights[2] * x[1] + weights[1] * x[2] + weights[3] * x[3];
  }
  return sum;
}

#if EDGE_CSI_SIMD
/* Two int16, the first in the lower half. */
static inline uint32_t load32(const void *from) {
  uint32_t value;
  __builtin_memcpy(&value, from, 4);
  return value;
}

static EDGE_CSI_OUT_OF_LINE int32_t dot_simd(const int8_t *weights, const int16_t *x, uint32_t count, int32_t sum) {
  uint32_t i;
  for (i = 0; i < count; i += 4, weights += 4, x += 4) {
    uint32_t four = load32(weights);
    sum = __smlad(__sxtb16((int8x4_t)four), (int16x2_t)load32(x), sum);
    sum = __smlad(__sxtb16((int8x4_t)(four >> 8)), (int16x2_t)load32(x + 2), sum);
  }
  return sum;
}
#define dot dot_simd
#else
#define dot dot_portable
#endif

/* 32 bits from a byte on, least significant first, whatever the machine's order and alignment. */
static inline uint32_t word_at(const uint8_t *bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  uint32_t word;
  __builtin_memcpy(&word, bytes, 4);
  return word;
#else
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
#endif
}

#if EDGE_CSI_NUM_NARROW > 0
/* Field k of four signed weights of EDGE_CSI_NARROW_BITS, 6 or 4. */
#define EDGE_CSI_FIELD(four, k) \
  ((int32_t)((four) << (32 - EDGE_CSI_NARROW_BITS * ((k) + 1))) >> (32 - EDGE_CSI_NARROW_BITS))
/* Bytes of four. */
#define EDGE_CSI_NARROW_FOUR (EDGE_CSI_NARROW_BITS / 2)

/* Four weights in three bytes, or two; what a word has after them is read, not used. */
static EDGE_CSI_OUT_OF_LINE int32_t dot_narrow(const uint8_t *weights, const int16_t *x, uint32_t count, int32_t sum) {
  uint32_t i;
  for (i = 0; i < count; i += 4, weights += EDGE_CSI_NARROW_FOUR, x += 4) {
    uint32_t four = word_at(weights);
#if EDGE_CSI_SIMD
    int32_t first = (int32_t)load32(x), second = (int32_t)load32(x + 2);
    sum = __smlabb(EDGE_CSI_FIELD(four, 0), first, sum);
    sum = __smlabt(EDGE_CSI_FIELD(four, 1), first, sum);
    sum = __smlabb(EDGE_CSI_FIELD(four, 2), second, sum);
    sum = __smlabt(EDGE_CSI_FIELD(four, 3), second, sum);
#else
    sum += EDGE_CSI_FIELD(four, 0) * x[0] + EDGE_CSI_FIELD(four, 1) * x[1];
    sum += EDGE_CSI_FIELD(four, 2) * x[2] + EDGE_CSI_FIELD(four, 3) * x[3];
#endif
  }
  return sum;
}
#endif

static uint32_t encode_codeword(edge_csi_encoder *e, uint32_t truncation) {
  uint32_t j;
  edge_csi_bit_writer writer = {0, 0, 0, 0};
  writer.bytes = e->codeword;
  for (j = 0; j < EDGE_CSI_CODEWORD_LENGTH; j++) {
    int32_t sum = dot(edge_csi_weights + j * EDGE_CSI_NUM_WIDE, e->input, EDGE_CSI_NUM_WIDE, 0);
#if EDGE_CSI_NUM_NARROW > 0
    sum = dot_narrow(edge_csi_narrow_weights + j * (EDGE_CSI_NUM_NARROW / 4 * EDGE_CSI_NARROW_FOUR),
                     e->input + EDGE_CSI_NUM_WIDE, EDGE_CSI_NUM_NARROW, sum);
#endif
#if EDGE_CSI_NUM_FINE > 0
    sum = dot(edge_csi_fine_weights + j * EDGE_CSI_NUM_FINE, e->input + EDGE_CSI_NUM_COMPONENTS, EDGE_CSI_NUM_FINE, sum);
#endif
    e->centred[j] = edge_csi_write_level(&writer, edge_csi_level(edge_csi_components + j, EDGE_CSI_SHIFT, sum),
                                         edge_csi_components[j].bits, (int32_t)truncation);
  }
  for (; j % 4 != 0; j++) e->centred[j] = 0;
  return edge_csi_finish_bits(&writer);
}

/* ---- Phases: entry by entry, the bits that the codeword gives it, then its code ---- */

/* Where the next row of the allocation matrix begins, in its packed form and in its plain one. */
typedef struct {
  uint32_t position;
  const int8_t *plain;
} edge_csi_row_reader;

/* At least 25 bits from a position on, least significant bit first. */
static inline uint32_t bits_at(uint32_t position) {
  return word_at(edge_csi_allocation + (position >> 3)) >> (position & 7);
}

/* The product of the next row with the centred codeword, in wrapping arithmetic. A row is one bit, 1 where it stands among
   the plain rows; else the width of a gap, the width of a magnitude, the number of entries that are not zero, and for each
   the zeros before it (all ones: as many, and more follow), its sign, and its magnitude less one. */
static EDGE_CSI_OUT_OF_LINE int32_t next_coarse(edge_csi_row_reader *reader, const int16_t *centred) {
  uint32_t at = reader->position, head = bits_at(at);
  uint32_t gap_bits, field_bits, count, most, field_mask, sum = 0;
  if (head & 1) {
    const int8_t *row = reader->plain;
    reader->plain = row + EDGE_CSI_PLAIN_ROW;
    reader->position = at + 1;
    return dot(row, centred, EDGE_CSI_PLAIN_ROW, 0);
  }
  gap_bits = ((head >> 1) & 7) + 1, field_bits = ((head >> 4) & 7) + 1;
  count = (head >> 7) & ((1u << EDGE_CSI_COUNT_BITS) - 1);
  most = (1u << gap_bits) - 1, field_mask = (1u << field_bits) - 1;
  at += 7 + EDGE_CSI_COUNT_BITS;
  while (count > 0) {
    uint32_t word = bits_at(at), gap = word & most, field;
    at += gap_bits;
    centred += gap;
    if (gap == most) continue;
    at += field_bits;
    field = (word >> gap_bits) & field_mask;
    sum += (uint32_t)(int32_t)*centred++ * (field & 1 ? 0u - ((field >> 1) + 1) : (field >> 1) + 1);
    count--;
  }
  reader->position = at;
  return (int32_t)sum;
}

static uint32_t encode_phases(edge_csi_encoder *e, const int16_t *csi, uint32_t theta) {
  uint32_t i;
  int64_t thresholds[EDGE_CSI_MAX_BITS];
  edge_csi_row_reader reader = {0, edge_csi_plain_rows};
  edge_csi_bit_writer writer = {0, 0, 0, 0};
  writer.bytes = e->frame + EDGE_CSI_FRAME_HEAD;
  edge_csi_thresholds(thresholds, EDGE_CSI_MAX_BITS, theta);
  for (i = 0; i < EDGE_CSI_NUM_COMPONENTS; i++) {
    uint32_t coarse = (uint32_t)next_coarse(&reader, e->centred) + (uint32_t)edge_csi_allocation_bias[i];
    uint32_t bits = edge_csi_bits_of((int32_t)coarse, thresholds, EDGE_CSI_MAX_BITS);
    if (bits == 0) continue;
#if EDGE_CSI_PLANES == 2
    edge_csi_write_bits(&writer, csi[i] < 0, 1);
#else
    edge_csi_write_bits(&writer, edge_csi_phase_code(csi[i], csi[EDGE_CSI_NUM_COMPONENTS + i], bits), bits);
#endif
  }
  return edge_csi_finish_bits(&writer);
}

int32_t edge_csi_encode(edge_csi_encoder *e, const int16_t *csi, int32_t exponent, uint32_t truncation, uint32_t theta) {
  uint64_t power = 0;
  uint32_t i;
  edge_csi_divider divider;
  if (truncation > 7 || theta < 1 || theta > (1u << 24)) return EDGE_CSI_BAD_RATE;
  for (i = 0; i < 2 * EDGE_CSI_NUM_ANTENNAS * EDGE_CSI_NUM_DELAYS; i++) power += square_of(csi[i]);
  if (power == 0) return EDGE_CSI_ALL_ZERO;
  e->scale = 0;
#if EDGE_CSI_SCALE_BITS > 0
  if (exponent < -1024 || exponent > 1024 || !scale_level(wide_of(power, 2 * exponent), &e->scale)) {
    return EDGE_CSI_OFF_SCALE;
  }
#endif
  divider = divider_of(power);
  prepare_input(e, &divider, csi);
  e->codeword_bits = encode_codeword(e, truncation);
  e->phase_bits = encode_phases(e, csi, theta);
  return (int32_t)(e->codeword_bits + EDGE_CSI_SCALE_BITS + e->phase_bits);
}

/* ---- Frame: protobuf, edge_csi.v1.Frame with a CsiReport ---- */

static uint8_t *put_varint(uint8_t *at, uint32_t value) {
  while (value >= 128) *at++ = (uint8_t)(value | 128), value >>= 7;
  *at++ = (uint8_t)value;
  return at;
}

static uint8_t *put_field(uint8_t *at, uint8_t tag, uint32_t value) {
  *at++ = tag;
  return put_varint(at, value);
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *from, uint32_t length) {
  while (length-- > 0) *at++ = *from++;
  return at;
}

uint32_t edge_csi_frame(edge_csi_encoder *e, const edge_csi_header *header, const uint8_t **frame) {
  uint8_t head[EDGE_CSI_FRAME_HEAD];
  uint8_t prefix[6];
  uint8_t *at = head, *phase = e->frame + EDGE_CSI_FRAME_HEAD, *start;
  uint32_t phase_bytes = (e->phase_bits + 7) / 8, codeword_bytes = (e->codeword_bits + 7) / 8, head_bytes, prefix_bytes;
  uint8_t *end = phase + phase_bytes;
  at = put_field(at, 0x08, header->epoch);
  at = put_field(at, 0x10, header->seq);
  at = put_field(at, 0x18, header->slot);
  at = put_field(at, 0x22, sizeof(EDGE_CSI_MODEL_ID) - 1);
  at = put_bytes(at, (const uint8_t *)EDGE_CSI_MODEL_ID, sizeof(EDGE_CSI_MODEL_ID) - 1);
  at = put_field(at, 0x28, header->revision);
  at = put_field(at, 0x32, codeword_bytes);
  at = put_bytes(at, e->codeword, codeword_bytes);
  at = put_field(at, 0x38, e->scale);
  if (phase_bytes > 0) at = put_field(at, 0x42, phase_bytes);
  head_bytes = (uint32_t)(at - head);
  end = put_field(end, 0x48, e->codeword_bits + EDGE_CSI_SCALE_BITS + e->phase_bits);
  end = put_field(end, 0x50, header->processing_us);
  prefix_bytes = (uint32_t)(put_field(prefix, 0x1a, (uint32_t)(end - phase) + head_bytes) - prefix);
  /* The phase codes stay where they were written; what comes before them ends there. */
  start = phase - head_bytes - prefix_bytes;
  put_bytes(put_bytes(start, prefix, prefix_bytes), head, head_bytes);
  *frame = start;
  return (uint32_t)(end - start);
}
