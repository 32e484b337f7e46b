import type { KubeObject } from '@rhythm/api';
import { expect, test } from 'vitest';
import { MemoryObjects } from '../../auth/memory-objects.ts';
import { PolicySet } from './policy-set.ts';

const group = 'admissionregistration.k8s.io';

test.each(['validatingadmissionpolicies', 'validatingadmissionpolicybindings'])('what this server has written to %s counts at once', async (late) => {
  const objects = new MemoryObjects();
  const put = (resource: string, object: object): void => objects.put(group, resource, object as KubeObject);
  const given = { validatingadmissionpolicies: { metadata: { name: 'p', uid: '1', generation: 1 }, spec: { validations: [{ expression: 'true' }] } }, validatingadmissionpolicybindings: { metadata: { name: 'b' }, spec: { policyName: 'p' } } };
  for (const [resource, object] of Object.entries(given)) if (resource !== late) put(resource, object);
  let settle: (() => void) | undefined;
  let settled: Promise<void> | undefined;
  const policies = new PolicySet(objects, { onChange: (...of) => objects.onChange(...of), settled: (_group, resource) => (resource === late ? settled : undefined) });
  expect(await policies.current()).toEqual([]);
  // It is stored, and the cache has yet to hear of it.
  settled = new Promise((resolve) => (settle = resolve));
  const found = policies.current();
  put(late, given[late as keyof typeof given]);
  settle?.();
  expect((await found).map(({ bindings }) => bindings.map(({ metadata }) => metadata.name))).toEqual([['b']]);
  settled = undefined;
  expect((await policies.current()).length).toBe(1);
});
