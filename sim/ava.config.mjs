// `ava --config sim/ava.config.mjs`: whole simulated clusters, which use both cores by themselves.
export default {
  extensions: { ts: 'module' },
  files: ['sim/sim.test.ts'],
  timeout: '20m',
  workerThreads: false,
};
