import test from 'ava';
import fc from 'fast-check';
import type { Item } from '../actor/item.ts';
import { InFlight, type UnderWay } from './in-flight.ts';

test('messages under way are known by their source, be they few or many', (t) => {
  const step = fc.record({ source: fc.nat(60), adds: fc.boolean(), number: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.boolean(), (steps, emptied) => {
      const inFlight = new InFlight();
      const model = new Map<string, UnderWay>();
      const remove = (source: string) => {
        inFlight.delete(source);
        model.delete(source);
      };
      for (const { source: name, adds, number } of steps) {
        const source = `c:${name}`;
        if (adds) {
          const item = {} as Item;
          inFlight.set({ source, number }, item);
          model.set(source, { source, number, digest: undefined, item });
        } else remove(source);
        for (const each of [source, `c:${name + 1}`]) {
          t.deepEqual(inFlight.get(each), model.get(each));
          t.is(inFlight.get(each)?.item, model.get(each)?.item);
        }
      }
      if (emptied) for (const source of [...model.keys()]) remove(source);
      t.deepEqual(new Set(inFlight.values()), new Set(model.values()));
    }),
  );
});
