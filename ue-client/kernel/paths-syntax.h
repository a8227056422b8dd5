/* The order of a report's symbols and their frequencies, for encoder and decoder. */
#ifndef EDGE_CSI_PATHS_SYNTAX_H
#define EDGE_CSI_PATHS_SYNTAX_H

#include "paths-known.h"

/* Two classes of levels an octave: 1, 2, 3, 4-5, 6-7, 8-11, 12-15, ... */
static int32_t level_class(int32_t level) {
  int32_t octave = 0;
  while (level >> (octave + 1) > 0) octave++;
  return octave == 0 ? 0 : 2 * octave - 1 + (level >> (octave - 1) & 1);
}

/* Least level of a class. */
static int32_t class_start(int32_t index) {
  int32_t octave = (index + 1) >> 1;
  return index == 0 ? 1 : (1 << octave) + (((index + 1) & 1) << (octave - 1));
}

/* Running sum of the frequencies of levels 1 to n after a level: shares are read off a line between sixteenths, and each
   level has a frequency. */
static int32_t level_sum(const int32_t *sums, int32_t before, int32_t n) {
  int32_t at = EDGE_CSI_PATHS_RATIO_BINS * n, bin = at / before, rest = at - bin * before, low = sums[bin];
  int32_t high = bin < EDGE_CSI_PATHS_RATIO_BINS ? sums[bin + 1] : low;
  int32_t share = low + (high - low) * rest / before;
  return n + share * (EDGE_CSI_PATHS_LEVEL_TOTAL - before) / sums[EDGE_CSI_PATHS_RATIO_BINS];
}

/* Codes a level that is none above the one before. */
static int32_t code_next_level(path_coder *coder, const int32_t *sums, int32_t before, int32_t level) {
  uint32_t total = (uint32_t)level_sum(sums, before, before);
  if (coder->in) {
    int32_t target = (int32_t)target_of(coder, total), high = before - 1;
    level = 0;
    while (level < high) {
      int32_t middle = (level + high + 1) >> 1;
      if (target >= level_sum(sums, before, middle)) level = middle;
      else high = middle - 1;
    }
    level++;
  }
  narrow(coder, (uint32_t)level_sum(sums, before, level - 1), (uint32_t)level_sum(sums, before, level), total);
  return level;
}

/* before: level of the path before, 0 before the first. level: 0 for none. */
static int32_t code_level(const path_syntax *syntax, path_coder *coder, int32_t before, int32_t level) {
  int32_t index, ends[3];
  if (before == 0) {
    int32_t start, size;
    index = code_table(coder, level == 0 ? 0 : level_class(level) + 1, syntax->first, EDGE_CSI_PATHS_LEVEL_CLASSES + 1);
    if (index == 0) return 0;
    start = class_start(index - 1);
    size = class_start(index);
    size = (size < EDGE_CSI_PATHS_MAX_LEVEL + 1 ? size : EDGE_CSI_PATHS_MAX_LEVEL + 1) - start;
    return start + (size > 1 ? code_uniform(coder, level - start, size) : 0);
  }
  index = level_class(before);
  ends[0] = 0;
  ends[1] = syntax->end[index];
  ends[2] = EDGE_CSI_PATHS_END_TOTAL;
  if (code_table(coder, level == 0 ? 0 : 1, ends, 2) == 0) return 0;
  if (before == 1) return 1;
  return code_next_level(coder, syntax->next + index * (EDGE_CSI_PATHS_RATIO_BINS + 1), before, level);
}

static int32_t bin_of(const path_codes *codes, int32_t k, int32_t axis) {
  int32_t fineness, cell = cells_of(codes, k, axis, &fineness);
  return cell / fineness;
}

static int32_t half_tap_of(const path_codes *codes, int32_t k) {
  int32_t fineness, cell = cells_of(codes, k, 2, &fineness);
  return 2 * cell / fineness;
}

/* An angle as a bin and a cell in the bin, none below `least`. */
static int32_t code_angle(const path_syntax *syntax, path_coder *coder, const path_codes *codes, int32_t k, int32_t axis,
                          int32_t least) {
  int32_t *weights = syntax->weights, *sums = syntax->sums, bins = syntax->counts[axis], bump = syntax->angle_bump[axis];
  int32_t fineness = fineness_of(codes->level[k]), value = codes->cell[3 * k + axis], from = least / fineness;
  int32_t bin, j, near, start, sum = 0;
  for (bin = 0; bin < bins; bin++) weights[bin] = syntax->angle[axis][bin];
  for (j = 0; j < k && bump > 0; j++) {
    bin = bin_of(codes, j, axis);
    for (near = bin - 1; near <= bin + 1; near++) weights[near < 0 ? near + bins : near >= bins ? near - bins : near] += bump;
  }
  sums[0] = 0;
  for (bin = from; bin < bins; bin++) sums[bin - from + 1] = sum += weights[bin];
  if (least > 0) {
    /* Of a few in order the next is sooner rather than later: between the first of one and the first of two. */
    uint64_t whole = 3 * (uint64_t)sum * (uint64_t)sum;
    for (j = 1; j <= bins - from; j++) {
      uint64_t x = (uint64_t)sums[j];
      sums[j] = j + (int32_t)(x * (4 * (uint64_t)sum - x) * EDGE_CSI_PATHS_ORDER_TOTAL / whole);
    }
  }
  bin = from + code_table(coder, value / fineness - from, sums, bins - from);
  start = bin * fineness;
  if (start < least) start = least;
  return start + code_uniform(coder, value - start, (bin + 1) * fineness - start);
}

/* Whether two paths are a bin apart at most along an angle. */
static int is_beside(const path_syntax *syntax, const path_codes *codes, int32_t j, int32_t k, int32_t axis) {
  int32_t apart = bin_of(codes, j, axis) - bin_of(codes, k, axis);
  if (apart < 0) apart = -apart;
  return apart <= 1 || apart == syntax->counts[axis] - 1;
}

/* The half tap of path k's delay: of the first on its own, of the others beside the first's. */
static int32_t code_half_tap(const path_syntax *syntax, path_coder *coder, const path_codes *codes, int32_t k,
                             int32_t half) {
  int32_t halves = 2 * syntax->counts[2], *weights = syntax->weights, *sums = syntax->sums, i, j, near;
  const int32_t *table;
  if (k == 0) return code_table(coder, half, syntax->delay, halves);
  table = syntax->later + halves - half_tap_of(codes, 0);
  for (i = 0; i < halves; i++) weights[i] = table[i];
  for (j = 0; j < k && syntax->delay_bump > 0; j++) {
    if (!is_beside(syntax, codes, j, k, 0) || !is_beside(syntax, codes, j, k, 1)) continue;
    i = half_tap_of(codes, j);
    for (near = i > 2 ? i - 2 : 0; near <= i + 2 && near < halves; near++) weights[near] += syntax->delay_bump;
  }
  sums[0] = 0;
  for (i = 0; i < halves; i++) sums[i + 1] = sums[i] + weights[i];
  return code_table(coder, half, sums, halves);
}

static void code_place(const path_syntax *syntax, path_coder *coder, path_codes *codes, int32_t k) {
  int32_t *cell = codes->cell + 3 * k, fineness = fineness_of(codes->level[k]);
  /* Paths of one level come in the order of their first angles. */
  int is_next = k > 0 && codes->level[k] == codes->level[k - 1] && codes->reference[k - 1] == FRESH;
  int32_t least = is_next ? cell[-3] : 0, half, start, size;
  cell[0] = syntax->counts[0] > 1 ? code_angle(syntax, coder, codes, k, 0, least) : 0;
  cell[1] = syntax->counts[1] > 1 ? code_angle(syntax, coder, codes, k, 1, 0) : 0;
  half = code_half_tap(syntax, coder, codes, k, 2 * cell[2] / fineness);
  start = (half * fineness + 1) / 2;
  size = ((half + 1) * fineness + 1) / 2 - start;
  cell[2] = start + (size > 1 ? code_uniform(coder, cell[2] - start, size) : 0);
}

/* Whether path k is at a known place, and which: as a rank among those not taken, likely ones first. Of one level known paths
   come first, in the order of the list. */
static void code_reference(const path_syntax *syntax, path_coder *coder, path_codes *codes, int32_t k) {
  const edge_csi_paths_known *list = list_of(codes);
  int32_t *reference = codes->reference, *sums = syntax->sums, flags[3];
  int32_t index = reference[k], from = 0, known = 0, rank = 0, offered = 0, i, j;
  reference[k] = FRESH;
  if (k > 0 && codes->level[k] == codes->level[k - 1]) {
    if (reference[k - 1] == FRESH) return;
    from = reference[k - 1] + 1;
  }
  for (j = 0; j < k; j++) known += reference[j] != FRESH;
  sums[0] = 0;
  for (i = from; i < list->count; i++) {
    if (is_taken(codes, k, i)) continue;
    if (i == index) rank = offered;
    sums[offered + 1] = sums[offered] + EDGE_CSI_PATHS_RANK_WEIGHT + EDGE_CSI_PATHS_LIKELY_WEIGHT / (offered + 2);
    offered++;
  }
  if (offered == 0) return;
  flags[0] = 0;
  flags[1] = 2 * known + EDGE_CSI_PATHS_KNOWN_FIRST;
  flags[2] = 2 * k + EDGE_CSI_PATHS_KNOWN_FIRST + EDGE_CSI_PATHS_FRESH_FIRST;
  if (code_table(coder, index == FRESH, flags, 2) == 1) return;
  rank = code_table(coder, rank, sums, offered);
  for (i = from; rank > 0 || is_taken(codes, k, i); i++)
    if (!is_taken(codes, k, i)) rank--;
  reference[k] = i;
}

/* Codes a report: the step, then path by path level, known place or angles and delay, and phase. Reads or writes codes, as the
   coder does. Returns the step; BAD_PAYLOAD where what is read refers to another list. */
static int32_t code_report(const path_syntax *syntax, path_coder *coder, path_codes *codes, int32_t step) {
  int32_t count = codes->count, read;
  step = code_uniform(coder, step, EDGE_CSI_PATHS_STEPS);
  if (list_of(codes)) {
    int32_t check = list_of(codes)->check;
    if (code_uniform(coder, check, EDGE_CSI_PATHS_CHECKS) != check) return EDGE_CSI_PATHS_BAD_PAYLOAD;
  }
  for (read = 0; read < syntax->most_paths; read++) {
    int32_t level = code_level(syntax, coder, read == 0 ? 0 : codes->level[read - 1], read < count ? codes->level[read] : 0);
    if (level == 0) break;
    codes->level[read] = level;
    if (list_of(codes)) code_reference(syntax, coder, codes, read);
    else codes->reference[read] = FRESH;
    if (codes->reference[read] == FRESH) code_place(syntax, coder, codes, read);
    codes->phase[read] = code_uniform(coder, codes->phase[read], phases_of(level));
  }
  codes->count = read;
  return step;
}

#endif
