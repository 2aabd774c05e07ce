import { List, type Value } from '../../base/value.ts';
import { sequence } from './row.ts';

/** The elements of a list or the fields of a variant. Throws Fault('type-fault') for any other value. */
export function elements(v: unknown): Iterable<Value> {
  const whole = sequence(v);
  return whole instanceof List ? whole : whole.fields;
}
