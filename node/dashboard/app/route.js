// The pages of the dashboard by their addresses, which are in the fragment: `#/actor/user/accounts/alice?view=journal`.

/**
 * @typedef {{ page: 'cluster' } | { page: 'actors', prefix: string } | { page: 'actor', path: string, view: string }
 *   | { page: 'letters' } | { page: 'queues' } | { page: 'queue', name: string } | { page: 'rates' } | { page: 'unknown' }} Route
 */

/**
 * @param {string} hash with its `#`, or empty
 * @returns {Route}
 */
export function readRoute(hash) {
  const [address = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const parameters = new URLSearchParams(query);
  if (address === '' || address === '/') return { page: 'cluster' };
  if (address === '/actors') return { page: 'actors', prefix: parameters.get('prefix') ?? '' };
  if (address === '/dead-letters') return { page: 'letters' };
  if (address === '/queues') return { page: 'queues' };
  if (address === '/rates') return { page: 'rates' };
  const path = decoded(/^\/actor(\/.+)$/.exec(address)?.[1]);
  if (path !== undefined) return { page: 'actor', path, view: parameters.get('view') ?? 'state' };
  const name = decoded(/^\/queue\/([^/]+)$/.exec(address)?.[1]);
  if (name !== undefined) return { page: 'queue', name };
  return { page: 'unknown' };
}

/** @param {string | undefined} text */
function decoded(text) {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
