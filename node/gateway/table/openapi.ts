// The OpenAPI 3.1 document of the gateway, made of the rows of its table.
import { InvariantError } from '../../base/assert.ts';
import { ERRORS, type ErrorCode } from '../../base/errors.ts';
import { COMPONENTS } from './components.ts';
import type { Body, Parameter, Result, Row } from './row.ts';
import { actorPath, ref, type Schema, segment, text } from './schema.ts';
import { EVERY } from './shared.ts';

/** Of what stands in braces in an address. */
const SUBJECTS: Readonly<Record<string, { readonly about: string; readonly schema: Schema }>> = {
  path: {
    about:
      'The path of an actor: at most 16 segments and 512 characters; a segment is 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ : + - ' +
      'and neither . nor .. alone. Its slashes may be encoded or not, and the first may be left out. ' +
      'name/NAME is the actor of a registered name, uuid/UUID that of a UUID.',
    schema: actorPath,
  },
  queue: {
    about: 'The name of a queue: one segment of a path',
    schema: segment,
  },
  hash: { about: 'Of the module', schema: text({ minLength: 1 }) },
  member: { about: 'The id or the name of a node', schema: text({ minLength: 1 }) },
  export: { about: 'As it was begun', schema: text({ minLength: 1 }) },
  import: { about: 'A name that the client has made', schema: text({ minLength: 1 }) },
  id: { about: 'Of the dead letter, SHARD-NUMBER', schema: text({ minLength: 1 }) },
};

export function openApiDocument(rows: readonly Row[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const refusals = new Refusals();
  for (const row of rows) {
    paths[row.address] ??= {};
    paths[row.address]![row.method.toLowerCase()] = operationOf(row, refusals);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'seq-node',
      version,
      description:
        'Actors of a seq-node cluster. Any node serves any request. docs/OPERATIONS.md says more of each; docs/ERRORS.md has all codes of refusals.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      schemas: COMPONENTS,
      responses: refusals.responses,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Where http.token-file or http.token is set' },
      },
    },
  };
}

function operationOf(row: Row, refusals: Refusals): object {
  const subject = /\{(\w+)\}/.exec(row.address)?.[1];
  const parameters = [
    ...(subject === undefined
      ? []
      : [parameterOf({ name: subject, ...subjectOf(subject), required: true }, 'path')]),
    ...(row.query ?? []).map((each) => parameterOf(each, 'query')),
    ...(row.headers ?? []).map((each) => parameterOf(each, 'header')),
  ];
  return {
    operationId: row.route,
    summary: row.about,
    ...(row.open && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(row.body !== undefined && { requestBody: bodyOf(row.body) }),
    responses: responsesOf(row, refusals),
  };
}

function subjectOf(name: string) {
  const subject = SUBJECTS[name];
  if (subject === undefined) throw new InvariantError(`nothing says what {${name}} of an address is`);
  return subject;
}

const parameterOf = ({ name, about, schema, required }: Parameter, place: string): object => ({
  name,
  in: place,
  description: about,
  ...(required && { required }),
  schema,
});

function bodyOf({ schema, required, example, notation }: Body): object {
  return {
    ...(required && { required }),
    content: {
      'application/json': { schema, ...(example !== undefined && { example }) },
      ...(notation !== undefined && {
        'text/plain': { schema: text({ minLength: 1, description: 'Message notation' }), example: notation },
      }),
    },
  };
}

/** Most operations are refused in the same ways. */
class Refusals {
  readonly responses: Record<string, object> = {};
  readonly #names = new Map<string, string>();

  refOf(status: number, codes: readonly ErrorCode[]): object {
    const key = codes.join(', ');
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `refused-${status}-${codes.at(-1)!}`;
      this.#names.set(key, name);
      this.responses[name] = {
        description: key,
        content: { 'application/json': { schema: ref('Refusal') } },
      };
    }
    return { $ref: `#/components/responses/${name}` };
  }
}

function responsesOf({ results, codes }: Row, refusals: Refusals): Record<string, object> {
  const responses: Record<string, object> = {};
  for (const [status, result] of Object.entries(results)) responses[status] = responseOf(result);
  for (const [status, refused] of Map.groupBy(new Set([...EVERY, ...codes]), (code) => ERRORS[code].http))
    responses[status] ??= refusals.refOf(status, refused);
  return responses;
}

function responseOf({ about, schema, type, location }: Result): object {
  const content = {
    ...((type === undefined || type === 'either') && { 'application/json': { schema } }),
    ...(type !== undefined && { [type === 'either' ? 'text/plain' : type]: { schema: text() } }),
  };
  return {
    description: about,
    ...(location && {
      headers: { Location: { description: 'Where it is', schema: text({ format: 'uri-reference' }) } },
    }),
    ...(schema !== undefined && { content }),
  };
}
