import { expect, test } from 'vitest';
import { decodeObject } from '../decode/decode-object.ts';
import { yamlSizeMax } from '../decode/yaml.ts';
import { kindRegistry } from '../kinds/index.ts';
import { invalid, type ApiError } from '../status.ts';
import { boundedJson } from './bounded-json.ts';

const object = (kind: string, more: object, apiVersion = 'v1'): string => JSON.stringify({ kind, apiVersion, metadata: { name: 'a', namespace: 'default' }, ...more });
const many = <T>(count: number, one: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => one(index));

/** The refusal of a body, as the server would send it. */
function refusalOf(body: string): ApiError {
  try {
    const { gvk, object: decoded } = decodeObject(Buffer.from(body), 'application/json', { fieldValidation: 'Strict' });
    const kind = kindRegistry.byKind(gvk.group, gvk.version, gvk.kind);
    if (kind === undefined) throw new Error('no such kind');
    return invalid(kind, 'a', kind.validate?.(decoded as never) ?? []);
  } catch (error) {
    return error as ApiError;
  }
}

test('an error never costs more than the object it is about, however often it shows it', () => {
  const owners = many(5_000, (index) => ({ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: `u${index}`, controller: true }));
  const refusal = refusalOf(object('ConfigMap', { metadata: { name: 'a', namespace: 'default', ownerReferences: owners } }));
  expect(refusal.details?.causes).toHaveLength(500);
  expect(refusal.message).toMatch(/and 4499 more\]$/);
  expect(refusal.message.length).toBeLessThan(1_000_000);
});

test('a key of a megabyte in the paths of a thousand errors is cut short', () => {
  const key = 'k'.repeat(1_000_000);
  const duplicates = `{"kind":"ConfigMap","apiVersion":"v1","x":{"${key}":{${'"a":1,'.repeat(1_000)}"a":1}}}`;
  expect(refusalOf(duplicates).message.length).toBeLessThan(200_000);
  expect(refusalOf(object('ConfigMap', { data: { [`!${key}`]: '' } })).message.length).toBeLessThan(10_000);
});

test('lists that are compared with one another take time in proportion to their length', () => {
  const began = process.threadCpuUsage();
  const spec = { resourceClaims: many(20_000, (i) => ({ name: `c${i}`, resourceClaimName: 'x' })), containers: [{ name: 'a', image: 'b', resources: { claims: many(20_000, (i) => ({ name: `d${i}` })) } }] };
  refusalOf(object('Pod', { spec }));
  const finalizers = many(100_000, (i) => `a/b${i}`);
  const kind = kindRegistry.byKind('', 'v1', 'ConfigMap');
  const meta = { metadata: { name: 'a', namespace: 'default', finalizers } };
  kind?.validate?.(meta, meta);
  // Quadratic, either would take more than ten times as long.
  expect(process.threadCpuUsage(began).user / 1_000).toBeLessThan(5_000);
});

test('YAML whose structure would hold up the server for seconds is refused before it is parsed', () => {
  const refused = (text: string): string => {
    try {
      decodeObject(Buffer.from(text), 'application/yaml', {});
      return 'taken';
    } catch (error) {
      return (error as ApiError).reason;
    }
  };
  for (const piece of ['[', '{', '- ', '? ', 'a: b\n', '#\n', 'a,']) expect(refused(piece.repeat(yamlSizeMax / piece.length))).toBe('RequestEntityTooLarge');
  expect(refused(`kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n${`   ${'x'.repeat(80)}\n`.repeat(10_000)}`)).toBe('taken');
});

test('a bounded text is that of JSON, or its beginning', () => {
  const value = { a: [1, 'x', null, { b: true }], c: undefined, d: '\u2028"' };
  expect(boundedJson(value, 1_000)).toBe(JSON.stringify(value));
  expect(boundedJson(value, 8)).toBe('{"a":[1,…');
  expect(boundedJson('x'.repeat(100), 5)).toBe('"xxxx…');
});
