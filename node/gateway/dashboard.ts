// The addresses below /ui: the files of the dashboard. They hold no secret, so they ask for no token; what
// they show comes from the API, which does.
import { SeqNodeError } from '../base/errors.ts';
import { assets } from '../dashboard/assets.ts';
import { POLICY_HEADERS } from '../dashboard/policy.ts';
import type { Handler } from './endpoints.ts';
import { quote, readQuery } from './request.ts';

const INDEX = 'index.html';

/** The files name each other from the folder on. */
export const toFolder: Handler = async (_context, request) => {
  readQuery(request.query, []);
  return {
    status: 308,
    type: 'text/plain; charset=utf-8',
    body: 'See /ui/\n',
    headers: ['location', '/ui/'],
  };
};

/** A file is kept by browsers, and asked for again with its tag: a node of another version has others. */
export const file: Handler = async (_context, request, name) => {
  readQuery(request.query, []);
  const asset = assets().get(name === '' ? INDEX : name);
  if (asset === undefined)
    throw new SeqNodeError('no-such-endpoint', `The dashboard has no file ${quote(name)}.`);
  const headers = [...POLICY_HEADERS, 'cache-control', 'no-cache', 'etag', asset.etag];
  const known = (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(asset.etag) || known.includes('*'))
    return { status: 304, type: asset.type, body: '', headers };
  return { status: 200, type: asset.type, body: asset.text, headers };
};
