// One row for each thing that the gateway does: where, how it is called, and what comes of it. The dispatch,
// the metrics' labels and the OpenAPI document are made of these rows.
import type { ErrorCode } from '../../base/errors.ts';
import type { Handler } from '../endpoints.ts';
import type { Schema } from './schema.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Parameter {
  readonly name: string;
  readonly schema: Schema;
  readonly about: string;
  readonly required?: true;
}

export interface Body {
  readonly schema: Schema;
  /** Absent: an empty body does, too. */
  readonly required?: true;
  readonly example?: unknown;
  /** The body may be text/plain, too: message notation. */
  readonly notation?: string;
}

/** One good answer. */
export interface Result {
  readonly about: string;
  /** Absent: there is no body. */
  readonly schema?: Schema;
  /** Absent: JSON. `either`: JSON or a text, as the query says. */
  readonly type?: 'text/plain' | 'text/event-stream' | 'either';
  /** The answer has the address of what was made in `Location`. */
  readonly location?: true;
}

export interface Row {
  readonly method: Method;
  /** With the name of what stands in braces: `/v1/queues/{queue}/take`. A `{path}` may hold slashes. */
  readonly address: string;
  /** The label of its metrics, and the name of the operation. */
  readonly route: string;
  readonly handler: Handler;
  /** Health probes carry no token. */
  readonly open?: true;
  readonly about: string;
  readonly query?: readonly Parameter[];
  readonly headers?: readonly Parameter[];
  readonly body?: Body;
  readonly results: Readonly<Record<number, Result>>;
  /** With which it may be refused, beside those of every request. */
  readonly codes: readonly ErrorCode[];
}
