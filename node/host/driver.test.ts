import test from 'ava';
import { InvariantError } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, nodeId } from '../base/ids.ts';
import type { LogWrite } from '../base/log.ts';
import type { Core, Effect, Input, StepTime } from '../core/types.ts';
import { Driver } from './driver.ts';
import { type EffectPorts, STORE_BACKLOG_BYTES_MAX } from './effects.ts';
import { DISK_RETRY_MS } from './log-queue.ts';
import { silentLogger } from './logger.ts';

const PEER = nodeId('peer');
const writes: readonly LogWrite[] = [{ group: groupId(1) }];

/** A core that answers each input as the test says and keeps what it was given. */
class ScriptedCore implements Core {
  hasWork = false;
  readonly inputs: Input[] = [];
  readonly times: StepTime[] = [];
  readonly #answer: (input: Input, core: ScriptedCore) => Effect[];
  #stepping = false;

  constructor(answer: (input: Input, core: ScriptedCore) => Effect[]) {
    this.#answer = answer;
  }

  step(inputs: readonly Input[], time: StepTime): Effect[] {
    if (this.#stepping) throw new InvariantError('re-entered');
    this.#stepping = true;
    this.inputs.push(...inputs);
    this.times.push(time);
    const effects = inputs.flatMap((input) => this.#answer(input, this));
    this.#stepping = false;
    return effects;
  }

  kinds(): string[] {
    return this.inputs.map((input) => input.kind).filter((kind) => kind !== 'tick');
  }
}

interface Harness {
  readonly driver: Driver;
  readonly calls: string[];
  readonly failures: SeqNodeError[];
  readonly appends: { resolve: () => void; reject: (error: unknown) => void }[];
}

interface DriveTimes {
  readonly tickMillis?: number;
  readonly sliceMillis?: number;
}

type SomePorts = Partial<Omit<EffectPorts, 'store'>> & { readonly store?: Partial<EffectPorts['store']> };

function drive(core: Core, ports: SomePorts = {}, times: DriveTimes = {}): Harness {
  const calls: string[] = [];
  const failures: SeqNodeError[] = [];
  const appends: Harness['appends'] = [];
  const note =
    <T>(name: string, value: T) =>
    () => {
      calls.push(name);
      return value;
    };
  const log: EffectPorts['log'] = {
    append: () => {
      calls.push('append');
      return new Promise((resolve, reject) => appends.push({ resolve, reject }));
    },
    status: () => ({
      segment: 1,
      bytesUsed: 0,
      bytesCapacity: 0,
      rotation: 'idle',
      durable: 0,
      poison: null,
    }),
  };
  const store: EffectPorts['store'] = {
    backlogBytes: 0,
    write: note('write', Promise.resolve()),
    get: note('get', Promise.resolve([undefined])),
    getNow: () => undefined,
    scan: note('scan', Promise.resolve({ rest: [] })),
    scanView: note('scan-view', Promise.resolve({ rest: [] })),
    openView: note('open-view', 77),
    closeView: note('close-view', undefined),
    flush: note('flush', Promise.resolve()),
  };
  const transport: EffectPorts['transport'] = {
    send: note('send', true),
    setPeers: note('peers', undefined),
    setGuestsAllowed: note('guests', undefined),
  };
  // The very object that was given, so that a test can change it later.
  const filled: EffectPorts['store'] = Object.assign(ports.store ?? {}, { ...store, ...ports.store });
  const driver = new Driver({
    core,
    ports: { log, transport, logger: silentLogger, ...ports, store: filled },
    // Long, so that a busy machine ends no slice early.
    tickMillis: times.tickMillis ?? 10_000,
    sliceMillis: times.sliceMillis ?? 10_000,
    requestsMax: 2,
    onRoster: () => calls.push('on-roster'),
    onFailed: (error) => failures.push(error),
  });
  return { driver, calls, failures, appends };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('while the store is far behind, the core is not told what is durable', async (t) => {
  const done: (() => void)[] = [];
  const store = {
    backlogBytes: STORE_BACKLOG_BYTES_MAX + 1,
    write: () => new Promise<void>((resolve) => done.push(resolve)),
  };
  const core = new ScriptedCore((input) => {
    if (input.kind !== 'connected' && input.kind !== 'disconnected') return [];
    const id = input.kind === 'connected' ? 1 : 2;
    return [
      { kind: 'store', ops: [] },
      { kind: 'persist', id, writes, sync: true },
    ];
  });
  const { driver, appends } = drive(core, { store });
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  driver.feed({ kind: 'disconnected', peer: PEER });
  await turn();
  appends[0]!.resolve();
  appends[1]!.resolve();
  await turn();
  t.false(core.kinds().includes('persisted'));
  done[0]!();
  await turn();
  t.false(core.kinds().includes('persisted'), 'it is still behind');
  store.backlogBytes = STORE_BACKLOG_BYTES_MAX;
  done[1]!();
  await turn();
  const told = core.inputs.filter((input) => input.kind === 'persisted');
  t.deepEqual(told, [{ kind: 'persisted', id: 2, position: 0 }]);
  driver.stop();
});

test('effects reach their ports in order, and answers come back as inputs', async (t) => {
  const core = new ScriptedCore((input) =>
    input.kind === 'connected'
      ? [
          { kind: 'persist', id: 1, writes, sync: true },
          { kind: 'send', to: PEER, lane: 'data', frame: new Uint8Array(3) },
          { kind: 'store', ops: [] },
          { kind: 'get', id: 5, keys: [new Uint8Array(1)] },
          { kind: 'open-view', view: 3 },
          { kind: 'scan', id: 6, from: new Uint8Array(0), to: new Uint8Array(1), limit: 1, view: 3 },
          { kind: 'close-view', view: 3 },
          { kind: 'flush', id: 7 },
          { kind: 'peers', peers: [], roster: { index: 0, peers: [] }, removed: [], guestsAllowed: true },
        ]
      : [],
  );
  const { driver, calls, appends } = drive(core);
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  t.deepEqual(calls, [
    'send',
    'write',
    'get',
    'open-view',
    'scan-view',
    'close-view',
    'flush',
    'peers',
    'guests',
    'on-roster',
    'append',
  ]);
  t.deepEqual(
    core.kinds(),
    ['connected', 'got', 'scanned', 'flushed'],
    'nothing is persisted before the log says so',
  );
  appends[0]!.resolve();
  await turn();
  t.is(core.kinds().at(-1), 'persisted');
  t.is(driver.counts.frameBytesSent, 3);
  driver.stop();
});

test('a step is never entered from within a step', async (t) => {
  const core = new ScriptedCore((input) =>
    input.kind === 'frames' ? [{ kind: 'send', to: PEER, lane: 'control', frame: new Uint8Array(1) }] : [],
  );
  const holder: { driver?: Driver } = {};
  const { driver, failures } = drive(core, {
    transport: {
      // The transport may say `disconnected` from within `send`.
      send: () => {
        holder.driver?.feed({ kind: 'disconnected', peer: PEER });
        return false;
      },
      setPeers: () => {},
      setGuestsAllowed: () => {},
    },
  });
  holder.driver = driver;
  driver.feed({ kind: 'frames', from: PEER, lane: 'control', frames: [] });
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  t.deepEqual(core.kinds(), ['frames', 'connected', 'disconnected']);
  t.deepEqual(failures, []);
  t.is(driver.counts.framesDropped, 1);
  driver.stop();
});

test('the writes of one turn of the event loop share an append, which tells the last of them', async (t) => {
  const persistOf = (id: number) => ({ kind: 'persist', id, writes, sync: id === 2 }) as const;
  const core = new ScriptedCore((input) => {
    if (input.kind === 'connected') return [persistOf(1), persistOf(2)];
    return input.kind === 'disconnected' ? [persistOf(3)] : [];
  });
  const seen: [number, boolean][] = [];
  const { driver } = drive(core, {
    log: {
      append: (given, sync) => {
        seen.push([given.length, sync]);
        return Promise.resolve();
      },
      status: () => ({
        segment: 1,
        bytesUsed: 0,
        bytesCapacity: 0,
        rotation: 'idle',
        durable: 0,
        poison: null,
      }),
    },
  });
  driver.feed({ kind: 'connected', peer: PEER });
  driver.feed({ kind: 'disconnected', peer: PEER });
  await turn();
  t.deepEqual(seen, [[3, true]]);
  t.deepEqual(
    core.inputs.filter((input) => input.kind === 'persisted'),
    [{ kind: 'persisted', id: 3, position: 0 }],
  );
  driver.stop();
});

test('actors run in slices, and inputs come between them', async (t) => {
  let runs = 0;
  const core = new ScriptedCore((input, self) => {
    if (input.kind === 'connected') self.hasWork = true;
    if (input.kind === 'run') {
      runs++;
      const until = performance.now() + 5;
      while (performance.now() < until);
    }
    if (input.kind === 'disconnected') self.hasWork = false;
    return [];
  });
  const { driver } = drive(core, {}, { sliceMillis: 4 });
  driver.feed({ kind: 'connected', peer: PEER });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.true(runs > 0);
  driver.feed({ kind: 'disconnected', peer: PEER });
  await turn();
  const after = runs;
  await turn();
  t.is(runs, after, 'without work no actor runs');
  driver.stop();
});

test('missed ticks are given once', async (t) => {
  const core = new ScriptedCore(() => []);
  const { driver } = drive(core, {}, { tickMillis: 20 });
  driver.start();
  await turn();
  const before = core.inputs.length;
  const until = performance.now() + 300;
  while (performance.now() < until);
  await turn();
  await turn();
  t.true(core.inputs.length - before <= 2, `${core.inputs.length - before} ticks after a pause of 15`);
  t.true(driver.tickDelays.worstRecentMs > 200);
  driver.stop();
});

test('a failed write stops the core: nothing is carried out any more', async (t) => {
  const core = new ScriptedCore((input) =>
    input.kind === 'connected'
      ? [{ kind: 'persist', id: 1, writes, sync: true }]
      : [{ kind: 'store', ops: [] }],
  );
  const { driver, appends, failures, calls } = drive(core);
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  appends[0]!.reject(new SeqNodeError('disk-failed'));
  await turn();
  const before = calls.length;
  driver.feed({ kind: 'disconnected', peer: PEER });
  await turn();
  t.is(calls.length, before);
  t.deepEqual(
    failures.map((error) => error.code),
    ['disk-failed'],
  );
});

test('halt carries out nothing that follows it', async (t) => {
  const core = new ScriptedCore(() => [
    { kind: 'store', ops: [] },
    { kind: 'halt', code: 'internal', message: 'broken' },
    { kind: 'store', ops: [] },
  ]);
  const { driver, calls, failures } = drive(core);
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  t.deepEqual(calls, ['write']);
  t.is(core.inputs.length, 1);
  t.is(failures.length, 1);
});

test('a fault of the core stops the node as internal', async (t) => {
  const core = new ScriptedCore(() => {
    throw new InvariantError('two leaders in one term');
  });
  const { driver, failures } = drive(core);
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  t.is(failures[0]?.code, 'internal');
  t.regex(failures[0]?.message ?? '', /two leaders in one term/);
});

test('a full disk is told, and the refused writes are written again in order', async (t) => {
  let given = 0;
  const core = new ScriptedCore((input) =>
    input.kind === 'connected' ? [{ kind: 'persist', id: ++given, writes, sync: true }] : [],
  );
  const { driver, appends, failures } = drive(core);
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  t.is(appends.length, 2);
  for (const append of appends) append.reject(new SeqNodeError('disk-full'));
  await turn();
  t.deepEqual(core.inputs.at(-1), { kind: 'disk', space: 'full' });
  driver.feed({ kind: 'connected', peer: PEER });
  await turn();
  t.is(appends.length, 2, 'nothing overtakes what was refused');
  while (appends.length < 3) await new Promise((resolve) => setTimeout(resolve, DISK_RETRY_MS / 4));
  appends[2]!.resolve();
  await turn();
  t.is(appends.length, 4, 'the rest follows once there is space');
  for (const append of appends) append.resolve();
  await turn();
  t.deepEqual(core.inputs.slice(-3), [
    { kind: 'persisted', id: 1, position: 0 },
    { kind: 'disk', space: 'enough' },
    { kind: 'persisted', id: 3, position: 0 },
  ]);
  t.deepEqual(failures, []);
  driver.stop();
});

test('requests are answered by the core, bounded in number, and refused once the node stops', async (t) => {
  const core = new ScriptedCore((input) =>
    input.kind === 'request' && input.request.op === 'stop'
      ? [{ kind: 'respond', id: input.id, result: { ok: true, value: 42 } }]
      : [],
  );
  const { driver } = drive(core);
  const stop = { op: 'stop', path: '/a' as never, id: 'x', timeoutMs: 1 } as const;
  t.is(await driver.request(stop), 42);
  const inspect = { op: 'inspect', path: '/a' as never, timeoutMs: 1 } as const;
  const waiting = [driver.request(inspect), driver.request(inspect)];
  t.like(await t.throwsAsync(driver.request(inspect)), { code: 'overloaded' });
  driver.stop();
  for (const request of waiting) t.like(await t.throwsAsync(request), { code: 'stopping' });
  t.like(await t.throwsAsync(driver.request(stop)), { code: 'stopping' });
});

test('why a node ends is no answer to those who wait: they may ask another', async (t) => {
  const message = 'The node was removed from its cluster.';
  const ends = [
    (driver: Driver) => driver.fail(new SeqNodeError('not-admitted', message)),
    (driver: Driver) => driver.stop(),
  ];
  for (const end of ends) {
    const { driver } = drive(new ScriptedCore(() => []));
    const read = driver.request({ op: 'inspect', path: '/a' as never, timeoutMs: 1 });
    const tell = { op: 'tell', path: '/a' as never, message: 1, id: 'x', timeoutMs: 1 } as const;
    const told = driver.request(tell);
    await turn();
    end(driver);
    t.like(await t.throwsAsync(read), { code: 'stopping' });
    t.like(await t.throwsAsync(told), { code: 'outcome-unknown' });
    t.like(await t.throwsAsync(driver.request(tell)), { code: 'stopping' });
  }
});

test('drain resolves when the core has handed over, or after its time', async (t) => {
  const willing = drive(
    new ScriptedCore((input) => (input.kind === 'drain' ? [{ kind: 'drained' }] : [])),
  ).driver;
  t.true(await willing.drain(10_000));
  willing.stop();
  const stuck = drive(new ScriptedCore(() => [])).driver;
  t.false(await stuck.drain(1));
  stuck.stop();
});
