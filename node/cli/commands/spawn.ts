import { SeqNodeError } from '../../base/errors.ts';
import type { Program, WordInfo } from '../../seq/api.ts';
import type { Command, Context, Input } from '../command.ts';
import { ID_FLAG, onceWithId, type Taken, takenText } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine } from '../output.ts';

/** Of a hash, as journals show it; a node takes as many. */
const HASH_DIGITS = 12;

export const spawn: Command = {
  name: 'spawn',
  summary: 'Create an actor from a word of a deployed or local module.',
  arguments: [
    {
      name: 'PATH',
      doc: 'Where it is to live: a path such as /user/accounts/alice, a name or a UUID.',
      required: true,
    },
  ],
  flags: [
    {
      name: 'word',
      type: 'text',
      value: 'WORD',
      doc: 'The behaviour. May be left out when the module has only one.',
    },
    { name: 'file', type: 'text', value: 'FILE', doc: 'Deploy this Seq program first.' },
    {
      name: 'module',
      type: 'text',
      value: 'HASH',
      doc: 'A deployed module, of which 12 digits will do. Default: the one that has the word.',
    },
    {
      name: 'volatile',
      type: 'boolean',
      doc: 'Journal nothing: its state and messages are fast, and lost with its node.',
    },
    {
      name: 'new-life',
      type: 'boolean',
      doc: 'Where an actor is stopped or has failed: begin with an empty state, and give its own up.',
    },
    {
      name: 'journal-reads',
      type: 'boolean',
      doc: 'Journal also the messages that change nothing: each has a sequence number, and takes effect once by its id.',
    },
    ID_FLAG,
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    [
      'spawn /user/accounts/alice --word account --file examples/accounts.seq',
      'Deploys the program and makes an account.',
    ],
    ['spawn /user/accounts/bob --word account', 'Another one, of the module that has the word.'],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const address = actorAddress(path);
    const client = new NodeClient(context, input);
    const code = await chooseCode(context, input, client);
    const mode = input.boolean('volatile') ? 'volatile' : 'durable';
    const journalReads = input.boolean('journal-reads');
    if (journalReads && mode === 'volatile')
      throw new SeqNodeError('bad-usage', '--journal-reads and --volatile exclude each other.');
    const spawned = { ...code, mode, newLife: input.boolean('new-life'), journalReads };
    const answer = await onceWithId(input, (id) =>
      client.call({
        method: 'POST',
        address,
        body: { ...spawned, id, timeoutMs: client.messageTimeoutMs() },
      }),
    ).catch((error: unknown) => {
      throw ambiguous(error);
    });
    if (input.boolean('json')) printJson(context, { ...(answer as object), path, ...code });
    else printLine(context, `spawned ${path} ${takenText(answer as Taken)}`);
    return 0;
  },
};

/** A word that several modules have is told in the terms of this command. */
function ambiguous(error: unknown): unknown {
  const { field, modules } = error instanceof SeqNodeError ? error.details : {};
  if (!(error instanceof SeqNodeError) || field !== 'module' || !Array.isArray(modules)) return error;
  const hashes = modules.map((hash) => String(hash).slice(0, HASH_DIGITS)).join(', ');
  return new SeqNodeError(error.code, error.message, { next: `Choose one with --module: ${hashes}.` });
}

async function chooseCode(
  context: Context,
  input: Input,
  client: NodeClient,
): Promise<{ module?: string; word: string }> {
  const [file, module, word] = [input.text('file'), input.text('module'), input.text('word')];
  if (file !== undefined && module !== undefined)
    throw new SeqNodeError('bad-usage', '--file and --module exclude each other.');
  if (file === undefined) {
    if (word === undefined)
      throw new SeqNodeError(
        'bad-usage',
        'spawn needs --word, unless --file names a program with one behaviour.',
      );
    return module === undefined ? { word } : { module, word };
  }
  const [{ deployFile }, { readModule }, { compileProgram }] = await Promise.all([
    import('../deploying.ts'),
    import('../source-files.ts'),
    import('../../seq/index.ts'),
  ]);
  const bundle = readModule(file);
  // A module stays in the cluster for good, so one from which nothing can be spawned is not deployed. A
  // program that does not compile here is left to the node to refuse: it may know more of the language.
  const result = compileProgram(bundle);
  const chosen = result.ok ? chooseWord(result.program, file, word) : word;
  const { hash, behaviours } = await deployFile(context, client, file, bundle);
  return {
    module: hash,
    word:
      chosen ??
      onlyName(
        behaviours.map((each) => each.word),
        file,
      ),
  };
}

/** `wanted`, or the only behaviour of the program. */
function chooseWord(program: Program, file: string, wanted: string | undefined): string {
  const names = program.behaviours.map(({ name }) => name);
  if (wanted === undefined && names.length === 0) throw noBehaviour(program, file);
  if (wanted === undefined) return onlyName(names, file);
  if (program.behaviourOf(wanted) !== undefined) return wanted;
  const found = program.words.find(({ name }) => name === wanted);
  if (found !== undefined)
    throw new SeqNodeError('bad-program', `${placed(found)}, which is no behaviour: ${BEHAVIOUR}.`, { file });
  const others = names.length === 0 ? '' : `; it has ${names.join(', ')}`;
  throw new SeqNodeError('bad-program', `${file} has no behaviour named ${wanted}${others}.`, { file });
}

const BEHAVIOUR =
  'a behaviour takes the state, a Map, and a message, and leaves the new state, ( Map Message -- Map )';

const placed = ({ name, effect, file, line, column }: WordInfo): string =>
  `${file}:${line}:${column}: ${name} is ${effect}`;

/**
 * Names the word that looks most like one: it takes two values and leaves one, such as a state of another
 * type.
 */
function noBehaviour({ words }: Program, file: string): SeqNodeError {
  const near = words.find(({ effect }) => /^\( \S+ \S+ -- \S+ \)$/.test(effect));
  const sentence =
    near === undefined ? `${file} has no behaviour: ${BEHAVIOUR}` : `${placed(near)}, and ${BEHAVIOUR}`;
  return new SeqNodeError('bad-program', `${sentence}.`, { file });
}

function onlyName([only, ...others]: readonly string[], file: string): string {
  if (only === undefined)
    throw new SeqNodeError(
      'bad-program',
      `${file} has no behaviour: no word of effect ( State Msg -- State ).`,
      { file },
    );
  if (others.length === 0) return only;
  throw new SeqNodeError(
    'bad-usage',
    `${file} has several behaviours; choose one with --word: ${[only, ...others].join(', ')}.`,
  );
}
