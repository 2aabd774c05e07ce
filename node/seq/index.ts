// Seq: a statically typed concatenative language, from source text to runnable behaviours. Pure and
// synchronous.
export type {
  AskOutcome,
  Behaviour,
  BehaviourRef,
  CompileOptions,
  CompileResult,
  Diagnostic,
  Fault,
  MessageType,
  Position,
  Program,
  RunResult,
  ScriptHost,
  ScriptResult,
  ScriptRun,
  SourceBundle,
  SpawnPlace,
  TestReport,
  TraceEntry,
  TurnEnd,
  TurnHost,
  TurnRun,
  WordInfo,
} from './api.ts';
export { checkSource } from './check-source.ts';
export { compileProgram } from './compile-program.ts';
export { includedPath } from './include.ts';
export { checkMessage } from './message-type.ts';
export { type MigrateResult, migrateSource } from './migrate/migrate.ts';
export type { Datagram, HttpOutcome, HttpRequest, Network } from './network.ts';
export type { AnswerType, BehaviourInfo, ProgramInterface, UnionInfo } from './program-interface.ts';
export { formatDiagnostic } from './syntax/diagnostic.ts';
export type { PathKind, SignalAction, World } from './world.ts';
