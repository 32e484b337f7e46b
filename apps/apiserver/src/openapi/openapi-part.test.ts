import { describe, expect, test } from 'vitest';
import { asV3, partOf, placed, type OpenApiPart } from './openapi-part.ts';

const served = [{ group: 'g.example.com', version: 'v1' }];
const gvk = (kind: string, group = 'g.example.com'): object => ({ 'x-kubernetes-group-version-kind': [{ group, version: 'v1', kind }] });
const document = (paths: object, definitions: object): object => ({ swagger: '2.0', info: { title: 't', version: '1' }, paths, definitions });

/** What parts add to a document of ours. */
function added(parts: readonly OpenApiPart[], own: Readonly<Record<string, unknown>> = {}): { paths: Record<string, unknown>; definitions: Record<string, unknown> } {
  const pieces = [...placed(parts, (name) => (Object.hasOwn(own, name) ? own[name] : undefined))];
  const of = (place: string): Record<string, unknown> => Object.fromEntries(pieces.flatMap((piece) => (piece.place === place ? [[piece.name, piece.value]] : [])));
  return { paths: of('paths'), definitions: of('definitions') };
}

describe('the part of a document', () => {
  test('is its paths and what they and its kinds refer to, through loops', () => {
    const definitions = { A: { ...gvk('A'), properties: { b: { $ref: '#/definitions/B' } } }, B: { properties: { a: { $ref: '#/definitions/A' }, c: { $ref: '#/definitions/gone' } } }, C: { type: 'object' }, Other: gvk('Other', 'other.example.com'), P: { type: 'string' } };
    const paths = { '/apis/g.example.com/v1/': {}, '/apis/g.example.com/v1/as': { get: { responses: { 200: { schema: { $ref: '#/definitions/P' } } } } }, '/apis/g.example.com/v10/as': {}, '/apis/apps/v1/deployments': {} };
    const part = partOf(document(paths, definitions), served);
    expect(Object.keys(part.paths)).toEqual(['/apis/g.example.com/v1/', '/apis/g.example.com/v1/as']);
    expect(Object.keys(part.definitions)).toEqual(['A', 'B', 'P']);
  });

  test('is refused when it is none, or too deep to be written down', () => {
    expect(() => partOf({ openapi: '3.0.0' }, served)).toThrow('it is no document of OpenAPI 2.0');
    let deep: object = gvk('A');
    for (let i = 0; i < 100_000; i++) deep = { items: deep };
    expect(() => partOf(document({}, { A: { ...gvk('A'), items: deep } }), served)).toThrow();
  });

  test('changes nobody by its names', () => {
    const hostile = JSON.parse('{"swagger":"2.0","info":{},"paths":{},"definitions":{"__proto__":{"type":"object","x-kubernetes-group-version-kind":[{"group":"g.example.com","version":"v1","kind":"A"}]}}}') as unknown;
    const merged = added([partOf(hostile, served)]);
    expect(Object.keys(merged.definitions)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });
});

describe('merging', () => {
  const own = { '/apis/g.example.com/v1/as': { get: { operationId: 'ours' } }, Same: { type: 'object' }, Meta: { type: 'string' } };

  test('equal definitions are one, others get a name of their own wherever they are meant', () => {
    const part = { paths: { '/apis/g.example.com/v1/bs': { get: { schema: { $ref: '#/definitions/Meta' } } } }, definitions: { Same: { type: 'object' }, Meta: { type: 'object', properties: { again: { $ref: '#/definitions/Meta' } } }, Meta_v2: { type: 'number' } } };
    const merged = added([part], own);
    expect(Object.keys(merged.definitions)).toEqual(['Meta_v3', 'Meta_v2']);
    expect(merged.definitions['Meta_v3']).toEqual({ type: 'object', properties: { again: { $ref: '#/definitions/Meta_v3' } } });
    expect(merged.paths['/apis/g.example.com/v1/bs']).toEqual({ get: { schema: { $ref: '#/definitions/Meta_v3' } } });
  });

  test("paths of this server's stay its own", () => {
    expect(added([{ paths: { '/apis/g.example.com/v1/as': { get: { operationId: 'theirs' } } }, definitions: {} }], own)).toEqual({ paths: {}, definitions: {} });
  });

  test('of two servers the first has the name, and what is the same is there once', () => {
    const one = { paths: {}, definitions: { T: { type: 'object' } } };
    expect(added([one, one, { paths: { '/p': { schema: { $ref: '#/definitions/T' } } }, definitions: { T: { type: 'string' } } }])).toEqual({
      paths: { '/p': { schema: { $ref: '#/definitions/T_v2' } } },
      definitions: { T: { type: 'object' }, T_v2: { type: 'string' } },
    });
  });
});

test('version 2 becomes version 3', () => {
  const part = {
    paths: { '/p': { parameters: [{ name: 'pretty', in: 'query', type: 'string', uniqueItems: true }], post: { operationId: 'o', consumes: ['*/*'], parameters: [{ name: 'body', in: 'body', schema: { $ref: '#/definitions/A' } }], responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/A' } } } } } },
    definitions: { A: { type: 'object', properties: { self: { $ref: '#/definitions/A' } } } },
  };
  const reference = { $ref: '#/components/schemas/A' };
  expect(asV3(part)).toMatchObject({
    openapi: '3.0.0',
    paths: { '/p': { parameters: [{ name: 'pretty', in: 'query', schema: { type: 'string', uniqueItems: true } }], post: { operationId: 'o', requestBody: { content: { 'application/json': { schema: reference } } }, responses: { 200: { description: 'OK', content: { 'application/json': { schema: reference } } } } } } },
    components: { schemas: { A: { type: 'object', properties: { self: reference } } } },
  });
});
