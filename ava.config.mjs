// `ava`: the unit tests. Each file is a process of its own, and a third of all their work was to compile what
// they import: that is kept for the next.
import { fileURLToPath } from 'node:url';

export default {
  extensions: { ts: 'module' },
  files: [
    'node/**/*.test.ts',
    'sim/**/*.test.ts',
    '!sim/sim.test.ts',
    'scripts/**/*.test.ts',
    'sdk/**/*.test.ts',
  ],
  environmentVariables: {
    NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
  },
  timeout: '5m',
  workerThreads: false,
};
