// `npm run scenarios`: the real processes that take longest, which continuous integration runs apart from
// `npm test`.
export const LONG = [
  'integration/client.test.ts',
  'integration/events.test.ts',
  'integration/export.test.ts',
  'integration/full-disk.test.ts',
  'integration/hot-pair.test.ts',
  'integration/query.test.ts',
  'integration/repair.test.ts',
  'integration/tutorial.test.ts',
  'integration/values.test.ts',
];

export default {
  extensions: { ts: 'module' },
  files: LONG,
  concurrency: 1,
  timeout: '5m',
  workerThreads: false,
};
