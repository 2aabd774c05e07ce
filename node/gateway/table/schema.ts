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
