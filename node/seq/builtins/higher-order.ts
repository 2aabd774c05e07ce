// Words that call quotations, as JavaScript that becomes part of each program that uses them. What they may
// name: `$call(quotation, inputs, outputs)` gives a function of that many arguments, which `CALL(f(…))`
// calls; `REDUCTION;` counts a reduction; `$items(value)` gives a List, `$entries(value)` the entries of a
// Map, and both fault on other values. Each form of the program puts its own in for these.
import type { BuiltinRow } from './table.ts';

export const higherOrderWords: readonly BuiltinRow[] = [
  {
    name: 'list.map',
    aliases: ['list-map'],
    effect: '( List [ T -- U ] -- List )',
    template: `function* (list, quotation) {
      const f = $call(quotation, 1, 1);
      const out = [];
      const all = $items(list);
      for (let at = 0; at < all.length; ) {
        const { items, from, to } = all.run(at);
        for (let i = from; i < to; i++) { REDUCTION; out.push(CALL(f(items[i]))); }
        at += to - from;
      }
      return $List.of(out);
    }`,
  },
  {
    name: 'list.filter',
    aliases: ['list-filter'],
    effect: '( List [ T -- Bool ] -- List )',
    template: `function* (list, quotation) {
      const f = $call(quotation, 1, 1);
      const out = [];
      const all = $items(list);
      for (let at = 0; at < all.length; ) {
        const { items, from, to } = all.run(at);
        for (let i = from; i < to; i++) { REDUCTION; if ($truth(CALL(f(items[i])))) out.push(items[i]); }
        at += to - from;
      }
      return $List.of(out);
    }`,
  },
  {
    name: 'list.fold',
    aliases: ['list-fold'],
    effect: '( List A [ A T -- A ] -- A )',
    template: `function* (list, start, quotation) {
      const f = $call(quotation, 2, 1);
      let sum = start;
      const all = $items(list);
      for (let at = 0; at < all.length; ) {
        const { items, from, to } = all.run(at);
        for (let i = from; i < to; i++) { REDUCTION; sum = CALL(f(sum, items[i])); }
        at += to - from;
      }
      return sum;
    }`,
  },
  {
    name: 'list.each',
    aliases: ['list-each'],
    effect: '( List [ T -- ] -- )',
    template: `function* (list, quotation) {
      const f = $call(quotation, 1, 0);
      const all = $items(list);
      for (let at = 0; at < all.length; ) {
        const { items, from, to } = all.run(at);
        for (let i = from; i < to; i++) { REDUCTION; CALL(f(items[i])); }
        at += to - from;
      }
    }`,
  },
  {
    name: 'map.each',
    effect: '( Map [ K V -- ] -- )',
    template: `function* (map, quotation) {
      const f = $call(quotation, 2, 0);
      for (const [key, value] of $entries(map)) { REDUCTION; CALL(f(key, value)); }
    }`,
  },
  {
    name: 'map.fold',
    effect: '( Map A [ A K V -- A ] -- A )',
    template: `function* (map, start, quotation) {
      const f = $call(quotation, 3, 1);
      let sum = start;
      for (const [key, value] of $entries(map)) { REDUCTION; sum = CALL(f(sum, key, value)); }
      return sum;
    }`,
  },
  {
    name: 'times',
    effect: '( Int [ -- ] -- )',
    template: `function* (count, quotation) {
      const f = $call(quotation, 0, 0);
      const end = $int(count);
      for (let i = 0; i < end; i++) { REDUCTION; CALL(f()); }
    }`,
  },
  {
    name: 'each-integer',
    effect: '( Int [ Int -- ] -- )',
    template: `function* (count, quotation) {
      const f = $call(quotation, 1, 0);
      const end = $int(count);
      for (let i = 0; i < end; i++) { REDUCTION; CALL(f(i)); }
    }`,
  },
  {
    name: 'integer-fold',
    effect: '( Int Int [ Int Int -- Int ] -- Int )',
    template: `function* (count, start, quotation) {
      const f = $call(quotation, 2, 1);
      const end = $int(count);
      let sum = start;
      for (let i = 0; i < end; i++) { REDUCTION; sum = CALL(f(sum, i)); }
      return sum;
    }`,
  },
];
