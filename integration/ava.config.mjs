// `ava --config integration/ava.config.mjs`: real processes, one test file at a time. What takes longest is
// in long.config.mjs.
import { LONG } from './long.config.mjs';

export default {
  extensions: { ts: 'module' },
  files: ['integration/**/*.test.ts', ...LONG.map((file) => `!${file}`)],
  concurrency: 1,
  timeout: '5m',
  workerThreads: false,
};
