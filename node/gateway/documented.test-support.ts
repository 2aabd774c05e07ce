// Holds answers to what the OpenAPI document says of them: the status is one of the operation's, the body has
// what its schema says, and nothing more.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { findTarget, openApiText, ROWS } from './routes.ts';

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

const DOCUMENT = JSON.parse(openApiText('0.0.0')) as {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, Response> }>>;
  readonly components: { readonly responses: Record<string, Response> };
};

/** Later versions may add fields; this one has those that it says. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  return { ...Object.fromEntries(inner), ...('properties' in schema && { additionalProperties: false }) };
}

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(closed(DOCUMENT) as object, 'document');
const validators = new Map<string, ValidateFunction>();

function validatorOf(pointer: string): ValidateFunction {
  let validator = validators.get(pointer);
  if (validator === undefined) {
    validator = ajv.compile({ $ref: `document#${pointer}` });
    validators.set(pointer, validator);
  }
  return validator;
}

const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Throws where the answer is another than the document says. */
export function checkAnswer(
  method: string,
  address: string,
  { status, headers, body }: { readonly status: number; readonly headers: Headers; readonly body: unknown },
): void {
  const row = rowOf(method, address);
  if (row === undefined || method === 'HEAD') return;
  const said = `${method} ${address}: ${status} ${JSON.stringify(body)}`;
  const responses = DOCUMENT.paths[row.address]![method.toLowerCase()]!.responses;
  const named = responses[status]?.$ref?.split('/').at(-1);
  const response = named === undefined ? responses[status] : DOCUMENT.components.responses[named];
  if (response === undefined) throw new Error(`${said}: the document has no such status`);
  if (response.headers?.Location !== undefined && !headers.has('location'))
    throw new Error(`${said}: there is no Location`);
  const type = headers.get('content-type')!.split(';')[0]!;
  if (response.content?.[type] === undefined) throw new Error(`${said}: the document has no ${type}`);
  const place =
    named === undefined
      ? ['paths', row.address, method.toLowerCase(), 'responses', String(status)]
      : ['components', 'responses', named];
  const at = [...place, 'content', type, 'schema'];
  const validate = validatorOf(`/${at.map(escaped).join('/')}`);
  if (!validate(body)) throw new Error(`${said}: ${ajv.errorsText(validate.errors)}`);
}

function rowOf(method: string, address: string) {
  try {
    const { route } = findTarget(method, address.split('?')[0]!);
    return ROWS.find((row) => row.route === route);
  } catch {
    return undefined;
  }
}
