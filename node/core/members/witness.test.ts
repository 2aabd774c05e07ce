import test from 'ava';
import { nodeId } from '../../base/ids.ts';
import type { Frame } from '../../cluster/wire.ts';
import { decodeFrame } from '../../cluster/wire.ts';
import { EffectBuffer } from '../effect-buffer.ts';
import { Witness } from './witness.ts';

const [X, P] = [nodeId('x'), nodeId('p')];

/** One process of a node. */
class Process {
  readonly effects = new EffectBuffer();
  readonly witness: Witness;
  readonly halts: { code: string; message: string }[] = [];

  constructor(clock: { now: number }, life: number, position: number) {
    const { effects } = this;
    const context = {
      effects,
      faults: new Set<string>(),
      get time() {
        return { now: clock.now, wall: 0 };
      },
    };
    this.witness = new Witness(context, life, position);
  }

  /** What it wants sent, as frames. */
  sent(): (Frame & { kind: 'standing' })[] {
    const frames: (Frame & { kind: 'standing' })[] = [];
    for (const effect of this.effects.take()) {
      if (effect.kind === 'halt') this.halts.push(effect);
      if (effect.kind !== 'send') continue;
      const frame = decodeFrame(effect.frame, X, P);
      if (frame.kind === 'standing') frames.push(frame);
    }
    return frames;
  }
}

/** Lets two processes talk until neither has anything to say. */
function talk(x: Process, p: Process): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (const [from, to, name] of [
      [x, p, X],
      [p, x, P],
    ] as const)
      for (const frame of from.sent()) {
        to.witness.standing(name, frame);
        moved = true;
      }
  }
}

function meet(x: Process, p: Process): void {
  p.witness.connected(X);
  x.witness.connected(P);
  talk(x, p);
}

function part(p: Process, clock: { now: number }): void {
  p.witness.disconnected(X);
  clock.now += 700;
}

test('two nodes hear each other once each has told how it stands', (t) => {
  const clock = { now: 1000 };
  const [x, p] = [new Process(clock, 1, 10), new Process(clock, 2, 20)];
  t.false(p.witness.hears(X, 1, 10));
  t.deepEqual(p.sent(), [
    { kind: 'standing', life: 2, position: 20, number: 1, to: 0, seen: null, twin: false },
  ]);
  meet(x, p);
  t.true(p.witness.hears(X, 1, 15));
  t.true(x.witness.hears(P, 2, 20));
  t.false(p.witness.hears(X, 9, 15), 'another process of the node');
});

test('a process that comes back with all that it spoke for is heard at once', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 2, 20);
  meet(new Process(clock, 1, 10), p);
  t.true(p.witness.hears(X, 1, 15));
  part(p, clock);
  const again = new Process(clock, 3, 15);
  meet(again, p);
  t.true(p.witness.hears(X, 3, 15));
  t.deepEqual(again.halts, []);
});

test('a process whose log ends before what was heard is told, stops, and is never heard', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 2, 20);
  meet(new Process(clock, 1, 10), p);
  t.true(p.witness.hears(X, 1, 15));
  part(p, clock);
  const old = new Process(clock, 3, 14);
  meet(old, p);
  t.is(old.halts[0]?.code, 'log-damaged');
  t.regex(old.halts[0]?.message ?? '', /older copy/);
  t.false(p.witness.hears(X, 3, 14));
});

test('what a process writes before it is told does not make up for what is lost', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 2, 20);
  meet(new Process(clock, 1, 10), p);
  t.true(p.witness.hears(X, 1, 15));
  part(p, clock);
  const old = new Process(clock, 3, 14);
  p.witness.connected(X);
  // The question of the other alone lets nobody in.
  for (const frame of p.sent()) old.witness.standing(P, frame);
  t.false(old.witness.hears(P, 2, 20));
  old.witness.position = 30;
  talk(old, p);
  t.is(old.halts[0]?.code, 'log-damaged');
  t.false(p.witness.hears(X, 3, 30));
});

test('of two processes of one node the later is refused, and the first goes on', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 2, 20);
  const [x, twin] = [new Process(clock, 1, 10), new Process(clock, 3, 10)];
  meet(x, p);
  t.true(p.witness.hears(X, 1, 10));
  // Its connection takes the place of the other's, which comes back.
  p.witness.disconnected(X);
  meet(twin, p);
  t.false(p.witness.hears(X, 3, 10), 'the first may live');
  talk(twin, p);
  clock.now += 200;
  p.witness.disconnected(X);
  meet(x, p);
  t.true(p.witness.hears(X, 1, 12));
  p.witness.disconnected(X);
  meet(twin, p);
  t.is(twin.halts[0]?.code, 'data-in-use');
  t.deepEqual(x.halts, []);
  t.false(p.witness.hears(X, 3, 12));
});

test('what was under way from a process that ended is not taken for its life', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 2, 20);
  const x = new Process(clock, 1, 10);
  meet(x, p);
  p.witness.connected(X);
  for (const frame of p.sent()) x.witness.standing(P, frame);
  const late = x.sent();
  p.witness.disconnected(X);
  const next = new Process(clock, 3, 12);
  meet(next, p);
  t.true(p.witness.hears(X, 1, 11));
  for (const frame of late) p.witness.standing(X, frame);
  clock.now += 3000;
  p.witness.hears(X, 3, 12);
  talk(next, p);
  t.true(p.witness.hears(X, 3, 12));
  t.deepEqual(next.halts, []);
});

test('a process whose predecessor was cut off without a word is heard after a while', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 2, 20);
  meet(new Process(clock, 1, 10), p);
  t.true(p.witness.hears(X, 1, 12));
  p.witness.disconnected(X);
  const next = new Process(clock, 3, 12);
  meet(next, p);
  for (let waited = 0; waited < 3000; waited += 500) {
    t.false(p.witness.hears(X, 3, 12), `${waited} ms`);
    talk(next, p);
    clock.now += 500;
  }
  p.witness.hears(X, 3, 12);
  talk(next, p);
  t.true(p.witness.hears(X, 3, 12));
});

test('an answer to an earlier process of the node says nothing', (t) => {
  const x = new Process({ now: 1000 }, 1, 10);
  x.witness.standing(P, { kind: 'standing', life: 2, position: 1, number: 1, to: 7, seen: 99, twin: false });
  x.witness.standing(P, { kind: 'standing', life: 2, position: 1, number: 1, to: 7, seen: 0, twin: true });
  x.sent();
  t.deepEqual(x.halts, []);
});

test('a process that came in the place of another at once is asked again once the other has been silent', (t) => {
  const clock = { now: 1000 };
  const p = new Process(clock, 1, 10);
  meet(new Process(clock, 2, 5), p);
  // Its connection was broken before, so that the next process replaces it.
  p.witness.disconnected(X);
  const next = new Process(clock, 3, 5);
  meet(next, p);
  t.true(p.witness.doubts(X));
  clock.now += 2900;
  p.witness.tell();
  t.deepEqual(p.sent(), [], 'the other may still live');
  clock.now += 100;
  p.witness.tell();
  talk(next, p);
  t.false(p.witness.doubts(X));
  t.deepEqual([...p.halts, ...next.halts], []);
});
