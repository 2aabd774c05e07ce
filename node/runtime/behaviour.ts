// The only interface between the runtime and the language: how a deployed module becomes runnable. Everything
// else in this folder knows behaviours only through the names exported here.

import { type BehaviourRef, targetName } from '../base/behaviour-ref.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { ModuleHash } from '../base/ids.ts';
import { shapeMessage } from '../base/json.ts';
import type { Data } from '../base/value.ts';
import {
  type Behaviour,
  compileProgram,
  formatDiagnostic,
  type MessageType,
  type Program,
  type SourceBundle,
} from '../seq/index.ts';

export type {
  AskOutcome,
  Behaviour,
  MessageType,
  Program,
  SourceBundle,
  SpawnPlace,
  TurnEnd,
  TurnHost,
  TurnRun,
} from '../seq/index.ts';

export type ModuleLoader = typeof loadModule;

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

/**
 * Why `message` is none of the forms that the behaviour takes, as a `bad-message` with what was expected;
 * undefined when it is one.
 */
export function messageProblem(behaviour: Behaviour, message: Data): SeqNodeError | undefined {
  const problem = behaviour.problemOf(message);
  return problem === undefined
    ? undefined
    : new SeqNodeError('bad-message', problem, { accepts: messageForms(behaviour.messageType) });
}

/**
 * A client's message in the shape that the behaviour declares (JSON may name fields, and cannot tell Float
 * 3.0 from Int 3), or the `bad-message` that says why it is none of its forms.
 */
export function shapedMessage(behaviour: Behaviour, message: Data): Data | SeqNodeError {
  if (behaviour.messageType === undefined) return message;
  try {
    const shaped = shapeMessage(message, behaviour.messageType);
    return messageProblem(behaviour, shaped) ?? shaped;
  } catch (error) {
    if (error instanceof SeqNodeError) return error;
    throw error;
  }
}

/** Of code without captured values. */
export function sameCode(one: BehaviourRef, other: BehaviourRef): boolean {
  return (
    one.module === other.module &&
    targetName(one.target) === targetName(other.target) &&
    one.captured.length + other.captured.length === 0
  );
}
