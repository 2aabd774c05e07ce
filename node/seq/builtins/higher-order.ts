// Words that call quotations, as JavaScript that becomes part of each program that uses them. What they may name:
// `$call(quotation, inputs, outputs)` gives a function of that many arguments; `R1 …` are further results of a call;
// `--B < 0 && $spend()` counts a step; `$items(list)` and `$entries(map)` fault on other values.
import type { BuiltinRow } from './table.ts';

export const higherOrderWords: readonly BuiltinRow[] = [
  {
    name: 'list.map',
    aliases: ['list-map'],
    effect: '( List [ T -- U ] -- List )',
    template: `(list, quotation) => {
      const f = $call(quotation, 1, 1);
      const out = [];
      for (const each of $items(list)) { if (--B < 0) $spend(); out.push(f(each)); }
      return $List.of(out);
    }`,
  },
  {
    name: 'list.filter',
    aliases: ['list-filter'],
    effect: '( List [ T -- Bool ] -- List )',
    template: `(list, quotation) => {
      const f = $call(quotation, 1, 1);
      const out = [];
      for (const each of $items(list)) { if (--B < 0) $spend(); if ($truth(f(each))) out.push(each); }
      return $List.of(out);
    }`,
  },
  {
    name: 'list.fold',
    aliases: ['list-fold'],
    effect: '( List A [ A T -- A ] -- A )',
    template: `(list, start, quotation) => {
      const f = $call(quotation, 2, 1);
      let sum = start;
      for (const each of $items(list)) { if (--B < 0) $spend(); sum = f(sum, each); }
      return sum;
    }`,
  },
  {
    name: 'list.each',
    aliases: ['list-each'],
    effect: '( List [ T -- ] -- )',
    template: `(list, quotation) => {
      const f = $call(quotation, 1, 0);
      for (const each of $items(list)) { if (--B < 0) $spend(); f(each); }
    }`,
  },
  {
    name: 'map.each',
    effect: '( Map [ K V -- ] -- )',
    template: `(map, quotation) => {
      const f = $call(quotation, 2, 0);
      for (const [key, value] of $entries(map)) { if (--B < 0) $spend(); f(key, value); }
    }`,
  },
  {
    name: 'map.fold',
    effect: '( Map A [ A K V -- A ] -- A )',
    template: `(map, start, quotation) => {
      const f = $call(quotation, 3, 1);
      let sum = start;
      for (const [key, value] of $entries(map)) { if (--B < 0) $spend(); sum = f(sum, key, value); }
      return sum;
    }`,
  },
  {
    name: 'times',
    effect: '( Int [ -- ] -- )',
    template: `(count, quotation) => {
      const f = $call(quotation, 0, 0);
      const end = $int(count);
      for (let i = 0; i < end; i++) { if (--B < 0) $spend(); f(); }
    }`,
  },
  {
    name: 'each-integer',
    effect: '( Int [ Int -- ] -- )',
    template: `(count, quotation) => {
      const f = $call(quotation, 1, 0);
      const end = $int(count);
      for (let i = 0; i < end; i++) { if (--B < 0) $spend(); f(i); }
    }`,
  },
  {
    name: 'integer-fold',
    effect: '( Int Int [ Int Int -- Int ] -- Int )',
    template: `(count, start, quotation) => {
      const f = $call(quotation, 2, 1);
      const end = $int(count);
      let sum = start;
      for (let i = 0; i < end; i++) { if (--B < 0) $spend(); sum = f(sum, i); }
      return sum;
    }`,
  },
];
