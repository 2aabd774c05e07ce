// Maps. Keys, values and entries come in the order of SeqMap.entries, the same for all three.
import { List, SeqMap, type Value } from '../../base/value.ts';
import { finding, key, map, type WordRow, workOfAll } from './row.ts';

const lookUp = finding((whole, at) => map(whole).get(key(at)));

function keys(whole: Value): List<Value> {
  const all: Value[] = [];
  for (const [each] of map(whole).entries()) all.push(each);
  return List.of(all);
}

function values(whole: Value): List<Value> {
  const all: Value[] = [];
  for (const [, value] of map(whole).entries()) all.push(value);
  return List.of(all);
}

const empty = (): Value => SeqMap.empty;
const set = (whole: Value, at: Value, value: Value): Value => map(whole).set(key(at), value);
const has = (whole: Value, at: Value): boolean => map(whole).has(key(at));
const remove = (whole: Value, at: Value): Value => map(whole).delete(key(at));
const size = (whole: Value): number => map(whole).size;
const isEmpty = (whole: Value): boolean => map(whole).size === 0;

export const mapWords: readonly WordRow[] = [
  { name: 'map.make', effect: '( -- Map )', run: empty },
  { name: 'map.get', effect: '( Map K -- V Bool )', ...lookUp },
  { name: 'map.set', effect: '( Map K V -- Map )', run: set },
  { name: 'map.has?', effect: '( Map K -- Bool )', run: has },
  { name: 'map.remove', effect: '( Map K -- Map )', run: remove },
  { name: 'map.keys', effect: '( Map -- List )', run: keys, work: workOfAll },
  { name: 'map.values', effect: '( Map -- List )', run: values, work: workOfAll },
  { name: 'map.size', effect: '( Map -- Int )', run: size },
  { name: 'map.empty?', effect: '( Map -- Bool )', run: isEmpty },
  // The seed generation. Its map-get has no flag: a key that is not there gives the 0 that map.get gives with
  // false, so that an account of the seed program starts from the empty map at a balance of 0.
  { name: 'make-map', effect: '( -- Map )', run: empty },
  { name: 'map-get', effect: '( Map K -- V )', run: (whole, at) => map(whole).get(key(at)) ?? 0 },
  { name: 'map-get-safe', effect: '( Map K -- V Bool )', ...lookUp },
  { name: 'map-set', effect: '( Map K V -- Map )', run: set },
  { name: 'map-has?', effect: '( Map K -- Bool )', run: has },
  { name: 'map-remove', effect: '( Map K -- Map )', run: remove },
  { name: 'map-keys', effect: '( Map -- List )', run: keys, work: workOfAll },
  { name: 'map-values', effect: '( Map -- List )', run: values, work: workOfAll },
  { name: 'map-size', effect: '( Map -- Int )', run: size },
  { name: 'map-empty?', effect: '( Map -- Bool )', run: isEmpty },
];

export const mapLibrary: readonly WordRow[] = [
  { name: 'map-of', effect: '( -- Map )', run: empty, module: 'std:map' },
  { name: 'kv', effect: '( Map K V -- Map )', run: set, module: 'std:map' },
];
