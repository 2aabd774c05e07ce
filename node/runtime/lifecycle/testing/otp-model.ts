// OTP's supervisor as a model: its algorithm in a world where a start or a stop is done when the call
// returns. Written from lib/stdlib/src/supervisor.erl, and not from the state machine that is tested against
// it.
import type { Request } from '../supervisor-message.ts';
import type { ChildSpec, SupervisorSpec } from '../supervisor-spec.ts';

export type ModelEvent =
  | { readonly kind: 'terminated'; readonly child: string; readonly life: number; readonly reason: string }
  /** A failed restart is tried again, or a back-off is over. */
  | { readonly kind: 'retry' | 'due' | 'resumed'; readonly child: string; readonly life: number }
  | { readonly kind: 'request'; readonly from: string; readonly request: Request }
  | { readonly kind: 'stop' };

interface ModelChild {
  readonly spec: ChildSpec;
  /** Undefined: does not run. */
  pid: number | { readonly restarting: number } | undefined;
  /** Its newest life. */
  last: number;
}

export class OtpModel {
  readonly #spec: SupervisorSpec;
  readonly #fails: (child: string, life: number) => boolean;
  /** In start order. */
  children: ModelChild[] = [];
  readonly starts: string[] = [];
  readonly stops: string[] = [];
  readonly replies = new Map<string, string>();
  ending: string | undefined;
  restarted = 0;
  #restarts: number[] = [];
  #lives = 0;
  #added = 0;

  constructor(spec: SupervisorSpec, fails: (child: string, life: number) => boolean) {
    this.#spec = spec;
    this.#fails = fails;
    if (this.#isSimple) return;
    this.children = spec.children.map((child) => ({ spec: child, pid: undefined, last: 0 }));
    this.#added = this.children.length;
    if (this.#startChildren(this.children) !== undefined) this.#shutDown('failed');
  }

  get #isSimple(): boolean {
    return this.#spec.strategy === 'simple-one-for-one';
  }

  handle(event: ModelEvent, wall: number): void {
    if (event.kind === 'request') {
      const outcome = this.ending === undefined ? this.#request(event.request) : 'supervisor-ended';
      this.replies.set(event.from, outcome);
    } else if (this.ending !== undefined) return;
    else if (event.kind === 'stop') this.#shutDown('stopped');
    else {
      const child = this.children.find(({ spec }) => spec.id === event.child);
      if (child === undefined) return;
      if (event.kind === 'terminated') {
        if (child.pid === event.life) this.#exit(child, event.reason, wall);
      } else if (event.kind === 'resumed') {
        if (child.last !== event.life || typeof child.pid === 'number') return;
        if (child.pid === undefined) this.#start(child);
        else this.#restartByStrategy(child);
      } else if (typeof child.pid === 'object' && child.pid.restarting === event.life) {
        if (event.kind === 'retry') this.#restart(child, event.life, wall);
        else this.#restartByStrategy(child);
      }
    }
  }

  // ── Ends ──

  #exit(child: ModelChild, reason: string, wall: number): void {
    const { restart, significant } = child.spec;
    const life = child.pid as number;
    // As terminate_child does.
    if (reason === 'operator') return this.#delete(child);
    const isNormal = ['normal', 'shutdown'].includes(reason) || reason.startsWith('shutdown:');
    if (restart === 'permanent' || (restart === 'transient' && !isNormal))
      return this.#restart(child, life, wall);
    this.#delete(child);
    const { autoShutdown } = this.#spec;
    if (!significant || autoShutdown === 'never') return;
    const others = this.children.some((other) => other.spec.significant && other.pid !== undefined);
    if (autoShutdown === 'any-significant' || !others) this.#shutDown('stopped');
  }

  #restart(child: ModelChild, life: number, wall: number): void {
    const recent = this.#restarts.filter((at) => wall - at < this.#spec.periodMs);
    if (recent.length >= this.#spec.intensity) {
      this.#delete(child);
      return this.#shutDown('failed');
    }
    this.#restarts = [...recent, wall];
    this.restarted++;
    child.pid = { restarting: life };
    if (this.#spec.backOff.maxMs === 0) this.#restartByStrategy(child);
    else for (const each of this.#concerned(child).reverse()) if (each !== child) this.#terminate(each);
  }

  #concerned(child: ModelChild): ModelChild[] {
    const { strategy } = this.#spec;
    if (strategy === 'one-for-all') return [...this.children];
    return strategy === 'rest-for-one' ? this.children.slice(this.children.indexOf(child)) : [child];
  }

  #restartByStrategy(child: ModelChild): void {
    const concerned = this.#concerned(child);
    for (const each of concerned.toReversed()) if (each !== child) this.#terminate(each);
    child.pid = undefined;
    const failed = this.#startChildren(this.children.filter((each) => concerned.includes(each)));
    if (failed !== undefined) failed.pid = { restarting: this.#lives };
  }

  // ── Starts and stops ──

  #start(child: ModelChild): boolean {
    const life = ++this.#lives;
    this.starts.push(`${child.spec.id} ${life}`);
    child.last = life;
    child.pid = this.#fails(child.spec.id, life) ? undefined : life;
    return child.pid !== undefined;
  }

  /** Up to the first that does not start, which is returned. */
  #startChildren(children: readonly ModelChild[]): ModelChild | undefined {
    return children.find((child) => !this.#start(child));
  }

  #terminate(child: ModelChild): void {
    if (typeof child.pid === 'number') this.stops.push(`${child.spec.id} ${child.pid}`);
    this.#delete(child);
  }

  /** What is kept of a child that has ended is its specification, unless it is temporary or dynamic. */
  #delete(child: ModelChild): void {
    child.pid = undefined;
    if (child.spec.restart === 'temporary' || (this.#isSimple && this.ending === undefined))
      this.children = this.children.filter((each) => each !== child);
  }

  #shutDown(ending: string): void {
    this.ending = ending;
    for (const child of [...this.children].reverse()) this.#terminate(child);
  }

  // ── Requests ──

  #request(request: Request): string {
    if (request.op === 'add') return this.#isSimple ? 'simple-one-for-one' : this.#add(request.spec);
    if (request.op === 'add-instance') {
      if (!this.#isSimple) return 'bad-child';
      return this.#add({ ...this.#spec.children[0]!, id: request.id ?? String(this.#added + 1) });
    }
    if (!('child' in request)) return 'ok';
    const { op, child: id } = request;
    const isOfTemplate = id === this.#spec.children[0]?.id;
    if (this.#isSimple && (op === 'restart' || op === 'delete' || isOfTemplate)) return 'simple-one-for-one';
    const child = this.children.find(({ spec }) => spec.id === id);
    if (child === undefined) return 'not-found';
    if (op === 'terminate' || op === 'remove') {
      this.#terminate(child);
      if (op === 'remove') this.children = this.children.filter((each) => each !== child);
      return 'ok';
    }
    if (typeof child.pid === 'number') return 'running';
    if (child.pid !== undefined) return 'restarting';
    if (op === 'restart') return this.#start(child) ? 'ok' : 'start-failed';
    this.children = this.children.filter((each) => each !== child);
    return 'ok';
  }

  #add(spec: ChildSpec): string {
    const known = this.children.find((child) => child.spec.id === spec.id);
    if (known !== undefined) return typeof known.pid === 'number' ? 'already-started' : 'already-present';
    const child: ModelChild = { spec, pid: undefined, last: 0 };
    this.#added++;
    if (!this.#start(child)) return 'start-failed';
    this.children.push(child);
    return 'ok';
  }
}
