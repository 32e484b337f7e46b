import { seededRandom } from '@rhythm/base';
import { expect, test } from 'vitest';
import { randomMembers } from '../codec/random-object.ts';
import { kindRegistry } from '../kinds/registry.ts';
import { canonicalise } from '../schema/canonicalise.ts';
import { shapeOf } from '../schema/shape.ts';
import { schemaFor } from '../schema/table.ts';
import { decodeObject } from './decode-object.ts';

test('read as canonical, an object of any kind is what reading it and bringing it into that form makes', () => {
  const random = seededRandom(11);
  let kinds = 0;
  for (const { group, version, kind } of kindRegistry.kinds) {
    const schema = schemaFor(group, version, kind);
    if (schema?.proto === undefined) continue;
    kinds++;
    for (let round = 0; round < 3; round++) {
      const members = randomMembers(shapeOf(schema), random);
      const bytes = Buffer.from(JSON.stringify({ ...members, kind, apiVersion: group === '' ? version : `${group}/${version}`, unknown: 1 }));
      const plain = decodeObject(bytes, 'application/json', { fieldValidation: 'Warn' });
      const canonical = decodeObject(bytes, 'application/json', { fieldValidation: 'Warn', canonical: true });
      expect(canonical.object).toEqual(canonicalise(schema, plain.object));
      expect(canonical.warnings).toEqual(plain.warnings);
      expect(canonical.isCanonical).toBe(true);
    }
  }
  expect(kinds).toBeGreaterThan(50);
});
