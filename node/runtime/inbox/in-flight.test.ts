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
          const underWay = { source, number, item: {} as Item };
          inFlight.set(underWay);
          model.set(source, underWay);
        } else remove(source);
        t.is(inFlight.get(source), model.get(source));
        t.is(inFlight.get(`c:${name + 1}`), model.get(`c:${name + 1}`));
      }
      if (emptied) for (const source of [...model.keys()]) remove(source);
      t.deepEqual(new Set(inFlight.values()), new Set(model.values()));
    }),
  );
});
