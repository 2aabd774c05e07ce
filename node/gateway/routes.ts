// Which handler serves a method and an address.
import { SeqNodeError } from '../base/errors.ts';
import * as dashboard from './dashboard.ts';
import * as deadLetters from './dead-letters.ts';
import type { Handler } from './endpoints.ts';
import * as endpoints from './endpoints.ts';
import * as queues from './queues.ts';
import { decodePercent, quote } from './request.ts';
import * as timers from './timers.ts';
import { why } from './why.ts';

type Method = 'GET' | 'POST' | 'DELETE';

interface Endpoint {
  /** The label of its metrics. */
  readonly route: string;
  readonly handler: Handler;
  /** Health probes carry no token, nor does a browser that loads the dashboard. */
  readonly open: boolean;
}

export interface Target extends Endpoint {
  /**
   * The decoded actor path, the id or name of a member, the name of a queue or of a file of the dashboard, or
   * the id of a dead letter; empty for addresses that name none.
   */
  readonly subject: string;
}

type Methods = Readonly<Partial<Record<Method, Endpoint>>>;

const endpoint = (route: string, handler: Handler): Endpoint => ({ route, handler, open: false });
const open = (route: string, handler: Handler): Endpoint => ({ route, handler, open: true });

const FIXED = new Map<string, Methods>([
  ['/v1/actors', { GET: endpoint('actors', endpoints.actors) }],
  ['/v1/batch', { POST: endpoint('batch', endpoints.batch) }],
  ['/v1/cluster', { GET: endpoint('cluster', endpoints.cluster) }],
  ['/v1/queues', { GET: endpoint('queues', queues.list) }],
  ['/v1/dead-letters', { GET: endpoint('dead-letters', deadLetters.list) }],
  [
    '/v1/modules',
    { GET: endpoint('modules', endpoints.modules), POST: endpoint('deploy', endpoints.deploy) },
  ],
  ['/v1/stream', { GET: endpoint('stream', endpoints.stream) }],
  ['/v1/tokens', { POST: endpoint('token', endpoints.createToken) }],
  ['/livez', { GET: open('livez', endpoints.live) }],
  ['/readyz', { GET: open('readyz', endpoints.ready) }],
  ['/metrics', { GET: endpoint('metrics', endpoints.metrics) }],
  ['/ui', { GET: open('dashboard', dashboard.toFolder) }],
]);

const ACTORS = '/v1/actors/';
/** Actors by their registered name or UUID: what follows is as for one by its path. */
const BY_NAME = /^\/v1\/(name|uuid)s\//;
const ACTOR: Methods = {
  GET: endpoint('inspect', endpoints.inspect),
  POST: endpoint('spawn', endpoints.spawn),
  DELETE: endpoint('stop', endpoints.stop),
};
/**
 * By the last segment, as it stands in the address: an actor of such a name is reached by encoding a letter
 * of it.
 */
const OF_ACTOR = new Map<string, Methods>([
  ['ask', { POST: endpoint('ask', endpoints.ask) }],
  ['messages', { POST: endpoint('send', endpoints.send) }],
  ['suspend', { POST: endpoint('suspend', endpoints.suspend) }],
  ['upgrade', { POST: endpoint('upgrade', endpoints.upgrade) }],
  ['purge', { POST: endpoint('purge', endpoints.purge) }],
  ['resume', { POST: endpoint('resume', endpoints.resume) }],
  ['journal', { GET: endpoint('journal', endpoints.journal) }],
  ['timers', { GET: endpoint('timers', timers.list), DELETE: endpoint('cancel-timer', timers.cancel) }],
  ['why', { GET: endpoint('why', why) }],
]);

const MODULE_ADDRESS = /^\/v1\/modules\/([^/]+)$/;
const MODULE: Methods = { GET: endpoint('module', endpoints.moduleView) };

const MEMBER_ADDRESS = /^\/v1\/members\/([^/]+)(\/keep)?$/;
const MEMBER: Methods = { DELETE: endpoint('remove-member', endpoints.removeMember) };
const KEPT_MEMBER: Methods = { POST: endpoint('keep-member', endpoints.keepMember) };

const QUEUE_ADDRESS = /^\/v1\/queues\/([^/]+)(?:\/([a-z]+))?$/;
const QUEUE: Methods = { GET: endpoint('queue', queues.show) };
/** By the last segment. */
const OF_QUEUE = new Map<string, Methods>([
  ['take', { POST: endpoint('take-task', queues.take) }],
  ['complete', { POST: endpoint('complete-task', queues.complete) }],
  ['fail', { POST: endpoint('fail-task', queues.fail) }],
  ['renew', { POST: endpoint('renew-task', queues.renew) }],
  ['configure', { POST: endpoint('configure-queue', queues.configure) }],
  ['drop', { POST: endpoint('drop-task', queues.drop) }],
  ['tasks', { GET: endpoint('tasks', queues.tasks) }],
]);

const DEAD_LETTER_ADDRESS = /^\/v1\/dead-letters\/([^/]+)(\/replay)?$/;
const DEAD_LETTER: Methods = {
  GET: endpoint('dead-letter', deadLetters.show),
  DELETE: endpoint('drop-dead-letter', deadLetters.drop),
};
const REPLAYED_LETTER: Methods = { POST: endpoint('replay-dead-letter', deadLetters.replay) };

const DASHBOARD = '/ui/';
const DASHBOARD_FILE: Methods = { GET: open('dashboard-file', dashboard.file) };

/** Every route's label, for the metrics. */
export const ROUTES: readonly string[] = [
  ACTOR,
  MODULE,
  MEMBER,
  KEPT_MEMBER,
  DEAD_LETTER,
  REPLAYED_LETTER,
  QUEUE,
  DASHBOARD_FILE,
  ...OF_QUEUE.values(),
  ...FIXED.values(),
  ...OF_ACTOR.values(),
].flatMap((methods) => Object.values(methods).map(({ route }) => route));

/** Whether whoever asks for `address` must be known. */
export const needsToken = (address: string): boolean =>
  !address.startsWith(DASHBOARD) && FIXED.get(address)?.GET?.open !== true;

/**
 * `address` is the path of the request target, still encoded. HEAD is served as GET.
 * Throws `no-such-endpoint`, `method-not-allowed` with the methods it takes, or `bad-request`.
 */
export function findTarget(method: string, address: string): Target {
  // Most requests are of this kind.
  if (address.startsWith(ACTORS)) return findActor(method, address);
  if (address.startsWith(DASHBOARD))
    return { ...pick(DASHBOARD_FILE, method, address), subject: address.slice(DASHBOARD.length) };
  const [, member, keep] = MEMBER_ADDRESS.exec(address) ?? [];
  if (member !== undefined)
    return {
      ...pick(keep === undefined ? MEMBER : KEPT_MEMBER, method, address),
      subject: decodePercent(member),
    };
  const [, queue, about] = QUEUE_ADDRESS.exec(address) ?? [];
  const ofQueue = about === undefined ? QUEUE : OF_QUEUE.get(about);
  if (queue !== undefined && ofQueue !== undefined)
    return { ...pick(ofQueue, method, address), subject: decodePercent(queue) };
  const [, module] = MODULE_ADDRESS.exec(address) ?? [];
  if (module !== undefined) return { ...pick(MODULE, method, address), subject: decodePercent(module) };
  const [, letter, replay] = DEAD_LETTER_ADDRESS.exec(address) ?? [];
  if (letter !== undefined) {
    const methods = replay === undefined ? DEAD_LETTER : REPLAYED_LETTER;
    return { ...pick(methods, method, address), subject: decodePercent(letter) };
  }
  if (BY_NAME.test(address)) return findActor(method, address.replace(BY_NAME, `${ACTORS}$1/`), address);
  const methods = FIXED.get(address);
  if (methods === undefined)
    throw new SeqNodeError('no-such-endpoint', `Nothing is served at ${quote(address)}.`);
  return { ...pick(methods, method, address), subject: '' };
}

/** `actor`: the address of the actor by its path; `address`: as the client wrote it. */
function findActor(method: string, actor: string, address = actor): Target {
  const slash = actor.lastIndexOf('/');
  const special = slash < ACTORS.length ? undefined : OF_ACTOR.get(actor.slice(slash + 1));
  const path = actor.slice(ACTORS.length - 1, special === undefined ? undefined : slash);
  return { ...pick(special ?? ACTOR, method, address), subject: decodePath(path) };
}

function pick(methods: Methods, method: string, address: string): Endpoint {
  const found = methods[method === 'HEAD' ? 'GET' : (method as Method)];
  if (found !== undefined && Object.hasOwn(methods, method === 'HEAD' ? 'GET' : method)) return found;
  const allow = Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
  throw new SeqNodeError('method-not-allowed', `${quote(address)} does not take ${method}.`, { allow });
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  const segments = path.split('/').map(decodePercent);
  if (segments.some((segment) => segment.includes('/')))
    throw new SeqNodeError('bad-path', 'A segment of the actor path holds an encoded slash.');
  return segments.join('/');
}
