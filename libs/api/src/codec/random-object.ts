import type { Random } from '@rhythm/base';
import type { FieldShape, Shape } from '../schema/shape.ts';

/** Makes objects of a shape with awkward but legal values, for tests. Depth ends recursion. */
export function randomMembers(shape: Shape, random: Random, depth = 0): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  const share = Math.max(0.15, 0.8 - depth * 0.1);
  for (const field of shape.fields.values()) {
    if (!isOnWire(shape, field) || random.next() > share || (depth > 7 && field.shape.op === 'object')) continue;
    members[field.name] = randomField(field, random, depth);
  }
  return members;
}

/** The kind and apiVersion of a kind stand in the envelope: inside of another object nothing keeps them. */
function isOnWire(shape: Shape, field: FieldShape): boolean {
  return shape.wire.some((f) => f.name === field.name || (f.inline && isOnWire(f.shape, field)));
}

const texts = ['', 'a', 'default', 'ünïcödé', '日本語', '🙂', 'x'.repeat(200), '"\\\n\u0000'];
const keys = ['a', 'app.kubernetes.io/name', 'constructor', '10', 'é', '🙂', 'z'];
const ints = [0, 1, -1, 7, 127, 128, 300, 2 ** 31 - 1, -(2 ** 31)];

function randomField(field: FieldShape, random: Random, depth: number): unknown {
  if (field.label === 'optional') return randomValue(field.shape, random, depth);
  const count = 1 + Math.floor(random.next() * 2);
  if (field.label === 'repeated') return Array.from({ length: count }, () => randomValue(field.shape, random, depth));
  return Object.fromEntries(Array.from({ length: count }, () => [pick(keys, random), randomValue(field.shape, random, depth)]));
}

function randomValue(shape: Shape, random: Random, depth: number): unknown {
  switch (shape.op) {
    case 'object':
      return randomMembers(shape, random, depth + 1);
    case 'string':
      return pick(texts, random);
    case 'bool':
      return random.next() < 0.5;
    case 'int32':
      return pick(ints, random);
    case 'int64':
      return pick([...ints, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 40], random);
    case 'double':
      return pick([0, 0.5, -1.25, 1e100, 3], random);
    case 'bytes':
      return pick(['', 'YQ==', 'AAECAw==', '//79'], random);
    case 'any':
      return pick<unknown>([{ a: [1, 'x', null, { b: true }] }, {}, { kind: 'Other', spec: { 'é': 1.5 } }], random);
    case 'time':
      return pick(['2026-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2200-06-30T12:34:56Z'], random);
    case 'micro-time':
      return pick(['2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.123456Z', '1969-12-31T23:59:59.000001Z'], random);
    case 'duration':
      return pick(['0s', '1h2m3s', '1.5s', '-300ms'], random);
    case 'quantity':
      return pick(['0', '100m', '1Gi', '-1', '12345678901234567890'], random);
    case 'int-or-string':
      return pick<number | string>([0, 80, -1, '', '25%', 'http'], random);
    case 'list':
      return ['get', ''];
    case 'schema-or-array':
      return pick<unknown>([{ type: 'string' }, [{ type: 'integer' }]], random);
    case 'schema-or-bool':
      return pick<unknown>([{ type: 'string' }, true, false], random);
    case 'schema-or-strings':
      return pick<unknown>([{ type: 'string' }, ['a', 'b']], random);
  }
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random.next() * list.length)] as T;
}
