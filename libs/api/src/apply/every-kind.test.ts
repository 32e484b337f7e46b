import { seededRandom } from '@rhythm/base';
import { describe, expect, test } from 'vitest';
import { randomMembers } from '../codec/random-object.ts';
import { canonicalise } from '../schema/canonicalise.ts';
import { shapeOf } from '../schema/shape.ts';
import { builtInKinds, schemaFor } from '../schema/table.ts';
import { compare, isSame } from './compare.ts';
import { difference, intersection, isEmpty, isFieldSet, sorted } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { merge } from './merge.ts';
import type { SchemaNode } from '../schema/node.ts';
import { setOwn } from '../schema/own.ts';
import { removeFields } from './remove.ts';
import { anyNode, memberNode } from './rule.ts';
import { byElement, isMembers, ruleFor } from './value.ts';

const random = seededRandom(35);
const kinds = builtInKinds().filter(({ kind }) => !kind.endsWith('List') && !kind.endsWith('Options'));

/** Without what chance makes too much of: items of one key, and maps that are empty, which count only while they are. */
function tidied(schema: SchemaNode, value: unknown): unknown {
  const rule = ruleFor(schema, value);
  if ((rule.op === 'items' || rule.op === 'set') && Array.isArray(value)) {
    const single = [...byElement(rule, value).values()].map(([item]) => item);
    return rule.op === 'set' ? single : single.map((item) => tidied(rule.items, item));
  }
  if (rule.op !== 'map' || !isMembers(value)) return value;
  const out = {};
  for (const name of Object.keys(value)) {
    const inner = tidied(memberNode(rule, name) ?? anyNode, value[name]);
    if (inner !== null && !(isMembers(inner) && Object.keys(inner).length === 0)) setOwn(out, name, inner);
  }
  return out;
}

describe('random objects of every kind', () => {
  test.each(kinds.map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))('%s', (_name, { group, version, kind }) => {
    const schema = schemaFor(group, version, kind);
    if (schema?.proto === undefined) throw new Error('no schema');
    for (let round = 0; round < 4; round++) {
      const one = tidied(schema, canonicalise(schema, { metadata: {}, ...randomMembers(shapeOf(schema), random) })) as object;
      const two = tidied(schema, canonicalise(schema, { metadata: {}, ...randomMembers(shapeOf(schema), random) })) as object;
      expect(isSame(compare(schema, one, JSON.parse(JSON.stringify(one)) as object))).toBe(true);
      const named = fieldsOf(schema, two);
      expect(isFieldSet(JSON.parse(JSON.stringify(sorted(named))))).toBe(true);
      // What is merged names all that the configuration does, and merging it again changes nothing.
      const merged = merge(schema, one, two);
      expect(isEmpty(difference(named, fieldsOf(schema, merged)))).toBe(true);
      expect(isSame(compare(schema, merged, merge(schema, merged, two)))).toBe(true);
      // What is removed is gone.
      const left = removeFields(schema, merged, named);
      expect(isEmpty(intersection(fieldsOf(schema, left), named))).toBe(true);
    }
  });
});
