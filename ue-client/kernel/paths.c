/* Path reports: see paths.h. */
#include "paths.h"

#include "paths-rate.h"

/* EDGE_CSI_PATHS_MEMORY has 672 words for it, and for sums beside tables. */
typedef char space_fits[sizeof(path_space) + 256 <= 4 * 672 ? 1 : -1];

uint32_t edge_csi_paths_memory(const edge_csi_paths_model *model) {
  const int32_t *header = model->integers;
  uint32_t n1 = (uint32_t)header[MODEL_N1], n2 = (uint32_t)header[MODEL_N2], delays = (uint32_t)header[MODEL_DELAYS];
  uint32_t most = (uint32_t)header[MODEL_MOST_PATHS];
  return EDGE_CSI_PATHS_MEMORY(n1, n2, delays, most);
}

float *edge_csi_paths_input(const edge_csi_paths_model *model, void *memory) { return open_space(model, memory)->re; }

/* False for what is not a number, too. */
static int is_rate(const edge_csi_paths_rate *rate) {
  return rate->max_bits >= EDGE_CSI_PATHS_LEAST_BITS && rate->max_bits <= EDGE_CSI_PATHS_MOST_BITS && rate->price >= 0 &&
         rate->price <= 1 && rate->target >= 0 && rate->target <= 1 && rate->noise <= FLT_MAX;
}

/* Searches for the best report that may refer to a list, or to none. Returns its error relative to the energy of the CSI. */
static float search_with(path_space *space, const edge_csi_paths_known *list, const edge_csi_paths_rate *rate) {
  int32_t max_bits = (int32_t)rate->max_bits;
  offer_known(space, list);
  if (rate->price > 0) search_price(space, rate->price, max_bits);
  else if (rate->target > 0) search_target(space, rate->target, max_bits);
  else search_cap(space, max_bits);
  return space->best_error / space->energy;
}

/* Writes the best report found. Returns its bits. */
static int32_t write_best(path_space *space, float error, uint8_t *payload, edge_csi_paths_report *report) {
  path_coder coder;
  start_encoder(&coder, payload, ((uint32_t)space->best_bits + 7) / 8);
  code_report(&space->syntax, &coder, &space->best, space->best_step);
  if (report) {
    report->paths = space->best.count;
    report->refers = list_of(&space->best) != 0;
    report->error = error;
  }
  return (int32_t)finish(&coder);
}

/* Whether a report of that error and so many bits is better than another. */
static int is_better(const edge_csi_paths_rate *rate, float error, int32_t bits, float other_error, int32_t other_bits) {
  if (rate->price > 0) return error + rate->price * (float)bits < other_error + rate->price * (float)other_bits;
  if (rate->target > 0 && error <= rate->target && other_error <= rate->target) return bits < other_bits;
  return error < other_error;
}

int32_t edge_csi_paths_encode(const edge_csi_paths_model *model, void *memory, const float *csi,
                              const edge_csi_paths_rate *rate, const edge_csi_paths_known *known, uint8_t *payload,
                              edge_csi_paths_report *report) {
  path_space *space;
  int32_t bits;
  float error;
  if (!is_rate(rate)) return EDGE_CSI_PATHS_BAD_RATE;
  space = open_space(model, memory);
  if (!start_search(space, csi, rate->noise)) return EDGE_CSI_PATHS_BAD_CSI;
  error = search_with(space, 0, rate);
  bits = write_best(space, error, payload, report);
  if (EDGE_CSI_PATHS_KNOWN && known && known->count > 0) {
    float referring = search_with(space, known, rate);
    if (is_better(rate, referring, space->best_bits, error, bits)) bits = write_best(space, referring, payload, report);
  }
  return bits;
}

/* Whether an encoder writes the payload for these codes. */
static int is_written(path_space *space, const uint8_t *payload, uint32_t bytes, uint32_t bits) {
  path_coder coder;
  uint32_t length, at;
  start_encoder(&coder, 0, 0);
  coder.expected = payload;
  coder.bytes = bytes;
  code_report(&space->syntax, &coder, &space->codes, space->step);
  length = finish(&coder);
  if (coder.differs || (length + 7) / 8 != bytes || (bits != 0 && bits != length)) return 0;
  for (at = coder.position; at < 8 * bytes; at++)
    if (bit_at(payload, bytes, at)) return 0;
  return 1;
}

/* Multiplies re + j im by exp(j pi x), |x| <= 3/2. */
static void turn_by(float *re, float *im, float x) {
  float near = x > 0.5f ? x - 1 : x < -0.5f ? x + 1 : x, sign = near == x ? 1.0f : -1.0f;
  float cosine = sign * cosine_of_half_turns(near), sine = sign * sine_of_half_turns(near), old = *re;
  *re = old * cosine - *im * sine;
  *im = old * sine + *im * cosine;
}

/* Where path k is, and its gain on the grid. */
static void open_path(path_space *space, int32_t k, float *re, float *im) {
  const path_codes *codes = &space->codes;
  int32_t level = codes->level[k], phases = phases_of(level), axis;
  float height = height_of(level) * step_height(space->step, 0);
  for (axis = 0; axis < 3; axis++) space->place[axis] = position_of(codes, k, axis);
  *re = height * cosine_of_part(codes->phase[k], phases);
  *im = height * sine_of_part(codes->phase[k], phases);
}

static void write_path(path_space *space, int32_t k, edge_csi_path *path) {
  const path_axis *axes = space->axes;
  float re, im, size = 1;
  int32_t axis;
  open_path(space, k, &re, &im);
  for (axis = 0; axis < 3; axis++) {
    float position = space->place[axis], whole = (float)axes[axis].size;
    int32_t nearest = (int32_t)(position + 0.5f);
    float norm = write_kernel(&axes[axis], space->probe[axis], 1, position, 0, axes[axis].count);
    float wrapped = nearest >= axes[axis].size ? position - whole : position;
    /* Kernels are real but for this turn; their sign is that of the nearest bin. */
    turn_by(&re, &im, (position - (float)nearest) - wrapped / whole);
    re = re / norm;
    im = im / norm;
    size = size * whole;
  }
  path->frequency[0] = space->place[0] / (float)axes[0].size;
  path->frequency[1] = space->place[1] / (float)axes[1].size;
  path->delay = space->place[2];
  path->gain_re = re / square_root(size);
  path->gain_im = im / square_root(size);
}

/* The sum of all paths, their kernels' phases turned back in. */
static void write_matrix(path_space *space, float *csi) {
  int32_t entries = space->entries, delays = space->axes[2].count, columns = space->axes[1].count, row, t, k, i;
  float *out_re = space->response ? space->rest_re : csi, *out_im = space->response ? space->rest_im : csi + entries;
  for (i = 0; i < entries; i++) space->re[i] = space->im[i] = 0;
  for (k = 0; k < space->codes.count; k++) {
    float gain_re, gain_im;
    open_path(space, k, &gain_re, &gain_im);
    for (i = 0; i < 3; i++) {
      write_kernel(&space->axes[i], space->probe[i], 1, space->place[i], 0, space->axes[i].count);
    }
    for (row = 0, i = 0; i < entries; row++) {
      float weight = space->probe[0][row / columns] * space->probe[1][row % columns];
      float re = weight * gain_re, im = weight * gain_im;
      for (t = 0; t < delays; t++, i++) {
        space->re[i] += re * space->probe[2][t];
        space->im[i] += im * space->probe[2][t];
      }
    }
  }
  for (row = 0, i = 0; i < entries; row++) {
    float row_re, row_im;
    turn_of_row(space, row, &row_re, &row_im);
    for (t = 0; t < delays; t++, i++) {
      float delay_re = space->axes[2].turn_re[t], delay_im = space->axes[2].turn_im[t];
      float turn_re = row_re * delay_re - row_im * delay_im, turn_im = row_re * delay_im + row_im * delay_re;
      out_re[i] = space->re[i] * turn_re + space->im[i] * turn_im;
      out_im[i] = space->im[i] * turn_re - space->re[i] * turn_im;
    }
  }
  if (space->response) {
    const float *put_in = space->response + 2 * (entries / delays);
    apply_response(space, put_in, space->rest_re, space->rest_im, csi, csi + entries);
  }
}

/* Reads the codes of a report. Returns the number of paths, or BAD_PAYLOAD. */
static int32_t read_codes(path_space *space, const uint8_t *payload, uint32_t bytes, uint32_t bits,
                          const edge_csi_paths_known *known) {
  path_coder coder;
  int32_t k;
  for (k = 0; k < space->capacity; k++) {
    space->codes.level[k] = space->codes.phase[k] = 0;
    space->codes.reference[k] = FRESH;
    space->codes.cell[3 * k] = space->codes.cell[3 * k + 1] = space->codes.cell[3 * k + 2] = 0;
  }
  space->codes.list = known;
  start_decoder(&coder, bytes == 0 ? (const uint8_t *)"" : payload, bytes);
  space->step = code_report(&space->syntax, &coder, &space->codes, 0);
  if (space->step < 0 || (known && !EDGE_CSI_PATHS_KNOWN)) return EDGE_CSI_PATHS_BAD_PAYLOAD;
  /* Bits that no encoder writes decode to something, too: which then is written otherwise. */
  return is_written(space, payload, bytes, bits) ? space->codes.count : EDGE_CSI_PATHS_BAD_PAYLOAD;
}

int32_t edge_csi_paths_decode(const edge_csi_paths_model *model, void *memory, const uint8_t *payload, uint32_t bytes,
                              uint32_t bits, const edge_csi_paths_known *known, edge_csi_path *paths, float *csi) {
  path_space *space = open_space(model, memory);
  int32_t count = read_codes(space, payload, bytes, bits, known), k;
  if (count < 0) return count;
  for (k = 0; paths && k < space->codes.count; k++) write_path(space, k, paths + k);
  if (csi) write_matrix(space, csi);
  return count;
}

#if EDGE_CSI_PATHS_KNOWN

static uint32_t take_bits(path_coder *reader, int32_t count) {
  uint32_t value = 0;
  while (count-- > 0) value = 2 * value + read_bit(reader);
  return value;
}

/* FNV-1a, a byte at a time. */
static uint32_t hash_of(uint32_t hash, uint32_t value) {
  int32_t shift;
  for (shift = 0; shift < 32; shift += 8) hash = (hash ^ (value >> shift & 255)) * 0x01000193u;
  return hash;
}

/* Computes the check of a list. Returns its count. */
static int32_t seal(edge_csi_paths_known *known) {
  uint32_t hash = hash_of(0x811c9dc5u, known->version);
  int32_t i;
  for (i = 0; i < 3 * known->count; i++) hash = hash_of(hash, (uint32_t)known->cells[i]);
  known->check = 1 + (int32_t)(hash % (EDGE_CSI_PATHS_CHECKS - 1));
  return known->count;
}

int32_t edge_csi_paths_read_hint(const edge_csi_paths_model *model, uint32_t version, const uint8_t *hint, uint32_t bytes,
                                 edge_csi_paths_known *known) {
  static const int32_t axes[3] = {MODEL_N1, MODEL_N2, MODEL_DELAYS};
  path_coder reader;
  int32_t count, rank, axis;
  start_decoder(&reader, hint, bytes);
  reader.position = 0;
  known->count = 0;
  known->version = version;
  count = (int32_t)take_bits(&reader, 5);
  if (version == 0 || count > EDGE_CSI_PATHS_MOST_KNOWN) return EDGE_CSI_PATHS_BAD_PAYLOAD;
  for (rank = 0; rank < count; rank++) {
    /* Cells a bin are halved at ranks 1, 3, 7 and 15. */
    int32_t each = 1, cell;
    while (rank + 1 >= 2 * each) each *= 2;
    for (axis = 0; axis < 3; axis++) {
      int32_t bins = model->integers[axes[axis]], all = bins * EDGE_CSI_PATHS_KNOWN_CELLS / each, width = 0;
      while (bins > 1 && 1 << width < all) width++;
      cell = (int32_t)take_bits(&reader, width);
      if (cell >= all) return EDGE_CSI_PATHS_BAD_PAYLOAD;
      known->cells[3 * rank + axis] = cell * each;
    }
  }
  if ((reader.position + 7) / 8 != bytes || take_bits(&reader, (int32_t)(8 * bytes - reader.position)) != 0) {
    return EDGE_CSI_PATHS_BAD_PAYLOAD;
  }
  known->count = count;
  return seal(known);
}

/* Whether a list has a place within a quarter of a bin. */
static int has_near(const edge_csi_paths_known *known, const int32_t *place) {
  int32_t i, axis;
  for (i = 0; i < known->count; i++) {
    for (axis = 0; axis < 3; axis++) {
      int32_t apart = place[axis] - known->cells[3 * i + axis];
      if ((apart < 0 ? -apart : apart) > EDGE_CSI_PATHS_KNOWN_CELLS / 4) break;
    }
    if (axis == 3) return 1;
  }
  return 0;
}

/* Where path k is, in cells of a list. */
static void place_in_list(const path_space *space, int32_t k, int32_t *place) {
  int32_t axis;
  for (axis = 0; axis < 3; axis++) {
    int32_t fineness, cell = cells_of(&space->codes, k, axis, &fineness);
    int32_t all = space->axes[axis].count * EDGE_CSI_PATHS_KNOWN_CELLS;
    cell = (2 * EDGE_CSI_PATHS_KNOWN_CELLS * cell + fineness) / (2 * fineness);
    place[axis] = cell < all ? cell : axis == 2 ? all - 1 : 0;
  }
}

int32_t edge_csi_paths_remember(const edge_csi_paths_model *model, void *memory, uint32_t seq, const uint8_t *payload,
                                uint32_t bytes, const edge_csi_paths_known *referred, edge_csi_paths_known *known) {
  path_space *space = open_space(model, memory);
  int32_t k, place[3];
  if (read_codes(space, payload, bytes, 0, referred) < 0) return EDGE_CSI_PATHS_BAD_PAYLOAD;
  for (k = 0; k < space->codes.count && known->count < EDGE_CSI_PATHS_MOST_KNOWN; k++) {
    place_in_list(space, k, place);
    if (has_near(known, place)) continue;
    copy_bytes(known->cells + 3 * known->count++, place, sizeof place);
  }
  known->version += seq * 0x9e3779b1u;
  if (known->version == 0) known->version = 1;
  return seal(known);
}

#endif
