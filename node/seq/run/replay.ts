// A host whose calls can be repeated without effect: a run that gets too deep for the plain form starts again in the
// resumable form, and what it asked of its host before must not happen twice.
import type { ScriptHost, TurnHost } from '../api.ts';

/** A run that has called its host more often is not started again. */
const CALLS_MAX = 1_000_000;

/** Keeps what each call gave, in order. After `rewind` the same calls, which come in the same order, give it again. */
export class Recording {
  readonly #given: unknown[] = [];
  #at = 0;

  call<T>(call: () => T): T {
    if (this.#at < this.#given.length) return this.#given[this.#at++] as T;
    const result = call();
    if (this.#at++ <= CALLS_MAX) this.#given.push(result);
    return result;
  }

  /** False when there was more than could be kept. */
  rewind(): boolean {
    const complete = this.#at <= CALLS_MAX;
    this.#at = 0;
    return complete;
  }
}

export function recordedScript(host: ScriptHost, recording: Recording): ScriptHost {
  return {
    write: (text) => recording.call(() => host.write(text)),
    nowMillis: () => recording.call(() => host.nowMillis()),
    random: () => recording.call(() => host.random()),
  };
}

export function recordedTurn(host: TurnHost, recording: Recording): TurnHost {
  return {
    ...recordedScript(host, recording),
    spawn: (behaviour, place) => recording.call(() => host.spawn(behaviour, place)),
    send: (to, message) => recording.call(() => host.send(to, message)),
    ask: (to, message, timeoutMs) => recording.call(() => host.ask(to, message, timeoutMs)),
    reply: (response) => recording.call(() => host.reply(response)),
    self: () => recording.call(() => host.self()),
    sender: () => recording.call(() => host.sender()),
    stop: (actor) => recording.call(() => host.stop(actor)),
    state: () => recording.call(() => host.state()),
    append: (event) => recording.call(() => host.append(event)),
    become: (behaviour) => recording.call(() => host.become(behaviour)),
    watch: (actor) => recording.call(() => host.watch(actor)),
    unwatch: (actor) => recording.call(() => host.unwatch(actor)),
    sendAfter: (to, message, delayMs) => recording.call(() => host.sendAfter(to, message, delayMs)),
    cancelTimer: (timer) => recording.call(() => host.cancelTimer(timer)),
  };
}
