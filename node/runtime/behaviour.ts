// The one door between the runtime and the language: what the runtime needs of Seq, and how a deployed module becomes
// something to run. Everything else in this folder knows behaviours only through the names exported here.
import { SeqNodeError } from '../base/errors.ts';
import type { ModuleHash } from '../base/ids.ts';
import { shapeMessage } from '../base/json.ts';
import type { Data } from '../base/value.ts';
import {
  compileProgram,
  formatDiagnostic,
  type MessageCheck,
  type MessageType,
  messageCheck,
  type Program,
  type SourceBundle,
} from '../seq/index.ts';

export type {
  AskOutcome,
  Behaviour,
  BehaviourRef,
  MessageType,
  Program,
  SourceBundle,
  SpawnPlace,
  TurnHost,
  TurnRun,
} from '../seq/index.ts';

/** Compiles a module. Throws `bad-program` with the diagnostics in `details`. */
export function loadModule(hash: ModuleHash, bundle: SourceBundle): Program {
  const result = compileProgram(bundle, { moduleHash: hash });
  if (result.ok) return result.program;
  const first =
    result.diagnostics.find((diagnostic) => diagnostic.severity === 'error') ?? result.diagnostics[0];
  throw new SeqNodeError('bad-program', first ? formatDiagnostic(first) : 'The program was refused.', {
    diagnostics: result.diagnostics,
  });
}

/** The message forms of a type as a user writes them, such as `(Deposit Int)`. */
export function messageForms(type: MessageType | undefined): string[] {
  if (type === undefined) return [];
  return type.variants.map(({ tag, fields }) => `(${[tag, ...fields.map((field) => field.type)].join(' ')})`);
}

const checks = new WeakMap<MessageType, MessageCheck>();

function checkOf(type: MessageType): MessageCheck {
  let check = checks.get(type);
  if (check === undefined) {
    check = messageCheck(type);
    checks.set(type, check);
  }
  return check;
}

/** Why `message` is none of the type's forms, as a `bad-message` with what was expected; undefined when it is one. */
export function messageProblem(type: MessageType | undefined, message: Data): SeqNodeError | undefined {
  const problem = type === undefined ? undefined : checkOf(type)(message);
  return problem === undefined
    ? undefined
    : new SeqNodeError('bad-message', problem, { accepts: messageForms(type) });
}

/**
 * A client's message in the shape that the type declares (JSON may name fields, and cannot tell Float 3.0 from Int 3), or the
 * `bad-message` that says why it is none of the type's forms.
 */
export function shapedMessage(type: MessageType | undefined, message: Data): Data | SeqNodeError {
  if (type === undefined) return message;
  try {
    const shaped = shapeMessage(message, type);
    return messageProblem(type, shaped) ?? shaped;
  } catch (error) {
    if (error instanceof SeqNodeError) return error;
    throw error;
  }
}

/** What an actor runs, in a form for people: the word's name, or `[quotation N]`. */
export function targetName(target: { readonly word: string } | { readonly quotation: number }): string {
  return 'word' in target ? target.word : `[quotation ${target.quotation}]`;
}
