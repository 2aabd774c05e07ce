// An engine for words that the checker gives.
import type { Literal, Word } from '../check/ir.ts';
import type { Form } from '../compile/form.ts';
import { compileModule } from '../compile/module.ts';
import { Engine } from './engine.ts';

export const compiledEngine = (words: readonly Word[], literals: readonly Literal[], form: Form): Engine =>
  new Engine(compileModule(words, literals, form), form.name);
