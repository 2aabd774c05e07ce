// `npm pack` runs this: an installed package cannot run TypeScript as it stands, so it ships a compiled copy.
import { rmSync } from 'node:fs';
import { runSteps } from './run-steps.ts';

rmSync('dist', { recursive: true, force: true });
runSteps([['compile', 'tsc', '-p', 'tsconfig.build.json']]);
