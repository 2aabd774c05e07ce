import { formatNotation } from '../../base/notation.ts';
import { assertData, typeName } from '../../base/value.ts';

/** A value as a user writes it; what is not data shows its type. */
export function show(value: unknown): string {
  // An Int of 64 bits, which older releases have, is none.
  if (typeof value === 'bigint') return String(value);
  try {
    assertData(value);
    return formatNotation(value);
  } catch {
    return `<${typeName(value)}>`;
  }
}
