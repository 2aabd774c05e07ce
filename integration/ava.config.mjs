// `ava --config integration/ava.config.mjs`: real processes, one test file at a time.
export default {
  extensions: { ts: 'module' },
  files: ['integration/**/*.test.ts'],
  concurrency: 1,
  timeout: '5m',
  workerThreads: false,
};
