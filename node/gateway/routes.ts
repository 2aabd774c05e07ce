// Which handler serves a method and an address: all that the gateway does is in one table.
import { SeqNodeError } from '../base/errors.ts';
import { jsonAnswer } from './answer.ts';
import * as dashboard from './dashboard.ts';
import { index } from './index-page.ts';
import { decodePercent, quote, readQuery } from './request.ts';
import { ACTOR_ROWS } from './table/actor-rows.ts';
import { CLUSTER_ROWS } from './table/cluster-rows.ts';
import { MOVE_ROWS } from './table/move-rows.ts';
import { openApiDocument } from './table/openapi.ts';
import { QUERY_ROWS } from './table/query-rows.ts';
import { QUEUE_ROWS } from './table/queue-rows.ts';
import type { Method, Row } from './table/row.ts';
import { json, plain } from './table/shared.ts';

export interface Target extends Pick<Row, 'route' | 'handler'> {
  /**
   * The decoded actor path, the id or name of a member, the name of a queue or of a file of the dashboard, or
   * the id of a dead letter; empty for addresses that name none.
   */
  readonly subject: string;
}

const OPENAPI: Row = {
  method: 'GET',
  address: '/v1/openapi.json',
  route: 'openapi',
  handler: async ({ version }, request) => {
    readQuery(request.query, []);
    return jsonAnswer(200, openApiText(version));
  },
  about: 'This document',
  results: { 200: json('An OpenAPI 3.1 document', { type: 'object' }) },
  codes: [],
};

const html: Row['results'] = { 200: plain('A page, or what belongs to it') };
/** For browsers: no part of the document. */
const PAGES: readonly Row[] = [
  {
    method: 'GET',
    address: '/',
    route: 'index',
    handler: index,
    open: true,
    about: 'What this is',
    results: html,
    codes: [],
  },
  {
    method: 'GET',
    address: '/ui',
    route: 'dashboard',
    handler: dashboard.toFolder,
    open: true,
    about: 'Where the dashboard is',
    results: html,
    codes: [],
  },
  {
    method: 'GET',
    address: '/ui/{file}',
    route: 'dashboard-file',
    handler: dashboard.file,
    open: true,
    about: 'The dashboard',
    results: html,
    codes: [],
  },
];

/** Of the API. */
export const ROWS: readonly Row[] = [
  ...ACTOR_ROWS,
  ...QUEUE_ROWS,
  ...QUERY_ROWS,
  ...MOVE_ROWS,
  ...CLUSTER_ROWS,
  OPENAPI,
];

/** All that is served. */
export const ROUTES: readonly Row[] = [...ROWS, ...PAGES];

/** As it is served, and as it stands in docs/. */
export const openApiText = (version: string): string =>
  `${JSON.stringify(openApiDocument(ROWS, version), null, 1)}\n`;

const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'] as const;
type Methods = Partial<Record<Method, Row>>;

/** By address, with `*` for what stands in braces. */
const BY_ADDRESS = new Map<string, Methods>();
for (const row of ROUTES) {
  const address = row.address.replace(/\{\w+\}/, '*');
  const methods = BY_ADDRESS.get(address) ?? {};
  methods[row.method] = row;
  BY_ADDRESS.set(address, methods);
}

const ACTORS = '/v1/actors/';
const ACTOR = BY_ADDRESS.get(`${ACTORS}*`)!;
/** Actors by their registered name or UUID: what follows is as for one by its path. */
const BY_NAME = /^\/v1\/(name|uuid)s\//;
/**
 * By the last segment, as it stands in the address: an actor of such a name is reached by encoding a letter
 * of it.
 */
const OF_ACTOR = new Map<string, Methods>();
for (const [address, methods] of BY_ADDRESS)
  if (address.startsWith(`${ACTORS}*/`)) OF_ACTOR.set(address.slice(`${ACTORS}*/`.length), methods);

/** The address of an actor, whatever its last segment is. No segment needs encoding otherwise. */
export function addressOf(path: string): string {
  const at = path.lastIndexOf('/') + 1;
  const last = path.slice(at);
  if (!OF_ACTOR.has(last)) return ACTORS + path.slice(1);
  return `${ACTORS}${path.slice(1, at)}%${last.charCodeAt(0).toString(16)}${last.slice(1)}`;
}

const DASHBOARD = '/ui/';
const DASHBOARD_FILE = BY_ADDRESS.get(`${DASHBOARD}*`)!;

/** Whether whoever asks for `address` must be known. */
export const needsToken = (address: string): boolean =>
  !address.startsWith(DASHBOARD) && BY_ADDRESS.get(address)?.GET?.open !== true;

const OF_SUBJECT = /^(\/v1\/[a-z-]+\/)([^/]+)(\/[a-z]+)?$/;

/**
 * `address` is the path of the request target, still encoded. HEAD is served as GET.
 * Throws `no-such-endpoint`, `method-not-allowed` with the methods it takes, or `bad-request`.
 */
export function findTarget(method: string, address: string): Target {
  // Most requests are of this kind.
  if (address.startsWith(ACTORS)) return findActor(method, address);
  if (BY_NAME.test(address)) return findActor(method, address.replace(BY_NAME, `${ACTORS}$1/`), address);
  if (address.startsWith(DASHBOARD))
    return targetOf(pick(DASHBOARD_FILE, method, address), address.slice(DASHBOARD.length));
  const fixed = address.includes('*') ? undefined : BY_ADDRESS.get(address);
  if (fixed !== undefined) return targetOf(pick(fixed, method, address), '');
  const [, collection, subject, rest = ''] = OF_SUBJECT.exec(address) ?? [];
  const methods = subject === undefined ? undefined : BY_ADDRESS.get(`${collection}*${rest}`);
  if (methods === undefined)
    throw new SeqNodeError('no-such-endpoint', `Nothing is served at ${quote(address)}.`);
  return targetOf(pick(methods, method, address), decodePercent(subject!));
}

const targetOf = ({ route, handler }: Row, subject: string): Target => ({ route, handler, subject });

/** `actor`: the address of the actor by its path; `address`: as the client wrote it. */
function findActor(method: string, actor: string, address = actor): Target {
  const slash = actor.lastIndexOf('/');
  const special = slash < ACTORS.length ? undefined : OF_ACTOR.get(actor.slice(slash + 1));
  const path = actor.slice(ACTORS.length - 1, special === undefined ? undefined : slash);
  return targetOf(pick(special ?? ACTOR, method, address), decodePath(path));
}

function pick(methods: Methods, method: string, address: string): Row {
  const asked = method === 'HEAD' ? 'GET' : method;
  if (Object.hasOwn(methods, asked)) return methods[asked as Method]!;
  const allow = METHODS.filter((name) => Object.hasOwn(methods, name === 'HEAD' ? 'GET' : name));
  throw new SeqNodeError('method-not-allowed', `${quote(address)} does not take ${method}.`, { allow });
}

/**
 * No segment of a path holds a slash, so an encoded one stands for what it is: clients that are generated
 * encode the whole path, its first slash included.
 */
function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  const decoded = decodePercent(path);
  return /^\/%2f/i.test(path) ? decoded.slice(1) : decoded;
}
