// The operators that mean the word for the type of their operands: see check/sugar.ts.
const NUMERIC = ['Int', 'Float'];
/** The types that each works on. */
export const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  '+': ['Int', 'Float', 'String'],
  '-': NUMERIC,
  '*': NUMERIC,
  '/': NUMERIC,
  '%': ['Int'],
  '=': ['Int', 'Float', 'String', 'Symbol'],
  '<': NUMERIC,
  '>': NUMERIC,
  '<=': NUMERIC,
  '>=': NUMERIC,
  '<>': NUMERIC,
};

export const OPERATORS: readonly string[] = Object.keys(OPERANDS);
export const isSugar = (name: string): boolean => Object.hasOwn(OPERANDS, name);
