// Values that outlive the program that made them: each entry of a session is compiled anew, with what was
// defined before.
import { List, SeqMap, type Value, Variant } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { Quotation } from '../run/quotation.ts';
import { Channel, WeaveCtx } from '../run/strand.ts';

/**
 * The value with each of its quotations replaced. What cannot be taken along is a Fault: weaves, whose bodies
 * are in the middle of their old code, and what lies in a channel and is no data.
 */
export function carry(value: Value, replace: (quotation: Quotation) => Value): Value {
  if (value instanceof Quotation) return replace(value);
  if (value instanceof List) return mapped(value, replace);
  if (value instanceof Variant) {
    const fields = value.fields.map((field) => carry(field as Value, replace));
    return fields.every((field, at) => field === value.fields[at]) ? value : new Variant(value.tag, fields);
  }
  if (value instanceof SeqMap) {
    let map = value as SeqMap<Value>;
    for (const [key, held] of map.entries()) {
      const carried = carry(held, replace);
      if (carried !== held) map = map.set(key, carried);
    }
    return map;
  }
  if (value instanceof WeaveCtx)
    throw new Fault(
      'bad-argument',
      'A weave lives no longer than the entry that made it; cancel it or drop it.',
    );
  if (value instanceof Channel) {
    // Who waited for a value ended with its entry.
    while (value.receivers.shift() !== undefined);
    for (let left = value.count; left > 0; left--) {
      const held = value.take();
      value.put(carry(held, replace));
    }
  }
  return value;
}

function mapped(list: List<Value>, replace: (quotation: Quotation) => Value): Value {
  let changed = list;
  let at = 0;
  for (const held of list) {
    const carried = carry(held, replace);
    if (carried !== held) changed = changed.set(at, carried);
    at++;
  }
  return changed;
}
