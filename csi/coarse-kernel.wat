;; The coarse magnitude m = P c + b in wrapping int32 arithmetic, four rows at a time.
;; Assembled into src/coarse-kernel-bytes.ts by `npm run generate --workspace csi`.
(module
  (import "host" "memory" (memory 1))

  ;; $matrix: int8 [rows][width]; $vector: int16 [width]; $bias, $out: int32 [rows]. All are byte offsets, vector, bias
  ;; and out on multiples of 16. rows is a multiple of 4 and width of 8, neither 0.
  (func (export "multiply")
    (param $matrix i32) (param $vector i32) (param $bias i32) (param $out i32) (param $rows i32) (param $width i32)
    (local $row1 i32) (local $row2 i32) (local $row3 i32)
    (local $element i32) (local $vectorEnd i32) (local $outEnd i32)
    (local $c v128) (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local.set $vectorEnd (i32.add (local.get $vector) (i32.shl (local.get $width) (i32.const 1))))
    (local.set $outEnd (i32.add (local.get $out) (i32.shl (local.get $rows) (i32.const 2))))

    (loop $nextRows
      (local.set $row1 (i32.add (local.get $matrix) (local.get $width)))
      (local.set $row2 (i32.add (local.get $row1) (local.get $width)))
      (local.set $row3 (i32.add (local.get $row2) (local.get $width)))
      (local.set $sum0 (v128.const i32x4 0 0 0 0))
      (local.set $sum1 (v128.const i32x4 0 0 0 0))
      (local.set $sum2 (v128.const i32x4 0 0 0 0))
      (local.set $sum3 (v128.const i32x4 0 0 0 0))
      (local.set $element (local.get $vector))

      ;; Products of int8 and int16 fit 24 bits, so the pairwise sums of the dot product are exact.
      (loop $nextElements
        (local.set $c (v128.load (local.get $element)))
        (local.set $sum0 (i32x4.add (local.get $sum0)
          (i32x4.dot_i16x8_s (local.get $c) (v128.load8x8_s (local.get $matrix)))))
        (local.set $sum1 (i32x4.add (local.get $sum1)
          (i32x4.dot_i16x8_s (local.get $c) (v128.load8x8_s (local.get $row1)))))
        (local.set $sum2 (i32x4.add (local.get $sum2)
          (i32x4.dot_i16x8_s (local.get $c) (v128.load8x8_s (local.get $row2)))))
        (local.set $sum3 (i32x4.add (local.get $sum3)
          (i32x4.dot_i16x8_s (local.get $c) (v128.load8x8_s (local.get $row3)))))
        (local.set $matrix (i32.add (local.get $matrix) (i32.const 8)))
        (local.set $row1 (i32.add (local.get $row1) (i32.const 8)))
        (local.set $row2 (i32.add (local.get $row2) (i32.const 8)))
        (local.set $row3 (i32.add (local.get $row3) (i32.const 8)))
        (br_if $nextElements
          (i32.lt_u (local.tee $element (i32.add (local.get $element) (i32.const 16))) (local.get $vectorEnd))))

      ;; Two pairwise additions turn the four sums into one vector with a row in each lane.
      (local.set $sum0 (i32x4.add
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sum0) (local.get $sum1))
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sum0) (local.get $sum1))))
      (local.set $sum2 (i32x4.add
        (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $sum2) (local.get $sum3))
        (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $sum2) (local.get $sum3))))
      (v128.store (local.get $out)
        (i32x4.add (v128.load (local.get $bias))
          (i32x4.add
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $sum0) (local.get $sum2))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $sum0) (local.get $sum2)))))

      ;; $row3 stands at its end, where the next four rows begin.
      (local.set $matrix (local.get $row3))
      (local.set $bias (i32.add (local.get $bias) (i32.const 16)))
      (br_if $nextRows
        (i32.lt_u (local.tee $out (i32.add (local.get $out) (i32.const 16))) (local.get $outEnd))))))
