/** A figure with so many digits after the point; a dash where there is none (JSON has null for what is not finite). */
export function fixed(value: number | null | undefined, digits: number): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : '-';
}
