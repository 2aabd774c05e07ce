import test from 'ava';
import fc from 'fast-check';
import { nodeId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import type { SwimMessage } from './member.ts';
import { CALM, type GossipConditions, SimulatedGossip } from './simulated-gossip.ts';
import { SWIM_OPTIONS, Swim } from './swim.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const SILENT: GossipConditions = { ...CALM, connections: false };
const LOSSY: GossipConditions = {
  loss: 0.1,
  duplication: 0.05,
  delayMinMs: 1,
  delayMaxMs: 60,
  connections: false,
  trafficMs: 0,
};

/** As often as leaders let their followers hear of them. */
const TRAFFIC_MS = 200;

const allSee = (net: SimulatedGossip, subject: string, liveness: string) =>
  net.running().every((observer) => observer === subject || net.liveness(observer, subject) === liveness);

const allAlive = (net: SimulatedGossip) => net.running().every((subject) => allSee(net, subject, 'alive'));

const deaths = (net: SimulatedGossip) => net.log.filter((line) => line.includes(' dead#'));

test('nodes that start together see each other alive, with addresses and facts', (t) => {
  const net = new SimulatedGossip(1, NAMES);
  net.setFacts('a', { load: 7 });
  t.not(
    net.runUntil(() => allAlive(net), 2_000),
    undefined,
  );
  net.run(2_000);
  for (const observer of NAMES) {
    t.deepEqual(net.swim(observer).member(nodeId('a'))?.addresses, ['a:1']);
    t.deepEqual(net.swim(observer).member(nodeId('a'))?.facts, { load: 7 });
  }
  t.deepEqual(deaths(net), []);
});

for (const size of [2, 3, 4, 5])
  test(`a killed node is dead for all of ${size} within 2.5 s, its connections being lost`, (t) => {
    for (let seed = 1; seed <= 20; seed++) {
      const net = new SimulatedGossip(seed, NAMES.slice(0, size));
      net.run(3_000 + seed * 37);
      net.crash('b');
      const took = net.runUntil(() => allSee(net, 'b', 'dead'), 5_000);
      t.true(took !== undefined && took <= 2_500, `seed ${seed}: ${took} ms`);
      t.true(deaths(net).every((line) => line.includes(' sees b ')));
    }
  });

for (const size of [2, 3, 5, 20])
  test(`a node that falls silent is dead for all of ${size} within 2.5 s, where all send each other something`, (t) => {
    const names = Array.from({ length: size }, (_, at) => `node-${at}`);
    for (let seed = 1; seed <= 10; seed++) {
      const net = new SimulatedGossip(seed, names, { ...SILENT, trafficMs: TRAFFIC_MS });
      net.run(12_000 + seed * 37);
      net.crash(names[1]!);
      const took = net.runUntil(() => allSee(net, names[1]!, 'dead'), 10_000);
      t.true(took !== undefined && took <= 2_500, `seed ${seed}: ${took} ms`);
      t.true(deaths(net).every((line) => line.includes(` sees ${names[1]} `)));
    }
  });

test('completeness: a crashed node is found by all, though nothing tells of it and a tenth of the messages is lost', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 5 }), (seed, size) => {
      const net = new SimulatedGossip(seed, NAMES.slice(0, size), LOSSY);
      net.run(5_000);
      net.crash('a');
      t.not(
        net.runUntil(() => allSee(net, 'a', 'dead'), 20_000),
        undefined,
        `seed ${seed}`,
      );
    }),
    { numRuns: 60 },
  );
});

test('accuracy: pauses of up to a second and a half make nobody dead', (t) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(0, TRAFFIC_MS),
      fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 100, max: 1_500 }))),
      (seed, trafficMs, pauses) => {
        const net = new SimulatedGossip(seed, NAMES, { ...SILENT, trafficMs });
        net.run(2_000);
        for (const [who, ms] of pauses) {
          net.pause(NAMES[who] ?? 'a', ms);
          net.run(ms + 700);
        }
        net.run(3_000);
        t.deepEqual(deaths(net), [], `seed ${seed}`);
        t.true(allAlive(net));
      },
    ),
    { numRuns: 60 },
  );
});

test('accuracy: nodes that only run a fifth of the time are not declared dead', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const net = new SimulatedGossip(seed, NAMES, { ...SILENT, trafficMs: seed % 2 === 0 ? 0 : TRAFFIC_MS });
    net.run(2_000);
    for (let round = 0; round < 60; round++) {
      for (const name of ['a', 'b']) net.pause(name, 400);
      net.run(500);
    }
    t.deepEqual(deaths(net), [], `seed ${seed}`);
  }
});

test('accuracy: a tenth of all messages lost, and none dead, for a minute', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const net = new SimulatedGossip(seed, NAMES, { ...LOSSY, trafficMs: seed % 2 === 0 ? 0 : TRAFFIC_MS });
    net.run(60_000);
    t.deepEqual(deaths(net), [], `seed ${seed}`);
  }
});

test('a node that cannot be reached by one other is probed through the rest', (t) => {
  const net = new SimulatedGossip(3, NAMES, SILENT);
  net.run(2_000);
  net.cut(['a'], ['b']);
  net.run(30_000);
  t.deepEqual(deaths(net), []);
});

test('a node that was cut off trusts itself again soon after, though it hears the others all the time', (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const net = new SimulatedGossip(seed, NAMES, { ...SILENT, trafficMs: TRAFFIC_MS });
    net.run(5_000);
    net.cut(['a'], NAMES.slice(1));
    net.run(4_000);
    t.true(net.swim('a').health > 0, `seed ${seed}`);
    net.heal();
    net.run(20_000);
    t.is(net.swim('a').health, 0, `seed ${seed}`);
  }
});

test('a lost connection to a node that lives is refuted within a second', (t) => {
  const net = new SimulatedGossip(4, NAMES);
  net.run(2_000);
  net.cut(['a'], ['b']);
  const suspected = () => net.log.some((line) => line.includes(' a sees b suspect'));
  t.not(
    net.runUntil(() => suspected() && allAlive(net), 1_000),
    undefined,
  );
  t.true((net.swim('c').member(nodeId('b'))?.incarnation ?? 0) > 0);
  net.run(10_000);
  t.deepEqual(deaths(net), []);
});

test('a deaf node: what it says is heard, what it is told is not; the others find it dead and it returns', (t) => {
  const net = new SimulatedGossip(5, NAMES, SILENT);
  net.run(2_000);
  for (const other of NAMES.slice(1)) net.cutOneWay(other, 'a');
  const rest = NAMES.slice(1);
  t.not(
    net.runUntil(() => rest.every((name) => net.liveness(name, 'a') === 'dead'), 20_000),
    undefined,
  );
  net.heal();
  t.not(
    net.runUntil(() => allAlive(net), 20_000),
    undefined,
  );
});

test('both sides of a partition find each other dead, and alive again after the heal', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), fc.integer({ min: 1, max: 4 }), (seed, connections, size) => {
      const net = new SimulatedGossip(seed, NAMES, { ...CALM, connections });
      const [left, right] = [NAMES.slice(0, size), NAMES.slice(size)];
      net.run(2_000);
      net.cut(left, right);
      const split = () =>
        left.every((a) => right.every((b) => net.liveness(a, b) === 'dead' && net.liveness(b, a) === 'dead'));
      t.not(net.runUntil(split, 25_000), undefined, `seed ${seed}: split`);
      net.run(10_000);
      net.heal();
      const took = net.runUntil(() => allAlive(net), 20_000);
      t.true(took !== undefined && (!connections || took < 1_500), `seed ${seed}: healed after ${took} ms`);
      net.run(5_000);
      t.true(allAlive(net), `seed ${seed}: stays`);
    }),
    { numRuns: 40 },
  );
});

test('a process that restarts with its old incarnation overrides what was said of the one before', (t) => {
  for (const connections of [true, false]) {
    const net = new SimulatedGossip(6, NAMES, { ...CALM, connections });
    net.setFacts('a', { load: 1 });
    net.setFacts('a', { load: 2 });
    net.run(3_000);
    net.crash('a');
    net.run(10_000);
    t.true(allSee(net, 'a', 'dead'));
    net.start('a');
    t.not(
      net.runUntil(() => allAlive(net), 15_000),
      undefined,
    );
    net.setFacts('a', { load: 3 });
    net.run(12_000);
    for (const name of NAMES.slice(1)) {
      t.deepEqual(net.swim(name).member(nodeId('a'))?.facts, { load: 3 });
      t.deepEqual(net.swim(name).member(nodeId('a'))?.addresses, ['a:2']);
    }
  }
});

test('a restart that is too quick for anyone to notice still spreads the new addresses', (t) => {
  const net = new SimulatedGossip(7, NAMES, SILENT);
  net.run(3_000);
  net.crash('a');
  net.start('a');
  net.run(15_000);
  for (const name of NAMES.slice(1)) t.deepEqual(net.swim(name).member(nodeId('a'))?.addresses, ['a:2']);
  t.deepEqual(deaths(net), []);
});

test('a node that leaves is dead for all at once and is never suspected', (t) => {
  const net = new SimulatedGossip(8, NAMES);
  net.run(2_000);
  net.leave('c');
  t.true((net.runUntil(() => allSee(net, 'c', 'dead'), 1_000) ?? 9_999) <= 20);
  t.false(net.log.some((line) => line.includes('sees c suspect')));
});

test('convergence: whatever happened, everybody agrees once it is quiet', (t) => {
  const step = fc.record({
    what: fc.constantFrom('crash', 'start', 'cut', 'one-way', 'heal', 'pause', 'facts'),
    who: fc.nat(4),
    whom: fc.nat(4),
    ms: fc.integer({ min: 0, max: 4_000 }),
  });
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), fc.array(step, { maxLength: 12 }), (seed, connections, steps) => {
      const net = new SimulatedGossip(seed, NAMES, { ...LOSSY, connections });
      const facts = new Map<string, number>();
      steps.forEach(({ what, who, whom, ms }, index) => {
        const [a, b] = [NAMES[who] ?? 'a', NAMES[whom] ?? 'b'];
        const up = net.running().includes(a);
        if (what === 'crash' && up) net.crash(a);
        if (what === 'start' && !up) net.start(a);
        if (what === 'cut' && a !== b) net.cut([a], [b]);
        if (what === 'one-way' && a !== b) net.cutOneWay(a, b);
        if (what === 'heal') net.heal();
        if (what === 'pause') net.pause(a, ms);
        if (what === 'facts' && up) {
          facts.set(a, index);
          net.setFacts(a, { index });
        }
        if ((what === 'crash' && up) || (what === 'start' && !up)) facts.delete(a);
        net.run(ms);
      });
      net.heal();
      net.conditions = { ...CALM, connections };
      net.run(45_000);
      for (const observer of net.running())
        for (const subject of NAMES) {
          const member = net.swim(observer).member(nodeId(subject));
          const runs = net.running().includes(subject);
          t.is(member?.liveness, runs ? 'alive' : 'dead', `seed ${seed}: ${observer} on ${subject}`);
          if (runs)
            t.is(member?.facts.index, facts.get(subject), `seed ${seed}: facts of ${subject} at ${observer}`);
        }
    }),
    { numRuns: 60 },
  );
});

test('the same seed gives the same run', (t) => {
  const run = () => {
    const net = new SimulatedGossip(9, NAMES, LOSSY);
    const sent: string[] = [];
    net.onMessage = (from, to, message) => sent.push(`${net.now} ${from} ${to} ${JSON.stringify(message)}`);
    net.run(3_000);
    net.crash('b');
    net.run(5_000);
    return [...net.log, ...sent].join('\n');
  };
  t.is(run(), run());
});

test('idle members say little', (t) => {
  const net = new SimulatedGossip(10, NAMES.slice(0, 3));
  net.run(20_000);
  const before = net.messages;
  net.run(60_000);
  // Two probes a second and node, an answer to each, and now and then a sync.
  t.true(
    (net.messages - before) / 60 / 3 < 5,
    `${(net.messages - before) / 60 / 3} messages a second and node`,
  );
});

test('gossip admits nobody', (t) => {
  const swim = Swim.create({
    self: { node: nodeId('a'), name: 'a', addresses: [], incarnation: 0 },
    random: new SeededRandom(1),
  });
  swim.setMembers([{ node: nodeId('b'), name: 'b', addresses: [] }], 0);
  swim.drain();
  const stranger = { kind: 'alive', node: 'x', incarnation: 5, version: 0, addresses: ['x:1'], facts: {} };
  const ping = { kind: 'ping', sequence: 1, sync: true, incarnation: 0, version: 0, rumours: [stranger] };
  swim.receive(nodeId('b'), ping, 1);
  t.is(swim.member(nodeId('x')), undefined);
  t.false(JSON.stringify(swim.drain()).includes('"x"'));
  swim.receive(nodeId('x'), ping, 2);
  t.deepEqual(swim.drain(), []);
  t.is(swim.refused, 1);
});

test('a node that the registry removes is forgotten, and what it says is passed over', (t) => {
  const net = new SimulatedGossip(11, NAMES);
  net.run(2_000);
  const a = net.swim('a');
  a.setMembers(
    ['a', 'b'].map((name) => ({ node: nodeId(name), name, addresses: [] })),
    net.now,
  );
  t.deepEqual(
    a.members().map(({ node }) => node),
    ['a', 'b'].map(nodeId),
  );
  net.run(5_000);
  t.deepEqual(
    a.members().map(({ liveness }) => liveness),
    ['alive', 'alive'],
  );
  t.true(a.refused > 0);
});

test('no message, however odd, does harm', (t) => {
  const rumour = fc.record(
    {
      kind: fc.constantFrom('alive', 'suspect', 'dead', 'odd'),
      node: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.anything()),
      incarnation: fc.oneof(fc.nat(5), fc.double(), fc.anything()),
      version: fc.oneof(fc.nat(5), fc.anything()),
      by: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.anything()),
      addresses: fc.oneof(fc.array(fc.string()), fc.anything()),
      facts: fc.oneof(fc.dictionary(fc.string(), fc.anything()), fc.anything()),
    },
    { requiredKeys: [] },
  );
  const message = fc.record(
    {
      kind: fc.constantFrom('ping', 'ack', 'nack', 'ping-request', 'gossip', 'odd'),
      sequence: fc.oneof(fc.nat(9), fc.anything()),
      sync: fc.oneof(fc.boolean(), fc.anything()),
      target: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.anything()),
      incarnation: fc.oneof(fc.nat(5), fc.anything()),
      version: fc.oneof(fc.nat(5), fc.anything()),
      rumours: fc.oneof(fc.array(rumour), fc.anything()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(message, fc.anything())), (messages) => {
      const swim = Swim.create({
        self: { node: nodeId('a'), name: 'a', addresses: [], incarnation: 0 },
        random: new SeededRandom(1),
      });
      swim.setMembers(
        ['b', 'c'].map((name) => ({ node: nodeId(name), name, addresses: [] })),
        0,
      );
      messages.forEach((odd, index) => {
        swim.receive(nodeId('b'), odd, index * 100);
        swim.tick(index * 100 + 50);
        for (const effect of swim.drain()) JSON.stringify(effect);
      });
      t.is(swim.members().length, 3);
      for (const { incarnation } of swim.members()) t.true(Number.isSafeInteger(incarnation));
    }),
    { numRuns: 300 },
  );
});

test('facts that are too large are refused', (t) => {
  const net = new SimulatedGossip(12, ['a', 'b']);
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, index]));
  t.throws(() => net.setFacts('a', many), { instanceOf: RangeError });
});

test('transcript: a killed node, from the loss of its connections to its death', (t) => {
  const net = new SimulatedGossip(1, ['a', 'b', 'c'], { ...CALM, delayMinMs: 2, delayMaxMs: 2 });
  net.run(5_000);
  const from = net.now;
  const lines: string[] = [];
  net.onMessage = (sender, to, message) => {
    const { kind, rumours } = message as SwimMessage;
    const told = rumours.map((rumour) =>
      rumour.kind === 'alive' ? `alive ${rumour.node}` : `${rumour.kind} ${rumour.node} by ${rumour.by}`,
    );
    if (told.length > 0)
      lines.push(`${Math.round(net.now - from)} ${sender} → ${to} ${kind}: ${told.join(', ')}`);
  };
  const log = net.log.length;
  net.crash('c');
  net.run(2_000);
  const seen = net.log.slice(log).map((line) => line.replace(/^\d+/, (time) => `${Number(time) - from}`));
  t.deepEqual(seen, [
    '5 a sees c suspect#0',
    '5 b sees c suspect#0',
    '1223 b sees c dead#0',
    '1225 a sees c dead#0',
  ]);
  t.deepEqual(lines.slice(0, 9), [
    '5 a → c ping: suspect c by a',
    '5 b → c ping: suspect c by b',
    '23 b → c ping: suspect c by b',
    '23 b → c gossip: suspect c by b',
    '23 b → a gossip: suspect c by b',
    '36 a → c ping: suspect c by a',
    '36 a → b gossip: suspect c by b, suspect c by a',
    '36 a → c gossip: suspect c by a',
    '123 b → c gossip: suspect c by b',
  ]);
});

test('who is heard is not probed; once silent, it is probed at once and found dead', (t) => {
  const b = nodeId('b');
  const swim = Swim.create({
    self: { node: nodeId('a'), name: 'a', addresses: [], incarnation: 1 },
    random: new SeededRandom([1, 2, 3]),
  });
  let now = 1000;
  const kinds: string[] = [];
  const pass = (millis: number, answers: boolean) => {
    for (const end = now + millis; now < end; now += 100) {
      if (answers) swim.heard(b, now);
      swim.tick(now);
      for (const effect of swim.drain()) {
        if (effect.kind !== 'send') continue;
        kinds.push(effect.message.kind);
        if (!answers || effect.message.kind !== 'ping') continue;
        const { sequence } = effect.message;
        const says = { incarnation: 1, version: 0 };
        const rumours = [{ kind: 'alive', node: b, ...says, addresses: [], facts: {} }] as const;
        swim.receive(b, { kind: 'ack', sequence, ...says, rumours }, now);
      }
    }
  };
  swim.setMembers([{ node: b, name: 'b', addresses: [] }], now);
  pass(5_000, true);
  t.is(swim.member(b)?.liveness, 'alive');
  kinds.length = 0;
  pass(4_000, true);
  t.deepEqual(kinds, []);
  // At intervals it is asked all the same, for what loss kept back.
  pass(SWIM_OPTIONS.syncIntervalMs, true);
  t.deepEqual([...new Set(kinds)], ['ping']);
  kinds.length = 0;
  pass(SWIM_OPTIONS.probeIntervalMs + 200, false);
  t.deepEqual(kinds, ['ping']);
  pass(10_000, false);
  t.is(swim.member(b)?.liveness, 'dead');
});

test('a probe of a node that was not connected accuses nobody once it is', (t) => {
  const [a, b] = [nodeId('a'), nodeId('b')];
  const self = { node: a, name: 'a', addresses: [], incarnation: 0 };
  const seen = (connectedAt: number | undefined) => {
    const swim = Swim.create({ self, random: new SeededRandom(1) });
    swim.setMembers([self, { node: b, name: 'b', addresses: [] }], 0);
    for (let now = 0; now <= SWIM_OPTIONS.probeIntervalMs; now += 50) {
      if (now === connectedAt) swim.connected(b, now);
      swim.tick(now);
    }
    return swim.member(b)?.liveness;
  };
  t.is(seen(undefined), 'suspect');
  t.is(seen(SWIM_OPTIONS.probeIntervalMs - 100), 'unknown');
});
