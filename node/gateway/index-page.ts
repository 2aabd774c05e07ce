// `GET /`: what answers here, and where to go on.
import { jsonAnswer, withHeaders } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readQuery } from './request.ts';

const LINKS = {
  dashboard: '/ui/',
  openapi: '/v1/openapi.json',
  live: '/livez',
  ready: '/readyz?verbose',
  metrics: '/metrics',
} as const;
const ABOUT = 'A node of a seq-node cluster: actors whose state is the sum of journaled turns.';
const DOCS = 'docs/OPERATIONS.md of the package describes the API, docs/ERRORS.md what it refuses.';
const VARY = ['vary', 'accept'];

export const index: Handler = async ({ version }, request) => {
  readQuery(request.query, []);
  if (!request.headers.accept?.includes('text/html')) {
    const body = { name: 'seq-node', version, about: ABOUT, docs: DOCS, ...LINKS };
    return withHeaders(jsonAnswer(200, JSON.stringify(body)), VARY);
  }
  const links = Object.entries(LINKS).map(([name, address]) => `<li><a href="${address}">${name}</a></li>`);
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>seq-node</title>
<h1>seq-node ${version}</h1><p>${ABOUT}</p><p>${DOCS}</p><ul>${links.join('')}</ul></html>
`;
  const headers = ['content-security-policy', "default-src 'none'", ...VARY];
  return { status: 200, type: 'text/html; charset=utf-8', body, headers };
};
