// The state machine, driven through a world where everything takes its time, does what OTP's algorithm does
// where nothing does.
import test from 'ava';
import fc from 'fast-check';
import type { Deferrable, Request, SupervisorMessage } from './supervisor-message.ts';
import { type ChildSpec, type SupervisorSpec, supervisorSpec } from './supervisor-spec.ts';
import { type ModelEvent, OtpModel } from './testing/otp-model.ts';
import { child, SupervisedWorld } from './testing/supervised-world.ts';

const REASONS = ['fault', 'fault', 'normal', 'shutdown', 'shutdown: idle', 'operator'];

/**
 * Notes in which order the supervisor took what it was given: it may take later what must wait, and that
 * order is the model's.
 */
class NotedWorld extends SupervisedWorld {
  readonly taken: (readonly [ModelEvent, wall: number])[] = [];
  readonly crashed = new Set<string>();
  readonly heard: SupervisorMessage[] = [];

  override give(message: SupervisorMessage): readonly Deferrable[] {
    const handled = super.give(message);
    for (const each of handled) this.taken.push([each, this.wall]);
    return handled;
  }

  override crash(id: string, reason: string): void {
    super.crash(id, reason);
    this.crashed.add(`${id} ${this.line(id).life}`);
  }

  /** Takes one of the steps that are possible now; the number says which. */
  step(choice: number): void {
    const lines = [...this.lines].flatMap(([id, { orders, answers, alive }]) => [
      ...(orders.length > 0 ? [() => this.carryOutNext(id), () => this.carryOutNext(id)] : []),
      ...(answers.length > 0 ? [() => this.#hear(id), () => this.#hear(id)] : []),
      ...(alive ? [() => this.crash(id, REASONS[choice % REASONS.length]!)] : []),
      ...(!alive && choice % 5 === 0 ? [() => this.resume(id)] : []),
    ]);
    const due = [...this.timers].filter(([, { dueMs }]) => dueMs <= this.wall);
    const steps: (() => void)[] = [
      ...lines,
      ...due.map(
        ([name]) =>
          () =>
            this.#fire(name),
      ),
      () => this.#ask(Math.floor(choice / 64)),
      () => {
        this.wall += (choice % 7) * 400;
      },
      () => {
        this.failover();
      },
      // Again, as after a failover of its sender.
      () => this.heard.length > 0 && this.give(this.heard[choice % this.heard.length]!),
    ];
    if (choice % 97 === 96) steps.push(() => this.give({ kind: 'stop' }));
    steps[Math.floor(choice / 7) % steps.length]!();
  }

  #hear(id: string): void {
    const message = this.line(id).answers.shift()!;
    this.give(message);
    this.heard.push(message);
  }

  #fire(name: string): void {
    const { timer } = this.timers.get(name)!;
    this.timers.delete(name);
    this.give({ kind: 'due', ...timer });
  }

  #ask(choice: number): void {
    const id = ['a', 'b', 'c', 'd', 'e'][choice % 5]!;
    const op = (['terminate', 'restart', 'delete', 'remove', 'add', 'add-instance'] as const)[
      Math.floor(choice / 5) % 6
    ]!;
    const request: Request =
      op === 'add'
        ? { op, spec: child(id, { restart: choice % 2 === 0 ? 'temporary' : 'permanent', shutdown: 500 }) }
        : op === 'add-instance'
          ? { op, id, args: [] }
          : { op, child: id };
    this.give({ kind: 'request', from: `ask ${this.asks++}`, request });
  }

  asks = 0;

  /** Until nothing is on its way and no timer is left. */
  rest(): void {
    for (let round = 0; round < 10_000; round++) {
      this.settle();
      const [first] = [...this.timers].sort(([, a], [, b]) => a.dueMs - b.dueMs);
      if (first === undefined) return;
      this.wall = Math.max(this.wall, first[1].dueMs);
      this.#fire(first[0]);
    }
    throw new Error('the supervisor does not come to rest');
  }
}

const arbitraryChild = (id: string, dynamic: boolean): fc.Arbitrary<ChildSpec> =>
  fc
    .record({
      restart: fc.constantFrom('permanent', 'permanent', 'transient', 'temporary'),
      significant: fc.boolean(),
      shutdown: fc.constantFrom(300, 2000, 'brutal-kill'),
    })
    .map(({ restart, significant, shutdown }) =>
      child(dynamic ? 'template' : id, {
        restart,
        significant: significant && restart !== 'permanent',
        shutdown,
      } as ChildSpec),
    );

const arbitrarySpec: fc.Arbitrary<SupervisorSpec> = fc
  .constantFrom('one-for-one', 'one-for-all', 'rest-for-one', 'simple-one-for-one')
  .chain((strategy) => {
    const dynamic = strategy === 'simple-one-for-one';
    const ids = dynamic ? ['a'] : ['a', 'b', 'c'];
    return fc
      .record({
        intensity: fc.nat(6),
        periodMs: fc.constantFrom(1000, 5000),
        autoShutdown: fc.constantFrom('never', 'any-significant', 'all-significant'),
        backOff: fc.constantFrom({ minMs: 0, maxMs: 0 }, { minMs: 0, maxMs: 0 }, { minMs: 100, maxMs: 800 }),
        children: fc.tuple(...ids.map((id) => arbitraryChild(id, dynamic))),
      })
      .map((given) => {
        const children = given.children.map((each) => ({
          ...each,
          significant: each.significant && given.autoShutdown !== 'never',
        }));
        return supervisorSpec({ ...given, strategy, children } as SupervisorSpec);
      });
  });

test('restarts, the order of starts and stops, answers and ends are those of OTP', (t) => {
  const ends = new Map<string, number>();
  let restarts = 0;
  fc.assert(
    fc.property(
      arbitrarySpec,
      fc.array(fc.nat(100_000), { minLength: 20, maxLength: 150, size: 'max' }),
      fc.constantFrom(3, 5, 1000),
      fc.constantFrom(4, 1000),
      (spec, choices, failing, stubborn) => {
        // Not for ever: starts that fail again and again, each some time after the other, never exceed the
        // intensity.
        const fails = (_: string, life: number) => life > 3 && life < 90 && (life * 7919) % failing === 1;
        const world = new NotedWorld();
        world.fails = (id, life) => (fails(id, life) ? 'not now' : undefined);
        world.isStubborn = (_, life) => (life * 31) % stubborn === 1;
        world.give({ kind: 'begin', spec });
        for (const choice of choices) world.step(choice);
        world.rest();

        const model = new OtpModel(spec, fails);
        for (const [event, wall] of world.taken) model.handle(event, wall);
        const starts: string[] = [];
        const stops = new Set<string>();
        for (const order of world.orders) {
          if (order.kind === 'start') starts.push(`${order.child} ${order.life}`);
          if (order.kind === 'stop') stops.add(`${order.child} ${order.life}`);
        }
        // Whether a stop was ordered of a child that had ended by then depends on when that was heard.
        const byThemselves = (stop: string) => !world.crashed.has(stop);
        const isSimple = spec.strategy === 'simple-one-for-one';
        const inOrder = (given: Iterable<string>) =>
          isSimple ? [...given].filter(byThemselves).sort() : [...given].filter(byThemselves);
        t.deepEqual(starts, model.starts);
        t.deepEqual(inOrder(stops), inOrder(model.stops));
        t.is(world.restarted, model.restarted);
        const [end, ...more] = world.orders.filter(({ kind }) => kind === 'end');
        t.deepEqual(more, []);
        t.is((end as { lifecycle: string } | undefined)?.lifecycle, model.ending);
        const replies = [...world.replies].map(([from, reply]) => [
          from,
          'ok' in reply ? 'ok' : reply.refused,
        ]);
        t.deepEqual(replies.sort(), [...model.replies].sort());
        t.is(replies.length, world.asks);
        if (model.ending === undefined || !isSimple) {
          const children = model.children.map(({ spec: { id }, pid }) =>
            pid === undefined
              ? `${id} stopped`
              : `${id} ${typeof pid === 'number' ? 'running' : 'restarting'}`,
          );
          t.deepEqual(world.children(), children);
        }
        for (const [id, { alive, held }] of world.lines) {
          t.is(alive, world.children().includes(`${id} running`), `${id} is as the supervisor has it`);
          t.false(held, `${id} still waits for an order`);
        }
        restarts += model.restarted;
        ends.set(model.ending ?? 'runs', (ends.get(model.ending ?? 'runs') ?? 0) + 1);
      },
    ),
    { numRuns: 400, endOnFailure: true },
  );
  t.true(restarts > 200, `${restarts} restarts`);
  for (const end of ['runs', 'failed', 'stopped'])
    t.true((ends.get(end) ?? 0) > 20, `${end}: ${ends.get(end)}`);
});
