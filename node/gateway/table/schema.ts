// JSON Schema (2020-12, as in OpenAPI 3.1) of what clients send and get.
export type Schema = { readonly [key: string]: unknown };

type Fields = Readonly<Record<string, Schema>>;

export const about = (description: string, schema: Schema): Schema => ({ ...schema, description });
export const text = (limits: Schema = {}): Schema => ({ type: 'string', ...limits });
export const flag: Schema = { type: 'boolean' };
export const integer = (minimum = 0, maximum = Number.MAX_SAFE_INTEGER): Schema => ({
  type: 'integer',
  minimum,
  maximum,
});
export const list = (items: Schema, limits: Schema = {}): Schema => ({ type: 'array', items, ...limits });
export const choice = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
export const only = (value: string | boolean): Schema => ({ const: value, type: typeof value });
export const nullable = (schema: Schema): Schema =>
  typeof schema.type === 'string' && schema.enum === undefined
    ? { ...schema, type: [schema.type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const SEGMENT = '[A-Za-z0-9._~@:+-]{1,128}';
const NO_DOTS = '(?!\\.{1,2}(/|$))';
/** One segment of an actor's path. */
export const segment: Schema = text({ pattern: `^${NO_DOTS}${SEGMENT}$`, examples: ['emails'] });
const SEGMENTS = `${NO_DOTS}${SEGMENT}(/${NO_DOTS}${SEGMENT}){0,15}`;
const PATH = { examples: ['/user/accounts/alice'] };
/** An actor's path, with or without its first slash. */
export const actorPath: Schema = text({ pattern: `^/?${SEGMENTS}$`, maxLength: 511, ...PATH });
/** The path behind which a page begins; empty for the first. */
export const afterPath: Schema = text({ pattern: `^(/${SEGMENTS})?$`, maxLength: 512, ...PATH });

/** What a node sends: later versions may add fields. */
export const answer = (fields: Fields, optional: Fields = {}): Schema => ({
  type: 'object',
  properties: { ...fields, ...optional },
  required: Object.keys(fields),
});
/** What a client sends: another field is refused. */
export const body = (fields: Fields, optional: Fields = {}): Schema => ({
  ...answer(fields, optional),
  additionalProperties: false,
});
