import { ApiError, kindRegistry, type KubeObject } from '@rhythm/api';
import type { ValidatingAdmissionPolicySpec } from '@rhythm/api/types/admissionregistration-v1';
import { afterEach, describe, expect, test } from 'vitest';
import { MemoryObjects } from '../../auth/memory-objects.ts';
import type { Authorizer } from '../../ports/types.ts';
import { testApi, type TestApi } from '../../testing.ts';
import { validatingPolicies } from './validating-policies.ts';

let api: TestApi;
let objects: MemoryObjects;
afterEach(() => api.stop());

const onlyReads: Authorizer = {
  authorize: ({ verb, user }) => Promise.resolve({ allowed: verb === 'get', reason: user.name }),
  rulesFor: () => Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: false }),
};

const rules = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['configmaps'] }] };

/** A server with one policy, bound by `binding`. */
function withPolicy(spec: ValidatingAdmissionPolicySpec, binding: object = {}, more: readonly (readonly [string, string, object])[] = []): void {
  objects = new MemoryObjects();
  const put = (resource: string, object: object): void => objects.put('admissionregistration.k8s.io', resource, object as KubeObject);
  objects.put('', 'namespaces', { metadata: { name: 'a', labels: { team: 'blue' } } });
  put('validatingadmissionpolicies', { metadata: { name: 'p', uid: '1', generation: 1 }, spec: { failurePolicy: 'Fail', matchConstraints: rules, ...spec } });
  put('validatingadmissionpolicybindings', { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...binding } });
  for (const [group, resource, object] of more) objects.put(group, resource, object as KubeObject);
  api = testApi({ admission: [validatingPolicies({ registry: kindRegistry, reader: objects, changes: objects, authorizer: onlyReads })] });
}

const map = (data: object = {}, metadata: object = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', ...metadata }, data });
const create = (data?: object, metadata?: object): Promise<unknown> => api.call('create', 'v1/ns/a/configmaps', map(data, metadata));
const refusal = async (attempt: Promise<unknown>): Promise<ApiError> => {
  const error = await attempt.then(() => undefined, (caught: unknown) => caught);
  if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
  return error;
};

describe('a policy', () => {
  test('refuses with its message, reason and name', async () => {
    withPolicy({ validations: [{ expression: "has(object.data) && 'a' in object.data", message: 'needs a', reason: 'Forbidden' }] });
    const error = await refusal(create({ b: '1' }));
    expect([error.code, error.reason, error.message]).toEqual([403, 'Forbidden', "configmaps \"m\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: needs a"]);
    await create({ a: '1' });
  });

  test('has a plain message, and one that is made', async () => {
    withPolicy({ validations: [{ expression: "object.data.a == 'x'" }, { expression: 'object.data.size() < 2', messageExpression: "'has ' + string(object.data.size())" }] });
    const error = await refusal(create({ a: 'y', b: '' }));
    expect(error.code).toBe(422);
    expect(error.details?.causes?.map(({ message }) => message)).toEqual(["ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: object.data.a == 'x'", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: has 2"]);
  });

  test('sees the state before, the request, the namespace and its own variables', async () => {
    withPolicy({
      variables: [{ name: 'same', expression: 'oldObject == null || oldObject.data == object.data' }, { name: 'team', expression: "namespaceObject.metadata.labels['team']" }, { name: 'broken', expression: 'object.none.none' }],
      validations: [{ expression: 'variables.same', message: 'fixed' }, { expression: "variables.team == 'blue' && request.userInfo.username == 'tester' && request.operation in ['CREATE', 'UPDATE']", message: 'wrong' }],
    });
    await create({ a: '1' });
    expect((await refusal(api.call('patch', 'v1/ns/a/configmaps/m', { data: { a: '2' } }, { contentType: 'application/merge-patch+json' }))).message).toContain('fixed');
    await api.call('patch', 'v1/ns/a/configmaps/m', { metadata: { labels: { a: 'b' } } }, { contentType: 'application/merge-patch+json' });
  });

  test('judges deletions by the object that goes', async () => {
    withPolicy({ validations: [{ expression: "request.operation != 'DELETE' || !('keep' in oldObject.data)", message: 'kept' }] });
    await create({ keep: '' });
    expect((await refusal(api.call('delete', 'v1/ns/a/configmaps/m'))).message).toContain('kept');
  });

  test('asks the authorizer', async () => {
    withPolicy({ validations: [{ expression: "authorizer.group('').resource('secrets').namespace('a').check('get').allowed()" }, { expression: "!authorizer.serviceAccount('a', 'b').group('').resource('pods').check('delete').allowed() && authorizer.serviceAccount('a', 'b').group('').resource('pods').check('delete').reason() == 'system:serviceaccount:a:b'" }] });
    await create();
  });

  test('counts an error as its failure policy says', async () => {
    withPolicy({ validations: [{ expression: 'object.nothing.here' }] });
    expect((await refusal(create())).message).toContain("expression 'object.nothing.here' resulted in error: no such key: nothing");
    await api.stop();
    withPolicy({ failurePolicy: 'Ignore', validations: [{ expression: 'object.nothing.here' }] });
    await create();
  });

  test('is about what its conditions and selectors say', async () => {
    withPolicy({ matchConditions: [{ name: 'strict', expression: "has(object.metadata.labels) && 'strict' in object.metadata.labels" }], validations: [{ expression: 'false' }] });
    await create();
    await refusal(create({}, { name: 'n', labels: { strict: '' } }));
    await api.stop();
    withPolicy({ validations: [{ expression: 'false' }] }, { matchResources: { namespaceSelector: { matchLabels: { team: 'red' } } } });
    await create();
    await api.stop();
    withPolicy({ matchConstraints: { ...rules, excludeResourceRules: [{ ...rules.resourceRules[0], resourceNames: ['m'] }] }, validations: [{ expression: 'false' }] });
    await create();
    await refusal(create({}, { name: 'n' }));
  });

  test('warns where its binding wants no more', async () => {
    withPolicy({ validations: [{ expression: 'false', message: 'no' }] }, { validationActions: ['Warn'] });
    const { warnings } = await api.respond('create', 'v1/ns/a/configmaps', map());
    expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no"]);
  });

  test('takes parameters by name and by selector', async () => {
    const limit = (name: string, max: string): readonly [string, string, object] => ['', 'configmaps', { metadata: { name, namespace: 'a', labels: { kind: 'limit' } }, data: { max } }];
    const spec: ValidatingAdmissionPolicySpec = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'object.data.size() <= int(params.data.max)', messageExpression: "'more than ' + params.data.max" }] };
    withPolicy(spec, { paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' } }, [limit('limit', '1')]);
    expect((await refusal(create({ a: '', b: '' }))).message).toContain('more than 1');
    await create({ a: '' });
    await api.stop();
    withPolicy(spec, { paramRef: { selector: { matchLabels: { kind: 'limit' } }, parameterNotFoundAction: 'Deny' } }, [limit('x', '5'), limit('y', '1')]);
    expect((await refusal(create({ a: '', b: '' }))).message).toContain('more than 1');
    await api.stop();
    withPolicy(spec, { paramRef: { name: 'gone', parameterNotFoundAction: 'Deny' } });
    expect((await refusal(create())).message).toContain('no params found for policy binding with `Deny` parameterNotFoundAction');
    await api.stop();
    withPolicy(spec, { paramRef: { name: 'gone', parameterNotFoundAction: 'Allow' } });
    await create();
  });

  test('holds from the moment it is changed', async () => {
    withPolicy({ validations: [{ expression: 'true' }] });
    await create();
    objects.put('admissionregistration.k8s.io', 'validatingadmissionpolicies', { metadata: { name: 'p', uid: '1', generation: 2 }, spec: { matchConstraints: rules, validations: [{ expression: 'false' }] } } as KubeObject);
    await refusal(create({}, { name: 'n' }));
  });
});

test('a policy that does not compile is refused, and none judges policies', async () => {
  withPolicy({ matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] }, validations: [{ expression: 'false' }] });
  const policy = (expression: string): object => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'q' }, spec: { matchConstraints: rules, variables: [{ name: 'n', expression: '1' }], validations: [{ expression }] } });
  const path = 'admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  expect((await refusal(api.call('create', path, policy('variables.m == 1')))).message).toContain("spec.validations[0].expression: Invalid value: \"variables.m == 1\": compilation failed: ERROR: <input>:1:10: undefined field 'm'");
  expect((await refusal(api.call('create', path, policy('variables.n')))).message).toContain('must evaluate to bool');
  await api.call('create', path, policy('variables.n == 1'));
});
