import { decode, encode } from '@msgpack/msgpack';
import test from 'ava';
import fc from 'fast-check';
import { configOf } from './config-change.ts';
import { type Message, parseMessage } from './message.ts';
import { runWorld } from './simulation/world.ts';

const head = { from: 'a', to: 'b', term: 5 };
const entry = (index: number, term: number) => ({ index, term, kind: 'data', data: Uint8Array.of(1) });
const sound: readonly Record<string, unknown>[] = [
  { ...head, kind: 'pre-vote', lastIndex: 3, lastTerm: 4 },
  { ...head, kind: 'pre-vote-reply', granted: true, commit: 3, commitTerm: 4 },
  { ...head, kind: 'vote', lastIndex: 3, lastTerm: 4, transfer: false },
  { ...head, kind: 'vote-reply', granted: false },
  { ...head, kind: 'append', prevIndex: 3, prevTerm: 4, entries: [entry(4, 4), entry(5, 5)], commit: 3 },
  { ...head, kind: 'append', prevIndex: 0, prevTerm: 0, entries: [], commit: 0 },
  { ...head, kind: 'append-reply', accepted: true, index: 3 },
  { ...head, kind: 'append-reply', accepted: false, index: 3, hintIndex: 2, hintTerm: 1 },
  { ...head, kind: 'heartbeat', commit: 3, round: 0 },
  { ...head, kind: 'heartbeat-reply', round: 7 },
  { ...head, kind: 'snapshot', meta: { index: 3, term: 4, config: configOf([]) } },
  { ...head, kind: 'timeout-now' },
];

test('every kind of message passes, also through MessagePack', (t) => {
  for (const message of sound) {
    t.is(parseMessage(message), message as unknown as Message);
    t.deepEqual(parseMessage(decode(encode(message))), message as unknown as Message);
  }
});

test('a message with any field missing or of another type is refused', (t) => {
  for (const message of sound)
    for (const field of Object.keys(message)) {
      if (message.kind === 'append-reply' && field === 'kind') continue;
      const { [field]: value, ...rest } = message;
      t.is(parseMessage(rest), undefined, `${message.kind} without ${field}`);
      for (const wrong of [null, 'x', -1, 1.5, {}, [1], Number.NaN])
        if (typeof wrong !== typeof value || (typeof wrong === 'number' && typeof value === 'number'))
          t.is(
            parseMessage({ ...message, [field]: wrong }),
            undefined,
            `${message.kind}.${field} = ${wrong}`,
          );
    }
});

test('what no sound replica sends is refused', (t) => {
  const append = { ...head, kind: 'append', prevIndex: 3, prevTerm: 4, commit: 3 };
  const refused = [
    { ...append, entries: [entry(5, 4)] },
    { ...append, entries: [entry(4, 3)] },
    { ...append, entries: [entry(4, 6)] },
    { ...append, entries: [entry(4, 5), entry(5, 4)] },
    { ...append, entries: [{ ...entry(4, 4), kind: 'other' }] },
    { ...append, entries: [{ ...entry(4, 4), data: 'text' }] },
    { ...append, prevTerm: 6, entries: [] },
    { ...head, kind: 'vote', lastIndex: 3, lastTerm: 5, transfer: false },
    { ...head, kind: 'snapshot', meta: { index: 0, term: 4, config: configOf([]) } },
    { ...head, kind: 'snapshot', meta: { index: 3, term: 4, config: { ...configOf([]), autoLeave: true } } },
    { ...head, kind: 'unheard-of' },
  ];
  for (const message of refused) t.is(parseMessage(message), undefined, JSON.stringify(message));
});

test('anything at all is answered without a throw', (t) => {
  fc.assert(fc.property(fc.anything(), (value) => parseMessage(value) === undefined));
  t.pass();
});

test('all that replicas really send passes', (t) => {
  let seen = 0;
  const trace = (line: string) => {
    const match = /^\w>\w (\{.*)/.exec(line);
    if (match === null) return;
    const message = JSON.parse(match[1]!, (key, value) =>
      key === 'data' ? Uint8Array.from(Object.values(value as object)) : value,
    );
    seen++;
    t.truthy(parseMessage(message), line);
  };
  for (let seed = 1; seed <= 5; seed++) runWorld({ seed, steps: 1000, profile: 'members', trace });
  t.true(seen > 500);
});
