// The cluster, its modules, and the health of the node that is asked.
import * as endpoints from '../endpoints.ts';
import { events } from '../events.ts';
import type { Row } from './row.ts';
import { answer, body, integer, list, ref, text } from './schema.ts';
import { json, plain, READ } from './shared.ts';

const MODULES: readonly Row[] = [
  {
    method: 'POST',
    address: '/v1/modules',
    route: 'deploy',
    handler: endpoints.deploy,
    about: 'Deploys a module; its hash is its name, so that a repeat changes nothing',
    body: {
      schema: body({
        entry: text({ minLength: 1, maxLength: 512 }),
        files: { type: 'object', additionalProperties: text(), maxProperties: endpoints.MODULE_FILES_MAX },
      }),
      required: true,
      example: { entry: 'a.seq', files: { 'a.seq': ': main ( -- ) ;' } },
    },
    results: { 201: { ...json('It is deployed', ref('Module')), location: true } },
    codes: [...READ, 'bad-program'],
  },
  {
    method: 'GET',
    address: '/v1/modules',
    route: 'modules',
    handler: endpoints.modules,
    about: 'The modules that are deployed',
    results: { 200: json('All of them', answer({ modules: list(ref('Module')) })) },
    codes: READ,
  },
  {
    method: 'GET',
    address: '/v1/modules/{hash}',
    route: 'module',
    handler: endpoints.moduleView,
    about: 'What the behaviours of a module take and answer',
    results: { 200: json('Its unions and behaviours', ref('Program')) },
    codes: [...READ, 'no-such-module'],
  },
];

const MEMBERS: readonly Row[] = [
  {
    method: 'GET',
    address: '/v1/cluster',
    route: 'cluster',
    handler: endpoints.cluster,
    about: 'Members as the asked node sees them, and all shards as their leaders say',
    results: { 200: json('The cluster', ref('Cluster')) },
    codes: READ,
  },
  {
    method: 'DELETE',
    address: '/v1/members/{member}',
    route: 'remove-member',
    handler: endpoints.removeMember,
    about: 'Lets a member leave; asked again, it tells how far that is',
    results: {
      200: json('It has left', ref('Departure')),
      202: json('It is leaving', ref('Departure')),
    },
    codes: [...READ, 'no-such-member', 'last-member', 'still-leaving'],
  },
  {
    method: 'POST',
    address: '/v1/members/{member}/keep',
    route: 'keep-member',
    handler: endpoints.keepMember,
    about: 'Lets a member that is leaving stay',
    results: { 200: json('It stays', ref('Departure')) },
    codes: [...READ, 'no-such-member'],
  },
  {
    method: 'POST',
    address: '/v1/tokens',
    route: 'token',
    handler: endpoints.createToken,
    about: 'Makes a single-use token with which a node joins',
    body: {
      schema: body({}, { validMs: integer(endpoints.TOKEN_VALID_MS_LEAST, endpoints.TOKEN_VALID_MS_MAX) }),
      example: { validMs: 60_000 },
    },
    results: {
      201: json('The token', answer({ token: text(), expiresAt: text({ format: 'date-time' }) })),
    },
    codes: READ,
  },
];

const NODE: readonly Row[] = [
  {
    method: 'GET',
    address: '/v1/stream',
    route: 'stream',
    handler: endpoints.stream,
    about: 'Opens a WebSocket that carries many messages and asks: see docs/OPERATIONS.md',
    results: { 101: { about: 'The connection is a WebSocket of the protocol seq-node.1' } },
    codes: [],
  },
  {
    method: 'GET',
    address: '/v1/events',
    route: 'events',
    handler: events,
    about: 'Follows what happens to actors, as server-sent events: see docs/OPERATIONS.md',
    query: [
      { name: 'prefix', schema: text(), about: 'What the paths of the actors begin with; without it, all' },
      { name: 'actor', schema: text(), about: 'The path of one actor, in the place of a prefix' },
      { name: 'from', schema: text(), about: 'The id of an event, behind which to go on, or now' },
    ],
    headers: [{ name: 'Last-Event-ID', schema: text(), about: 'As from, which it wins over' }],
    results: { 200: { about: 'Events without an end', schema: text(), type: 'text/event-stream' } },
    codes: ['bad-path', 'bad-cursor'],
  },
  {
    method: 'GET',
    address: '/livez',
    route: 'livez',
    handler: endpoints.live,
    open: true,
    about: 'Whether the process answers',
    query: [{ name: 'verbose', schema: text(), about: 'Says nothing more' }],
    results: { 200: plain('It does') },
    codes: [],
  },
  {
    method: 'GET',
    address: '/readyz',
    route: 'readyz',
    handler: endpoints.ready,
    open: true,
    about: 'Whether the node can serve',
    query: [
      {
        name: 'verbose',
        schema: text({ examples: ['json'] }),
        about: 'Lists the checks; json: for programs',
      },
    ],
    results: {
      200: { ...json('It can', ref('Readiness')), type: 'either' },
      503: { ...json('It cannot', { anyOf: [ref('Readiness'), ref('Refusal')] }), type: 'either' },
    },
    codes: [],
  },
  {
    method: 'GET',
    address: '/metrics',
    route: 'metrics',
    handler: endpoints.metrics,
    about: 'Metrics in the Prometheus text format',
    results: { 200: plain('The metrics') },
    codes: [],
  },
];

export const CLUSTER_ROWS: readonly Row[] = [...MODULES, ...MEMBERS, ...NODE];
