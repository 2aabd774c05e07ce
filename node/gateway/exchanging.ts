// One message or ask of many that came together: in a batch, or on a stream. Never rejects: what cannot be
// read, or fails, is an outcome like any other, as JSON text of an object.
import type { SeqNodeError } from '../base/errors.ts';
import type { Exchanged, NodeApi } from '../host/api.ts';
import { errorBody } from './answer.ts';
import type { Item } from './message-request.ts';
import type { Outstanding } from './outstanding.ts';
import { acknowledgementJson, askResultJson } from './views.ts';

export interface ExchangeContext {
  readonly api: Pick<NodeApi, 'exchange'>;
  readonly outstanding: Outstanding;
  /** Turns anything thrown into an error of the table. */
  readonly toError: (thrown: unknown) => SeqNodeError;
}

/** Calls `done` once. What `read` throws is the outcome. */
export function exchangeOne(
  { api, outstanding, toError }: ExchangeContext,
  read: () => Item,
  done: (json: string) => void,
): void {
  try {
    const { exchange, positional } = read();
    outstanding.enter();
    api.exchange(exchange, (outcome) => {
      outstanding.leave();
      done(exchangedJson(outcome, positional, toError));
    });
  } catch (error) {
    done(JSON.stringify(errorBody(toError(error))));
  }
}

function exchangedJson(outcome: Exchanged, positional: boolean, toError: ExchangeContext['toError']): string {
  try {
    if (outcome instanceof Error) throw outcome;
    return 'response' in outcome ? askResultJson(outcome, positional) : acknowledgementJson(outcome);
  } catch (error) {
    return JSON.stringify(errorBody(toError(error)));
  }
}
