// `npm test`: everything that is quick enough to run before each commit.
import { runSteps } from './run-steps.ts';

runSteps([['verify', process.execPath, 'scripts/verify.ts']]);
