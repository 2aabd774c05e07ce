// What workers and operators say to a queue, as the message that its turn handles and its journal keeps:
//
//   (Take Worker Most LeaseMs)        (Renew Token LeaseMs)
//   (Complete Token Result)           (Fail Token Reason Retry)
//   (Configure Map)                   (Drop Number)   (Drop :all)
//   (Bury Number)                     (Alarm Due)
//
// LeaseMs 0 is the lease of the queue's options. These come apart from what actors and clients send to the
// queue, all of which are tasks.
import { SeqNodeError } from '../../base/errors.ts';
import { type Data, SeqMap, sym, Variant } from '../../base/value.ts';
import { asCount, asMap, asText } from '../lifecycle/supervisor-spec.ts';
import type { QueueMessage } from './queue.ts';
import { parseToken, type QueueOptions, tokenText } from './queue-state.ts';

export type QueueOrderMessage = Exclude<QueueMessage, { readonly kind: 'task' }>;

export function orderData(order: QueueOrderMessage): Data {
  switch (order.kind) {
    case 'take':
      return variant('Take', order.worker, order.most, order.leaseMs ?? 0);
    case 'renew':
      return variant('Renew', tokenText(order.token), order.leaseMs ?? 0);
    case 'complete':
      return variant('Complete', tokenText(order.token), order.result);
    case 'fail':
      return variant('Fail', tokenText(order.token), order.reason, order.retry);
    case 'configure':
      return variant('Configure', optionsData(order.options));
    case 'drop':
      return variant('Drop', order.number === 'all' ? sym('all') : order.number);
    case 'bury':
      return variant('Bury', order.number);
    case 'alarm':
      return variant('Alarm', order.due);
  }
}

const variant = (tag: string, ...fields: Data[]): Data => new Variant<Data>(tag, fields);

const OPTION_KEYS = {
  leaseMs: 'lease-ms',
  attemptsMax: 'attempts-max',
  backOffMs: 'back-off-ms',
  capacity: 'capacity',
} as const satisfies Record<keyof QueueOptions, string>;

function optionsData(options: Partial<QueueOptions>): Data {
  const entries = Object.entries(options) as [keyof QueueOptions, number][];
  return SeqMap.from<Data>(entries.map(([name, value]) => [OPTION_KEYS[name], value]));
}

/** Throws `bad-message` for what `orderData` did not make. */
export function readOrder(data: Data): QueueOrderMessage {
  if (!(data instanceof Variant)) throw noOrder();
  const { tag, fields } = data;
  const [first, second, third] = fields;
  const lease = (value: unknown) => (value === 0 ? undefined : asCount(value));
  switch (tag) {
    case 'Take':
      return {
        kind: 'take',
        worker: asText(first, 'worker'),
        most: asCount(second),
        leaseMs: lease(third),
      };
    case 'Renew':
      return { kind: 'renew', token: tokenOf(first), leaseMs: lease(second) };
    case 'Complete':
      return { kind: 'complete', token: tokenOf(first), result: second as Data };
    case 'Fail':
      return { kind: 'fail', token: tokenOf(first), reason: asText(second, 'reason'), retry: third === true };
    case 'Configure': {
      const map = asMap(first, 'The options');
      const given = Object.entries(OPTION_KEYS).filter(([, key]) => map.has(key));
      return {
        kind: 'configure',
        options: Object.fromEntries(given.map(([name, key]) => [name, asCount(map.get(key))])),
      };
    }
    case 'Drop':
      return { kind: 'drop', number: first === sym('all') ? 'all' : asCount(first) };
    case 'Bury':
      return { kind: 'bury', number: asCount(first) };
    case 'Alarm':
      return { kind: 'alarm', due: asCount(first) };
    default:
      throw noOrder();
  }
}

function tokenOf(data: unknown) {
  const token = parseToken(asText(data, 'token'));
  if (token === undefined) throw new SeqNodeError('bad-message', 'The text is no token of a lease.');
  return token;
}

const noOrder = () => new SeqNodeError('bad-message', 'This is no order to a queue.');
