// Every command, in the order in which help lists them. Each is loaded when its name is called: `run` must
// not wait for what a node needs.
import type { Command } from './command.ts';
import type { CommandSource } from './run-cli.ts';

const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).start,
  send: async () => (await import('./commands/send.ts')).send,
  ask: async () => (await import('./commands/ask.ts')).ask,
  spawn: async () => (await import('./commands/spawn.ts')).spawn,
  stop: async () => (await import('./commands/stop.ts')).stop,
  suspend: async () => (await import('./commands/suspend.ts')).suspend,
  resume: async () => (await import('./commands/resume.ts')).resume,
  upgrade: async () => (await import('./commands/upgrade.ts')).upgrade,
  purge: async () => (await import('./commands/purge.ts')).purge,
  apply: async () => (await import('./commands/apply.ts')).apply,
  actors: async () => (await import('./commands/actors.ts')).actors,
  inspect: async () => (await import('./commands/inspect.ts')).inspect,
  status: async () => (await import('./commands/status.ts')).status,
  members: async () => (await import('./commands/members.ts')).members,
  'members remove': async () => (await import('./commands/members-remove.ts')).membersRemove,
  'members keep': async () => (await import('./commands/members-keep.ts')).membersKeep,
  token: async () => (await import('./commands/token.ts')).token,
  deploy: async () => (await import('./commands/deploy.ts')).deploy,
  types: async () => (await import('./commands/types.ts')).types,
  why: async () => (await import('./commands/why.ts')).why,
  events: async () => (await import('./commands/events.ts')).events,
  'journal show': async () => (await import('./commands/journal-show.ts')).journalShow,
  'journal verify': async () => (await import('./commands/journal-verify.ts')).journalVerify,
  'journal dump': async () => (await import('./commands/journal-dump.ts')).journalDump,
  'journal export': async () => (await import('./commands/journal-export.ts')).journalExport,
  'journal import': async () => (await import('./commands/journal-import.ts')).journalImport,
  logs: async () => (await import('./commands/logs.ts')).logs,
  timers: async () => (await import('./commands/timers.ts')).timers,
  'timers cancel': async () => (await import('./commands/timers-cancel.ts')).timersCancel,
  'dead-letters': async () => (await import('./commands/dead-letters.ts')).deadLetters,
  'dead-letters show': async () => (await import('./commands/dead-letters-show.ts')).deadLettersShow,
  'dead-letters replay': async () => (await import('./commands/dead-letters-replay.ts')).deadLettersReplay,
  'dead-letters drop': async () => (await import('./commands/dead-letters-drop.ts')).deadLettersDrop,
  query: async () => (await import('./commands/query.ts')).query,
  'queue list': async () => (await import('./commands/queue-list.ts')).queueList,
  'queue show': async () => (await import('./commands/queue-show.ts')).queueShow,
  'queue tasks': async () => (await import('./commands/queue-tasks.ts')).queueTasks,
  'queue take': async () => (await import('./commands/queue-take.ts')).queueTake,
  'queue complete': async () => (await import('./commands/queue-complete.ts')).queueComplete,
  'queue fail': async () => (await import('./commands/queue-fail.ts')).queueFail,
  'queue renew': async () => (await import('./commands/queue-renew.ts')).queueRenew,
  'queue work': async () => (await import('./commands/queue-work.ts')).queueWork,
  'queue set': async () => (await import('./commands/queue-set.ts')).queueSet,
  'queue drop': async () => (await import('./commands/queue-drop.ts')).queueDrop,
  run: async () => (await import('./commands/run.ts')).run,
  check: async () => (await import('./commands/check.ts')).check,
  test: async () => (await import('./commands/test.ts')).test,
  fmt: async () => (await import('./commands/fmt.ts')).fmt,
  repl: async () => (await import('./commands/repl.ts')).repl,
  doc: async () => (await import('./commands/doc.ts')).doc,
  lsp: async () => (await import('./commands/lsp.ts')).lsp,
  version: async () => (await import('./commands/version.ts')).version,
  completion: async () => (await import('./commands/completion.ts')).completion,
};

export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

export function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(LOADERS).map((load) => load()));
}

/** What parsing these words needs: the command that they begin with, or all where they begin with none. */
export async function commandsFor(words: readonly string[]): Promise<readonly Command[]> {
  const [first = '', second = ''] = words;
  const name = [`${first} ${second}`, first].find((each) => Object.hasOwn(LOADERS, each));
  return name === undefined ? loadCommands() : [await LOADERS[name]!()];
}

export const COMMANDS: CommandSource = {
  commandsFor,
  complete: async (words, context) => (await import('./completing.ts')).complete(words, context),
};
