// A client of wallets that pay each other in sagas: the sum is set aside, the payee is asked to take it, and
// it comes back if the payee declines. One payee does not exist, and one closes in the course of time.
//
// S1 no money is made or lost: what was saved is in the balances, once nothing is aside.
// S2 each payment that began ends once, as paid or as returned, and the payee has taken the sum if and only
//    if it was paid.
import { decodeData } from '../node/base/codec.ts';
import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, SeqMap, Variant } from '../node/base/value.ts';
import type { Answered, Inspected } from '../node/core/requests/results.ts';
import type { ClientResult } from '../node/core/types.ts';
import { between, pick } from './chance.ts';
import { PacedWorkload } from './paced-workload.ts';
import { SAGA_BUNDLE, SAGA_MODULE, SAGA_WORD } from './saga-program.ts';
import { demand } from './violation.ts';

const WALLETS = ['one', 'two', 'three'].map((name) => parsePath(`/saga/${name}`));
const CLOSES = WALLETS[2] as ActorPath;
const NOBODY = parsePath('/saga/nobody');
const SAVED = 1000;
/** Mean virtual microseconds between two operations. */
const THINK = 400_000;
const LOOK = 300_000;

interface Payment {
  readonly id: string;
  readonly payer: ActorPath;
  readonly payee: ActorPath;
  readonly sum: number;
  outcome: 'Paid' | 'Returned' | undefined;
}

export class SagaWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  readonly #payments: Payment[] = [];
  #nextId = 1;
  #isSettled = false;

  get unsettled(): string {
    const open = this.#payments.filter(({ outcome }) => outcome === undefined).map(({ id }) => id);
    return `the payments [${open}] have no end`;
  }

  override get isDone(): boolean {
    return super.isDone && this.#isSettled;
  }

  /** Deploys the program, creates the wallets and fills them; to be called on a cluster that is whole. */
  prepare(): void {
    const request = { op: 'deploy', hash: SAGA_MODULE, bundle: SAGA_BUNDLE, timeoutMs: 5000 } as const;
    let isDeployed = false;
    const deploy = (): void =>
      this.cluster.call(pick(this.random, this.cluster.members), request, (outcome) => {
        if (outcome !== 'lost' && outcome.ok) isDeployed = true;
        else this.cluster.scheduler.after(LOOK, deploy);
      });
    deploy();
    this.cluster.runFor(30_000_000, () => isDeployed);
    demand(isDeployed, 'progress', () => 'the program of sagas was not deployed');
    const code = { module: SAGA_MODULE, target: { word: SAGA_WORD }, captured: [] };
    const spawn = { op: 'spawn', code, mode: 'durable', newLife: false } as const;
    this.create(
      WALLETS.map((path) => ({ ...spawn, path, id: this.#id() })),
      'pay each other',
    );
    for (const path of WALLETS) this.#ask(path, new Variant<Data>('Save', [SAVED]), () => undefined);
    this.cluster.runFor(30_000_000, () => this.client.open === 0);
  }

  override stop(): void {
    super.stop();
    this.#settleAll();
  }

  check(): void {
    // All was checked on the states when the last payment had ended.
  }

  protected act(done: () => void): void {
    const dice = this.random.fraction();
    if (dice < 0.02) return this.#ask(CLOSES, new Variant<Data>('Close', []), done);
    const open = this.#payments.filter(({ outcome }) => outcome === undefined);
    if (dice < 0.4 && open.length > 0) return this.#settle(pick(this.random, open), done);
    const payer = pick(this.random, WALLETS);
    const others = [...WALLETS, NOBODY].filter((path) => path !== payer);
    this.#pay(payer, pick(this.random, others), between(this.random, 1, 300), done);
  }

  #pay(payer: ActorPath, payee: ActorPath, sum: number, done: () => void): void {
    const id = `saga-${this.#nextId++}`;
    this.#ask(payer, new Variant<Data>('Pay', [id, payee, sum]), (reply) => {
      // A payment that was settled meanwhile is told as it ended.
      if (reply !== undefined && reply.tag !== 'Rejected' && reply.tag !== 'Unknown')
        this.#payments.push({ id, payer, payee, sum, outcome: undefined });
      done();
    });
  }

  #settle(payment: Payment, done: () => void): void {
    this.#ask(payment.payer, new Variant<Data>('Settle', [payment.id]), (reply) => {
      demand(reply?.tag !== 'Unknown', 'saga', () => `${payment.id}, which began, is unknown`);
      if (reply?.tag === 'Paid' || reply?.tag === 'Returned') {
        const before = payment.outcome;
        const isSame = before === undefined || before === reply.tag;
        demand(isSame, 'saga', () => `${payment.id} is ${before}, and then ${reply.tag}`);
        payment.outcome = reply.tag;
      }
      done();
    });
  }

  /** Once nothing is under way, what is still aside is settled. */
  #settleAll(): void {
    if (!super.isDone) return void this.cluster.scheduler.after(LOOK, () => this.#settleAll());
    const next = this.#payments.find(({ outcome }) => outcome === undefined);
    if (next === undefined) return this.#look(0, []);
    this.#settle(next, () => void this.cluster.scheduler.after(LOOK, () => this.#settleAll()));
  }

  #look(at: number, states: readonly SeqMap[]): void {
    const path = WALLETS[at];
    if (path === undefined) return this.#judge(states);
    this.client.ask({ op: 'inspect', path }, (result, isFirst) => {
      demand(result.ok, 'saga', () => `inspect ${path}: ${JSON.stringify(result)}`);
      if (isFirst) this.#look(at + 1, [...states, decodeData((result.value as Inspected).state) as SeqMap]);
    });
  }

  /** S1, S2. */
  #judge(states: readonly SeqMap[]): void {
    const held = states.reduce((sum, state) => sum + Number(state.get('balance') ?? 0), 0);
    const saved = SAVED * WALLETS.length;
    demand(held === saved, 'saga', () => `${saved} were saved, and the balances hold ${held}`);
    const part = (at: number, name: string) => (states[at]?.get(name) as SeqMap | undefined) ?? SeqMap.empty;
    for (const at of WALLETS.keys())
      demand(part(at, 'aside').size === 0, 'saga', () => 'a sum is left aside');
    for (const { id, payer, payee, outcome } of this.#payments) {
      const taken = part(WALLETS.indexOf(payee), 'credits').has(`${payer}#${id}`);
      demand(taken === (outcome === 'Paid'), 'saga', () => `${id} is ${outcome}, and taken: ${taken}`);
      const end = part(WALLETS.indexOf(payer), 'ended').get(id);
      demand(end instanceof Variant && end.tag === outcome, 'saga', () => `${id} has not ended ${outcome}`);
    }
    this.#isSettled = true;
  }

  /** `then` gets no reply where the turn was given up because others waited for it in a circle. */
  #ask(path: ActorPath, message: Variant<Data>, then: (reply: Variant<Data> | undefined) => void): void {
    this.client.ask({ op: 'ask', path, message, id: this.#id() }, (result: ClientResult, isFirst) => {
      if (!isFirst) return;
      const isCycle = !result.ok && result.code === 'ask-cycle';
      demand(result.ok || isCycle, 'saga', () => `${path} ${message.tag}: ${JSON.stringify(result)}`);
      then(result.ok ? ((result.value as Answered).reply as Variant<Data>) : undefined);
    });
  }

  #id(): string {
    return `saga-request-${this.#nextId++}`;
  }
}
