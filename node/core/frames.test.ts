// Everything that a peer can send: what is encoded comes back, and nothing else does more than be refused.
import { encode } from '@msgpack/msgpack';
import test from 'ava';
import fc from 'fast-check';
import { encodeData } from '../base/codec.ts';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, logIndex, nodeId, term } from '../base/ids.ts';
import { parseNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { decodeTree } from '../base/tree.ts';
import { type Data, List, NESTING_MAX, textOf, Variant } from '../base/value.ts';
import type { Message } from '../cluster/consensus/index.ts';
import { decodeFrame, encodeFrame, type Frame } from '../cluster/wire.ts';
import { decodePayload, encodePayload } from '../runtime/actor/payload.ts';
import { answerTree, readAnswer, readRequest, requestTree } from './requests/codec.ts';
import type { ClientRequest } from './types.ts';

const [from, to] = [nodeId('n1'), nodeId('n2')];
const config = { voters: [from, to], outgoing: [], learners: [], learnersNext: [], autoLeave: false };
const meta = { index: logIndex(7), term: term(3), config };
const entry = { index: logIndex(8), term: term(3), kind: 'data', data: Uint8Array.of(1, 2, 3) } as const;
const address = { from, to, term: term(4) };
const messages: readonly Message[] = [
  { ...address, kind: 'pre-vote', lastIndex: logIndex(3), lastTerm: term(2) },
  { ...address, kind: 'pre-vote-reply', granted: true, commit: logIndex(2), commitTerm: term(1) },
  { ...address, kind: 'vote', lastIndex: logIndex(3), lastTerm: term(2), transfer: true },
  { ...address, kind: 'vote-reply', granted: false },
  {
    ...address,
    kind: 'append',
    prevIndex: logIndex(7),
    prevTerm: term(3),
    entries: [entry],
    commit: logIndex(7),
  },
  { ...address, kind: 'append-reply', accepted: true, index: logIndex(8) },
  {
    ...address,
    kind: 'append-reply',
    accepted: false,
    index: logIndex(8),
    hintIndex: logIndex(4),
    hintTerm: term(2),
  },
  { ...address, kind: 'heartbeat', commit: logIndex(5), round: 9 },
  { ...address, kind: 'heartbeat-reply', round: 9 },
  { ...address, kind: 'snapshot', meta },
  { ...address, kind: 'timeout-now' },
];
const [alice, bob] = [parsePath('/user/alice'), parsePath('/user/bob')];
const bytes = Uint8Array.of(9, 8, 7);
const frames: readonly Frame[] = [
  {
    kind: 'raft',
    life: 7,
    position: 2 ** 40,
    messages: messages.map((message, at) => [groupId(at), message] as const),
  },
  { kind: 'gossip', message: { kind: 'ping', sequence: 1, rumours: [] } },
  {
    kind: 'request',
    id: 4,
    attempt: 2,
    again: true,
    group: groupId(2),
    request: ['inspect', 10, '/user/alice'],
  },
  { kind: 'result', id: 4, attempt: 2, result: [0, null] },
  { kind: 'deliver', token: 1, sender: '/user/alice#x1', receiver: bob, messages: [[3, bytes]] },
  { kind: 'roster', index: 3, peers: [{ node: from, name: 'n1', addresses: ['h:1'] }] },
  { kind: 'delivered', token: 1, taken: 1, refused: [[3, 'no-such-actor', 'gone']], putOff: null },
  { kind: 'delivered', token: 2, taken: 0, refused: [], putOff: 'overloaded' },
  { kind: 'room', sender: '/user/alice#x', receiver: bob },
  { kind: 'not-delivered', token: 1, leader: null },
  {
    kind: 'cast',
    epoch: 7,
    number: 3,
    batches: [
      [bob, alice, bytes],
      [alice, bob, bytes],
    ],
  },
  { kind: 'chunk', group: groupId(1), stream: 5, number: 1, rows: [[bytes, bytes]], last: messages[9]! },
  { kind: 'chunk', group: groupId(1), stream: 5, number: 1, rows: [], last: null },
  { kind: 'chunk-taken', group: groupId(1), stream: 5, number: 1, accepted: true },
  { kind: 'links', records: [{ node: from, version: 3, hears: [to] }] },
  { kind: 'relay', origin: from, path: [to], frame: bytes },
];
const code = { module: 'ab' as never, target: { word: 'account' }, captured: [parseNotation('(Deposit 1)')] };
const message = parseNotation('(Deposit 3.0 "x" :y [1 2] {"k" true})');
const requests: readonly ClientRequest[] = [
  { op: 'tell', timeoutMs: 1, path: alice, message, id: 'i' },
  { op: 'ask', timeoutMs: 1, path: alice, message, id: 'i' },
  { op: 'spawn', timeoutMs: 1, path: alice, code, mode: 'durable', id: 'i', newLife: false },
  { op: 'spawn', timeoutMs: 1, path: alice, code, mode: 'volatile', id: 'i', newLife: true },
  {
    op: 'spawn',
    timeoutMs: 1,
    path: alice,
    code,
    mode: 'durable',
    id: 'i',
    newLife: true,
    journalReads: true,
  },
  { op: 'stop', timeoutMs: 1, path: alice, id: 'i' },
  { op: 'suspend', timeoutMs: 1, path: alice, id: 'i' },
  { op: 'resume', timeoutMs: 1, path: alice, id: 'i' },
  {
    op: 'upgrade',
    timeoutMs: 1,
    path: alice,
    module: 'ab' as never,
    word: 'w',
    migrate: 'm',
    id: 'i',
    resume: true,
  },
  {
    op: 'upgrade',
    timeoutMs: 1,
    path: alice,
    module: 'ab' as never,
    word: null,
    migrate: null,
    id: 'i',
    resume: false,
  },
  { op: 'purge', timeoutMs: 1, path: alice, force: true, id: 'i' },
  { op: 'inspect', timeoutMs: 1, path: alice },
  { op: 'why', timeoutMs: 1, path: alice },
  { op: 'journal', timeoutMs: 1, path: alice, from: 1, limit: 2 },
  { op: 'journal', timeoutMs: 1, path: alice, from: 9, limit: 2, backwards: true },
  { op: 'actors', timeoutMs: 1, prefix: '/', after: '', limit: 2 },
  { op: 'token', timeoutMs: 1, secretHash: 'ff', expiresAt: 5 },
  { op: 'admit', timeoutMs: 1, secretHash: 'ff', peer: { node: from, name: 'n', addresses: ['h:1'] } },
  { op: 'readdress', timeoutMs: 1, peer: { node: from, name: 'n', addresses: ['h:1'] } },
  { op: 'remove-node', timeoutMs: 1, member: 'n3' },
  { op: 'keep-node', timeoutMs: 1, member: 'n3' },
  { op: 'registry-index', timeoutMs: 1 },
  { op: 'applied-index', timeoutMs: 1, group: groupId(2) },
  {
    op: 'events',
    timeoutMs: 1,
    group: groupId(2),
    waitMs: 3,
    prefix: '/',
    exact: false,
    index: 7,
    skip: 1,
    eager: true,
  },
  { op: 'group-state', timeoutMs: 1, group: groupId(2) },
  { op: 'has-quorum', timeoutMs: 1, group: groupId(2) },
  { op: 'does-without', timeoutMs: 1, group: groupId(2), node: from, since: 7 },
];
const payloads = [
  { kind: 'message', message, ask: null },
  { kind: 'message', message, ask: 'a.1' },
  { kind: 'message', message, ask: 'a.1', askers: [alice, bob] },
  { kind: 'spawn', code, mode: 'volatile', newLife: true },
  { kind: 'suspend' },
  { kind: 'resume' },
  { kind: 'upgrade', module: 'ab' as never, word: 'w', migrate: null, resume: false },
  { kind: 'purge', force: true },
  { kind: 'stop' },
  { kind: 'answer', ask: 'a.1', outcome: { refused: 'timeout' } },
  { kind: 'answer', ask: 'a.1', outcome: { answered: message } },
  { kind: 'watch', reference: '/user/alice#x:3', link: false },
  { kind: 'unwatch', reference: '/user/alice#x:3', link: false },
  { kind: 'unwatch', reference: '/user/alice#x:3~', link: true },
  { kind: 'whereis', ask: 'x.3' },
  { kind: 'terminated', reference: '/user/alice#x:3', reason: 'lost', link: true },
] as const;

test('every frame comes back as it was', (t) => {
  for (const frame of frames) t.deepEqual(decodeFrame(encodeFrame(frame), from, to), frame);
});

test('every request, answer and payload comes back as it was', (t) => {
  for (const request of requests) t.deepEqual(readRequest(requestTree(request)), request);
  for (const payload of payloads) t.deepEqual(decodePayload(encodePayload(payload)), payload);
  const taken = { sequence: 1, mode: 'volatile' };
  for (const [op, answer] of [
    ['tell', { ok: true, value: taken }],
    ['ask', { ok: true, value: { ...taken, reply: new Variant('Sum', [2n ** 60n, 'x']) } }],
    ['ask', { ok: false, code: 'no-quorum', message: 'm', details: {} }],
    ['ask', { elsewhere: true, leader: 'n1', begun: true, hopeless: false }],
  ] as const) {
    t.deepEqual(readAnswer(op, answerTree(op, answer)), answer);
  }
});

test('whatever bytes a value is made of, the frame around it is read', (t) => {
  const nested = (levels: number) => {
    let value: Data = 1;
    for (let at = 0; at < levels; at++) value = at % 2 === 0 ? List.of([value]) : new Variant('In', [value]);
    return value;
  };
  const binary = (byte: number) => textOf(new Uint8Array(5000).fill(byte));
  const values: readonly Data[] = [...[0x91, 0x81, 0xc1, 0xdc, 0xff].map(binary), nested(NESTING_MAX)];
  for (const message of values) {
    const payload = encodePayload({ kind: 'message', message, ask: null });
    t.deepEqual(decodePayload(payload), { kind: 'message', message, ask: null });
    for (const frame of [
      { kind: 'deliver', token: 1, sender: '/user/alice#x1', receiver: bob, messages: [[3, payload]] },
      {
        kind: 'request',
        id: 4,
        attempt: 1,
        again: false,
        group: groupId(2),
        request: requestTree({ op: 'ask', timeoutMs: 1, path: bob, message, id: 'i' }),
      },
      { kind: 'result', id: 4, attempt: 1, result: [0, { state: encodeData(message) }] },
    ] as const)
      t.deepEqual(decodeFrame(encodeFrame(frame), from, to), frame);
  }
});

test('a tree is read as deep as frames are, and no deeper', (t) => {
  const deep = (levels: number) => Uint8Array.of(...new Array<number>(levels).fill(0x91), 0xc0);
  t.notThrows(() => decodeTree(deep(16)));
  for (const levels of [17, 40_000]) t.throws(() => decodeTree(deep(levels)), { code: 'bad-request' });
  t.throws(() => decodeTree(Uint8Array.of(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2)), { code: 'bad-request' });
  t.throws(() => decodeTree(Uint8Array.of(0x90, 0x90)), { code: 'bad-request' });
});

test('a path that comes back to a node, or is too long, is refused', (t) => {
  const relay = (path: readonly string[]) =>
    encodeFrame({ kind: 'relay', origin: from, path: path.map(nodeId), frame: bytes });
  for (const path of [['n1'], ['n2', 'n3', 'n2'], Array.from({ length: 17 }, (_, at) => `n${at + 2}`)])
    t.throws(() => decodeFrame(relay(path), from, to), { instanceOf: SeqNodeError });
});

/** Runs `act`; anything thrown but SeqNodeError is a defect. */
function survives(act: () => unknown): boolean {
  try {
    act();
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
  }
  return true;
}

const decodeAll = (input: Uint8Array) => {
  survives(() => {
    const frame = decodeFrame(input, from, to);
    if (frame.kind === 'request') readRequest(frame.request);
    if (frame.kind === 'result') for (const op of ['ask', 'tell'] as const) readAnswer(op, frame.result);
  });
  survives(() => decodePayload(input));
};

test('random bytes are refused', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), decodeAll), { numRuns: 5000 });
  t.pass();
});

test('random trees are refused', (t) => {
  const tree = fc.anything({ maxDepth: 4, withNullPrototype: true });
  fc.assert(
    fc.property(fc.nat(14), fc.array(tree, { maxLength: 6 }), (kind, fields) => {
      survives(() => readRequest(fields));
      for (const op of ['ask', 'tell'] as const) survives(() => readAnswer(op, fields));
      let encoded: Uint8Array;
      try {
        encoded = encode([kind, ...fields]);
      } catch {
        return;
      }
      decodeAll(encoded);
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

test('every flipped bit of every frame is refused or means something', (t) => {
  const inputs = [...frames.map(encodeFrame), ...payloads.map(encodePayload)];
  inputs.push(
    ...requests.map((request) =>
      encodeFrame({
        kind: 'request',
        id: 1,
        attempt: 1,
        again: false,
        group: groupId(1),
        request: requestTree(request),
      }),
    ),
  );
  for (const input of inputs) {
    for (let bit = 0; bit < input.length * 8; bit++) {
      const damaged = input.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      decodeAll(damaged);
    }
    for (let end = 0; end < input.length; end++) decodeAll(input.slice(0, end));
  }
  t.pass();
});
