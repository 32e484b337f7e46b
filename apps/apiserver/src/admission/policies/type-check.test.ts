import { kindRegistry, type KubeObject } from '@rhythm/api';
import type { ValidatingAdmissionPolicy } from '@rhythm/api/types/admissionregistration-v1';
import { silentLog } from '@rhythm/base';
import { describe, expect, test } from 'vitest';
import { MemoryObjects } from '../../auth/memory-objects.ts';
import { policyFollower } from './policy-status.ts';
import { typeCheck } from './type-check.ts';

const policy = (expression: string, resources = ['deployments'], more: object = {}): ValidatingAdmissionPolicy =>
  ({ metadata: { name: 'p', uid: '1', generation: 2 }, spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources }] }, validations: [{ expression }], ...more } }) as ValidatingAdmissionPolicy;

describe('types', () => {
  test.each([
    ['fields that are there', "object.spec.replicas > 1 && object.metadata.namespace == 'a' && object.metadata.labels['app'] == 'x' && object.spec.template.spec.containers.all(c, c.image != '' && quantity(c.resources.limits['cpu']).isGreaterThan(quantity('1')))"],
    ['what is open', "object.spec.strategy.rollingUpdate.maxSurge == 1 || oldObject == null || oldObject.status.replicas == 0"],
  ])('%s are no reason to warn', (_what, expression) => {
    expect(typeCheck(policy(expression), kindRegistry)).toEqual([]);
  });

  test('a field that a kind does not have, a comparison that cannot be: for each kind it is said', () => {
    const [field, ...others] = typeCheck(policy('object.spec.replicsa > 1', ['deployments', 'replicasets']), kindRegistry);
    expect(others).toEqual([]);
    expect(field?.fieldRef).toBe('spec.validations[0].expression');
    expect(field?.warning).toMatch(/^apps\/v1, Kind=Deployment: .*undefined field 'replicsa'[^]*apps\/v1, Kind=ReplicaSet: .*undefined field 'replicsa'/);
    expect(typeCheck(policy("object.spec.replicas > '1'"), kindRegistry)[0]?.warning).toContain('no matching overload');
    const made = typeCheck(policy('true', undefined, { validations: [{ expression: 'variables.n > 1', messageExpression: 'object.nothing' }], variables: [{ name: 'n', expression: 'object.spec.replicas' }] }), kindRegistry);
    expect(made.map(({ fieldRef }) => fieldRef)).toEqual(['spec.validations[0].messageExpression']);
  });

  test('a wildcard may mean anything', () => {
    expect(typeCheck(policy('object.spec.nothing == 1', ['*']), kindRegistry)).toEqual([]);
  });
});

test('the status says which generation was looked at, once', async () => {
  const objects = new MemoryObjects();
  const written: KubeObject[] = [];
  const first = Promise.withResolvers<void>();
  const put = (object: KubeObject): void => objects.put('admissionregistration.k8s.io', 'validatingadmissionpolicies', object);
  put(policy('object.nothing') as KubeObject);
  put({ ...policy('object.nothing'), metadata: { name: 'done', generation: 3 }, status: { observedGeneration: 3 } } as unknown as KubeObject);
  const updateStatus = (_group: string, _resource: string, object: KubeObject): Promise<void> => {
    written.push(object);
    put(object);
    first.resolve();
    return Promise.resolve();
  };
  const following = policyFollower({ registry: kindRegistry, reader: objects, changes: objects, writes: { updateStatus }, log: silentLog });
  following.start();
  await first.promise;
  await following.stop();
  expect(written.map(({ metadata }) => metadata.name)).toEqual(['p']);
  expect(written[0]).toMatchObject({ status: { observedGeneration: 2, typeChecking: { expressionWarnings: [{ fieldRef: 'spec.validations[0].expression' }] } } });
});
