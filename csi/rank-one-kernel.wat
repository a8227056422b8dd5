;; Adds four outer products to a sum of float32, two rows of it at a time.
;; Assembled into src/outer-kernel-bytes.ts by `npm run generate --workspace csi`.
(module
  (import "host" "memory" (memory 1))

  ;; $values: [rows][columns]; $weights: [4][rows]; $kernels: [4][columns], all float32. $values and $kernels are byte
  ;; offsets on multiples of 16, $weights on one of 4. rows is a multiple of 2, columns one of 4, neither 0.
  (func (export "accumulate")
    (param $values i32) (param $weights i32) (param $kernels i32) (param $rows i32) (param $columns i32)
    (local $rowBytes i32) (local $weightBytes i32) (local $weightsEnd i32) (local $below i32) (local $column i32)
    (local $kernel1 i32) (local $kernel2 i32) (local $kernel3 i32) (local $at i32)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    (local $k v128) (local $sumA v128) (local $sumB v128)
    (local.set $rowBytes (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $weightBytes (i32.shl (local.get $rows) (i32.const 2)))
    (local.set $weightsEnd (i32.add (local.get $weights) (local.get $weightBytes)))
    (local.set $kernel1 (i32.add (local.get $kernels) (local.get $rowBytes)))
    (local.set $kernel2 (i32.add (local.get $kernel1) (local.get $rowBytes)))
    (local.set $kernel3 (i32.add (local.get $kernel2) (local.get $rowBytes)))

    (loop $nextRows
      (local.set $at (local.get $weights))
      (local.set $a0 (v128.load32_splat (local.get $at)))
      (local.set $b0 (v128.load32_splat offset=4 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $weightBytes)))
      (local.set $a1 (v128.load32_splat (local.get $at)))
      (local.set $b1 (v128.load32_splat offset=4 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $weightBytes)))
      (local.set $a2 (v128.load32_splat (local.get $at)))
      (local.set $b2 (v128.load32_splat offset=4 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (local.get $weightBytes)))
      (local.set $a3 (v128.load32_splat (local.get $at)))
      (local.set $b3 (v128.load32_splat offset=4 (local.get $at)))
      (local.set $column (i32.const 0))

      (loop $nextColumns
        (local.set $at (i32.add (local.get $values) (local.get $column)))
        (local.set $below (i32.add (local.get $at) (local.get $rowBytes)))
        (local.set $sumA (v128.load (local.get $at)))
        (local.set $sumB (v128.load (local.get $below)))
        (local.set $k (v128.load (i32.add (local.get $kernels) (local.get $column))))
        (local.set $sumA (f32x4.add (local.get $sumA) (f32x4.mul (local.get $a0) (local.get $k))))
        (local.set $sumB (f32x4.add (local.get $sumB) (f32x4.mul (local.get $b0) (local.get $k))))
        (local.set $k (v128.load (i32.add (local.get $kernel1) (local.get $column))))
        (local.set $sumA (f32x4.add (local.get $sumA) (f32x4.mul (local.get $a1) (local.get $k))))
        (local.set $sumB (f32x4.add (local.get $sumB) (f32x4.mul (local.get $b1) (local.get $k))))
        (local.set $k (v128.load (i32.add (local.get $kernel2) (local.get $column))))
        (local.set $sumA (f32x4.add (local.get $sumA) (f32x4.mul (local.get $a2) (local.get $k))))
        (local.set $sumB (f32x4.add (local.get $sumB) (f32x4.mul (local.get $b2) (local.get $k))))
        (local.set $k (v128.load (i32.add (local.get $kernel3) (local.get $column))))
        (v128.store (local.get $at)
          (f32x4.add (local.get $sumA) (f32x4.mul (local.get $a3) (local.get $k))))
        (v128.store (local.get $below)
          (f32x4.add (local.get $sumB) (f32x4.mul (local.get $b3) (local.get $k))))
        (br_if $nextColumns
          (i32.lt_u (local.tee $column (i32.add (local.get $column) (i32.const 16))) (local.get $rowBytes))))

      (local.set $values (i32.add (local.get $below) (i32.const 16)))
      (br_if $nextRows
        (i32.lt_u (local.tee $weights (i32.add (local.get $weights) (i32.const 8))) (local.get $weightsEnd))))))
