// Every command, in the order in which help lists them.
import type { Command } from './command.ts';
import { actors } from './commands/actors.ts';
import { ask } from './commands/ask.ts';
import { check } from './commands/check.ts';
import { completion } from './commands/completion.ts';
import { deploy } from './commands/deploy.ts';
import { inspect } from './commands/inspect.ts';
import { journalDump } from './commands/journal-dump.ts';
import { journalShow } from './commands/journal-show.ts';
import { journalVerify } from './commands/journal-verify.ts';
import { members } from './commands/members.ts';
import { run } from './commands/run.ts';
import { send } from './commands/send.ts';
import { spawn } from './commands/spawn.ts';
import { start } from './commands/start.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { test } from './commands/test.ts';
import { token } from './commands/token.ts';
import { version } from './commands/version.ts';

export const COMMANDS: readonly Command[] = [
  start,
  send,
  ask,
  spawn,
  stop,
  actors,
  inspect,
  status,
  members,
  token,
  deploy,
  journalShow,
  journalVerify,
  journalDump,
  run,
  check,
  test,
  version,
  completion(() => COMMANDS),
];
