// Exports and imports: see docs/OPERATIONS.md and docs/FORMATS.md.
import * as moves from '../moves.ts';
import type { Row } from './row.ts';
import { about, answer, body, flag, integer, list, text } from './schema.ts';
import { json, READ } from './shared.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const shard = integer(1, 65_535);
const number = integer(1, MOST);
const counter = integer(0, MOST);
const progress = { shard, taken: counter, done: flag };

const EXPORTS: readonly Row[] = [
  {
    method: 'POST',
    address: '/v1/exports',
    route: 'begin-export',
    handler: moves.beginExport,
    about: 'Opens views of all shards, as of one moment; one that nobody reads for 60 s is closed',
    results: {
      201: json(
        'They are open',
        answer({
          export: text(),
          cluster: text(),
          version: text(),
          shards: list(answer({ shard, index: counter })),
          modules: list(text()),
        }),
      ),
    },
    codes: [...READ, 'export-lost', 'importing'],
  },
  {
    method: 'GET',
    address: '/v1/exports/{export}/rows',
    route: 'export-rows',
    handler: moves.exportRows,
    about: 'Rows of a shard as they are stored',
    query: [
      { name: 'shard', schema: shard, about: 'The shard', required: true },
      { name: 'from', schema: text(), about: 'The first key, in hexadecimal', required: true },
      { name: 'to', schema: text(), about: 'The key behind the last, in hexadecimal', required: true },
    ],
    results: {
      200: json(
        'Rows in base64, and the key where the range goes on',
        answer({ rows: text(), next: { type: ['string', 'null'] } }),
      ),
    },
    codes: [...READ, 'export-lost', 'importing'],
  },
  {
    method: 'DELETE',
    address: '/v1/exports/{export}',
    route: 'end-export',
    handler: moves.endExport,
    about: 'Closes the views of an export',
    results: { 200: json('They are closed', answer({ export: text(), ended: flag })) },
    codes: READ,
  },
  {
    method: 'GET',
    address: '/v1/modules/{hash}/source',
    route: 'module-source',
    handler: moves.moduleText,
    about: 'What was deployed as a module',
    results: {
      200: json(
        'Its files',
        answer({ entry: text(), files: { type: 'object', additionalProperties: text() } }),
      ),
    },
    codes: [...READ, 'no-such-module'],
  },
];

const IMPORTS: readonly Row[] = [
  {
    method: 'POST',
    address: '/v1/imports/{import}',
    route: 'begin-import',
    handler: moves.beginImport,
    about: 'Closes the shards, which are empty, to all but this import; repeated, it tells how far that is',
    results: { 201: json('They are closed', answer({ import: text(), shards: list(answer(progress)) })) },
    codes: [...READ, 'not-empty', 'importing'],
  },
  {
    method: 'POST',
    address: '/v1/imports/{import}/rows',
    route: 'import-rows',
    handler: moves.importRows,
    about: 'Brings rows into a shard; each number once',
    body: {
      schema: body({ shard, number, rows: about('In base64', text()) }),
      required: true,
      example: { shard: 1, number: 1, rows: 'xAABxAAB' },
    },
    results: { 200: json('How far the shard is', answer(progress)) },
    codes: [...READ, 'importing'],
  },
  {
    method: 'POST',
    address: '/v1/imports/{import}/end',
    route: 'end-import',
    handler: moves.endImport,
    about: 'Opens the shards with what was imported',
    body: {
      schema: body({ wall: counter, sent: counter, letters: counter }),
      required: true,
      example: { wall: 0, sent: 0, letters: 1 },
    },
    results: { 200: json('They are open', answer({ import: text(), ended: flag })) },
    codes: [...READ, 'importing'],
  },
  {
    method: 'DELETE',
    address: '/v1/imports/{import}',
    route: 'abandon-import',
    handler: moves.abandonImport,
    about: 'Opens the shards without what was imported',
    results: { 200: json('They are open, and empty', answer({ import: text(), abandoned: flag })) },
    codes: [...READ, 'importing'],
  },
];

export const MOVE_ROWS: readonly Row[] = [...EXPORTS, ...IMPORTS];
