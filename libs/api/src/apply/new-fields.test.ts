import { seededRandom } from '@rhythm/base';
import { describe, expect, test } from 'vitest';
import { randomMembers } from '../codec/random-object.ts';
import { canonicalise } from '../schema/canonicalise.ts';
import { shapeOf } from '../schema/shape.ts';
import { builtInKinds, schemaFor } from '../schema/table.ts';
import { blankObject } from './blank-object.ts';
import { encodeManagers } from './managed-fields.ts';
import { newFields } from './new-fields.ts';
import { trackCreate, trackUpdate } from './track-update.ts';
import { oneVersion } from './versions.ts';

const random = seededRandom(77);
const writer = { manager: 'm', operation: 'Update', apiVersion: 'v1', subresource: '' } as const;
const now = '2026-01-01T00:00:00Z';
const kinds = builtInKinds().filter(({ kind }) => !kind.endsWith('List') && !kind.endsWith('Options'));
const pods = schemaFor('', 'v1', 'Pod') ?? expect.fail('pods have a schema');
const pod = (more: object = {}): object => canonicalise(pods, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, protocol: 'TCP' }] }] }, ...more });

/** Both as text: the order of the elements counts. */
function both(schema: typeof pods, after: object): readonly [string | undefined, string | undefined] {
  const change = { versions: oneVersion('v1', schema), before: blankObject(schema), after, skip: (name: string) => name === 'status' };
  return [JSON.stringify(encodeManagers(trackCreate(change, writer, now))), JSON.stringify(encodeManagers(trackUpdate([], change, writer, now)))];
}

describe('who makes an object owns what a comparison with nothing tells', () => {
  test.each(kinds.map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))('%s', (_name, { group, version, kind }) => {
    const schema = schemaFor(group, version, kind);
    if (schema?.proto === undefined) throw new Error('no schema');
    for (let round = 0; round < 4; round++) {
      const after = canonicalise(schema, { metadata: {}, ...randomMembers(shapeOf(schema), random) });
      // Twice: the second time all is known.
      for (let turn = 0; turn < 2; turn++) {
        const [created, updated] = both(schema, after);
        expect(created).toBe(updated);
      }
    }
  });

  test('members that are named like something on a prototype', () => {
    const after = pod({ metadata: JSON.parse('{"name":"p","labels":{"__proto__":"a","constructor":"b","toString":"c"}}') as object });
    const [created, updated] = both(pods, after);
    expect(created).toBe(updated);
    expect(created).toContain('"f:__proto__":{}');
  });

  test('two items of one key', () => {
    const after = pod({ spec: { containers: [{ name: 'c', image: 'i' }, { name: 'c', image: 'j' }] } });
    const [created, updated] = both(pods, after);
    expect(created).toBe(updated);
  });
});

describe('sets are shared', () => {
  const fields = (object: object): unknown => newFields(pods, blankObject(pods), object, () => false);

  test('between objects that name the same fields', () => {
    expect(fields(pod())).toBe(fields(pod({ metadata: { name: 'other', labels: { app: 'y' } } })));
    expect(fields(pod())).not.toBe(fields(pod({ metadata: { name: 'other', labels: { app: 'y', tier: 'z' } } })));
    expect(Object.isFrozen(fields(pod()))).toBe(true);
  });

  test('until there are too many of them', () => {
    const first = fields(pod());
    for (let index = 0; index < 11_000; index++) fields(pod({ metadata: { name: 'p', labels: { [`l${index}`]: '' } } }));
    expect(fields(pod())).not.toBe(first);
    expect(fields(pod())).toEqual(first);
  });
});
