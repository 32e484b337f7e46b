import { describe, expect, test } from 'vitest';
import { schemaFor } from '../schema/table.ts';
import { compare, taken } from './compare.ts';
import { fieldsOf } from './fields-of.ts';
import { merge } from './merge.ts';

const pod = schemaFor('', 'v1', 'Pod');
if (pod === undefined) throw new Error('no Pod');
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u' };
const item = 'k:{"uid":"u"}';

describe('items that are one value each', () => {
  test('an owner reference is owned as a whole', () => {
    expect(fieldsOf(pod, { metadata: { ownerReferences: [owner] } })).toEqual({ 'f:metadata': { 'f:ownerReferences': { [item]: {} } } });
  });

  test('a writer that changes one field of it takes all of it', () => {
    const before = { metadata: { ownerReferences: [owner] } };
    const after = { metadata: { ownerReferences: [{ ...owner, controller: true }] } };
    expect(taken(compare(pod, before, after))).toEqual({ 'f:metadata': { 'f:ownerReferences': { [item]: {} } } });
  });

  test('applying it replaces it, what the configuration leaves out is gone', () => {
    const live = { metadata: { ownerReferences: [{ ...owner, blockOwnerDeletion: true }, { ...owner, uid: 'v' }] } };
    expect(merge(pod, live, { metadata: { ownerReferences: [owner] } })).toEqual({ metadata: { ownerReferences: [owner, { ...owner, uid: 'v' }] } });
  });
});
