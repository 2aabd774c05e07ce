import test from 'ava';
import { Wants, wantsNothing } from './wants.ts';

test('whatever a turn wants beside a reply and output is a cause to write it', (t) => {
  t.true(wantsNothing(new Wants()));
  for (const [name, none] of Object.entries(new Wants())) {
    const some = Array.isArray(none) ? ['one'] : none === false ? true : 'some';
    const isCause = name !== 'reply' && name !== 'output';
    t.is(wantsNothing(Object.assign(new Wants(), { [name]: some })), !isCause, name);
  }
});
