// A host whose calls can be repeated without effect: a run that gets too deep for the plain form starts again
// in the resumable form, and what it asked of its host before must not happen twice.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import type { Data, SeqMap } from '../../base/value.ts';
import type { AskOutcome, ScriptHost, SpawnPlace, TurnHost } from '../api.ts';
import type { World } from '../world.ts';

/** A run that has called its host more often, or got more bytes from it, is not started again. */
const CALLS_MAX = 1_000_000;
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Keeps what each call gave, in order. After `rewind` the same calls, which come in the same order, give it
 * again.
 */
class Recording {
  readonly #given: unknown[] = [];
  #at = 0;
  #bytes = 0;
  /** Too much was given to be kept. */
  #lost = false;
  /** The host was called and has not come back: if it never does, it may have done half of what it does. */
  #calling = false;

  /** Whether the next call was made before; then `again` says what it gave. */
  get known(): boolean {
    return this.#at < this.#given.length;
  }

  again<T>(): T {
    return this.#given[this.#at++] as T;
  }

  begin(): void {
    this.#calling = true;
  }

  keep<T>(given: T): T {
    this.#calling = false;
    if (this.#lost) return given;
    if (given instanceof Uint8Array) this.#bytes += given.length;
    this.#lost = ++this.#at > CALLS_MAX || this.#bytes > BYTES_MAX;
    if (this.#lost) this.#given.length = 0;
    else this.#given.push(given);
    return given;
  }

  /** False when not every call was kept. */
  rewind(): boolean {
    this.#at = 0;
    return !this.#lost && !this.#calling;
  }
}

/** A script's host, recorded. */
export class RecordedScript implements ScriptHost {
  readonly recording = new Recording();
  readonly world: World | undefined;
  readonly #host: ScriptHost;

  constructor(host: ScriptHost) {
    this.#host = host;
    this.world = host.world && this.#recorded(host.world);
  }

  #recorded(world: World): World {
    const methods = new Map<string | symbol, unknown>();
    return new Proxy(world, {
      get: (target, name) => {
        const known = methods.get(name);
        if (known !== undefined) return known;
        const method = target[name as keyof World].bind(target) as (...args: unknown[]) => unknown;
        const recorded = (...args: unknown[]) => this.call(() => method(...args));
        methods.set(name, recorded);
        return recorded;
      },
    });
  }

  rewind(): boolean {
    return this.recording.rewind();
  }

  protected call<T>(call: () => T): T {
    if (this.recording.known) return this.recording.again();
    this.recording.begin();
    return this.recording.keep(call());
  }

  write(text: string | Uint8Array): void {
    this.call(() => this.#host.write(text));
  }

  nowMillis(): number {
    return this.call(() => this.#host.nowMillis());
  }

  random(): number {
    return this.call(() => this.#host.random());
  }
}

/** A turn's host, recorded. */
export class RecordedTurn extends RecordedScript implements TurnHost {
  readonly #turn: TurnHost;

  constructor(turn: TurnHost) {
    super(turn);
    this.#turn = turn;
  }

  spawn(behaviour: BehaviourRef, place: SpawnPlace): string {
    return this.call(() => this.#turn.spawn(behaviour, place));
  }

  send(to: string, message: Data, bytes: number): void {
    this.call(() => this.#turn.send(to, message, bytes));
  }

  ask(to: string, message: Data, timeoutMs: number | undefined): AskOutcome {
    return this.call(() => this.#turn.ask(to, message, timeoutMs));
  }

  whereis(address: string): AskOutcome {
    return this.call(() => this.#turn.whereis(address));
  }

  reply(response: Data): void {
    this.call(() => this.#turn.reply(response));
  }

  self(): string {
    return this.call(() => this.#turn.self());
  }

  sender(): string {
    return this.call(() => this.#turn.sender());
  }

  stop(actor: string): void {
    this.call(() => this.#turn.stop(actor));
  }

  state(): SeqMap {
    return this.call(() => this.#turn.state());
  }

  append(event: Data): void {
    this.call(() => this.#turn.append(event));
  }

  stash(): void {
    this.call(() => this.#turn.stash());
  }

  unstashAll(): void {
    this.call(() => this.#turn.unstashAll());
  }

  become(behaviour: BehaviourRef): void {
    this.call(() => this.#turn.become(behaviour));
  }

  watch(actor: string): void {
    this.call(() => this.#turn.watch(actor));
  }

  subscribe(prefix: string): void {
    this.call(() => this.#turn.subscribe(prefix));
  }

  unsubscribe(prefix: string): void {
    this.call(() => this.#turn.unsubscribe(prefix));
  }

  unwatch(actor: string): void {
    this.call(() => this.#turn.unwatch(actor));
  }

  link(actor: string): void {
    this.call(() => this.#turn.link(actor));
  }

  unlink(actor: string): void {
    this.call(() => this.#turn.unlink(actor));
  }

  sendAfter(to: string, message: Data, delayMs: number): string {
    return this.call(() => this.#turn.sendAfter(to, message, delayMs));
  }

  sendEvery(to: string, message: Data, periodMs: number, missed: 'once' | 'skip' | 'all'): string {
    return this.call(() => this.#turn.sendEvery(to, message, periodMs, missed));
  }

  cancelTimer(timer: string): void {
    this.call(() => this.#turn.cancelTimer(timer));
  }
}
