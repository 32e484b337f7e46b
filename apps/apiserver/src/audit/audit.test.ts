import { kindRegistry, type KubeObject } from '@rhythm/api';
import { seededRandom, VirtualClock } from '@rhythm/base';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { podSecurity } from '../admission/pod-security/pod-security.ts';
import { validatingPolicies } from '../admission/policies/validating-policies.ts';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { AdmissionStep, Authorizer } from '../ports/types.ts';
import { testApi, type TestApi } from '../testing.ts';
import { Auditor, AuditPolicy, LogFile } from './index.ts';
import { redacted, redactedUri } from './redact.ts';

let api: TestApi | undefined;
afterEach(() => api?.stop());

interface Line {
  readonly level: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username?: string };
  readonly objectRef?: object;
  readonly responseStatus?: { readonly code: number; readonly message?: string };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly annotations?: Readonly<Record<string, string>>;
}

function audited(rules: string, ...admission: AdmissionStep[]): Line[] {
  const lines: Line[] = [];
  const policy = AuditPolicy.parse(`apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n${rules}`);
  api = testApi({ admission, audit: new Auditor({ policy, clock: new VirtualClock(), random: seededRandom(1), write: (line) => void lines.push(JSON.parse(line) as Line) }) });
  return lines;
}

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'aGlkZGVu' } }, data: { key: 'aGlkZGVu' } };
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1' } };

test('who did what, and what came of it', async () => {
  const lines = audited('- level: Metadata\n');
  await api?.call('create', 'v1/ns/default/configmaps', map);
  await api?.call('get', 'v1/ns/default/configmaps/none').catch(() => undefined);
  expect(lines.map(({ stage, verb, requestURI, responseStatus }) => [stage, verb, requestURI, responseStatus?.code])).toEqual([
    ['ResponseComplete', 'create', '/api/v1/namespaces/default/configmaps', 201],
    ['ResponseComplete', 'get', '/api/v1/namespaces/default/configmaps/none', 404],
  ]);
  expect(lines[0]).toMatchObject({ kind: 'Event', level: 'Metadata', user: { username: 'tester', groups: ['system:masters'] }, objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' }, annotations: { 'authorization.k8s.io/decision': 'allow' } });
  expect(lines[0]).not.toHaveProperty('requestObject');
  expect(lines[1]?.responseStatus?.message).toBe('configmaps "none" not found');
});

test('bodies and answers as the level says, never a secret or a token', async () => {
  const lines = audited('- level: RequestResponse\n');
  await api?.call('create', 'v1/ns/default/configmaps', map);
  await api?.call('create', 'v1/ns/default/secrets', secret);
  await api?.call('list', 'v1/ns/default/secrets');
  await api?.call('patch', 'v1/ns/default/secrets/s', [{ op: 'replace', path: '/data/key', value: 'aGlkZGVu' }], { contentType: 'application/json-patch+json' });
  expect(lines[0]).toMatchObject({ requestObject: { data: { a: '1' } }, responseObject: { data: { a: '1' }, metadata: { name: 'm' } } });
  expect(lines[1]).toMatchObject({ requestObject: { data: { key: 'redacted' } }, responseObject: { data: { key: 'redacted' } } });
  expect(lines).toHaveLength(4);
  expect(JSON.stringify(lines)).not.toContain('aGlkZGVu');
});

test.each<[string, object, unknown, unknown]>([
  ['what a Secret has beside its fields', { group: '', resource: 'secrets', subresource: '' }, { kind: 'Secret', token: 't', immutable: 't', type: ['t'], data: ['t'], metadata: { name: 's' } }, { kind: 'Secret', metadata: { name: 's' }, data: 'redacted' }],
  ['a list of token reviews', { group: 'authentication.k8s.io', resource: 'tokenreviews', subresource: '' }, [{ spec: { token: 't' } }], 'redacted'],
  ['what a token review has beside its fields', { group: 'authentication.k8s.io', resource: 'tokenreviews', subresource: '' }, { token: 't', spec: { token: 't', tokens: ['t'], audiences: ['a'] }, status: 't' }, { spec: { token: 'redacted', audiences: ['a'] }, status: 'redacted' }],
  ['a refusal', { group: '', resource: 'secrets', subresource: '' }, { kind: 'Status', apiVersion: 'v1', code: 409, message: 'why', data: 't' }, { kind: 'Status', apiVersion: 'v1', code: 409, message: 'why' }],
  ['of other kinds nothing', { group: '', resource: 'configmaps', subresource: '' }, { token: 't' }, { token: 't' }],
])('hidden is %s', (_what, attributes, body, shown) => {
  expect(redacted(body, attributes as Parameters<typeof redacted>[1])).toEqual(shown);
});

test('parameters that hold tokens are not written down, others are', () => {
  expect(redactedUri('/api/v1/pods?limit=5&access_token=a.b&x-Token=c&continue=d#e&client_secret=f')).toBe('/api/v1/pods?limit=5&access_token=redacted&x-Token=redacted&continue=d#e&client_secret=redacted');
});

test('the first rule that fits decides; what none fits is not written down', async () => {
  const lines = audited(`
- level: None
  users: [tester]
  verbs: [get]
- level: Request
  resources: [{ group: "", resources: [configmaps] }]
  namespaces: [default]
- level: Metadata
  resources: [{ group: apps, resources: ["*"] }]
`);
  await api?.call('create', 'v1/ns/default/configmaps', map);
  await api?.call('create', 'v1/ns/other/configmaps', map);
  await api?.call('get', 'v1/ns/default/configmaps/m');
  await api?.call('list', 'apps/v1/ns/default/deployments');
  expect(lines.map(({ level, verb }) => [level, verb])).toEqual([['Request', 'create'], ['Metadata', 'list']]);
});

test('a watch begins and ends', async () => {
  const lines = audited('- level: Metadata\n');
  const gone = new AbortController();
  const watch = await api?.watch('v1/ns/default/configmaps', {}, gone.signal);
  expect(lines.map(({ stage }) => stage)).toEqual(['ResponseStarted']);
  const events = watch?.[Symbol.asyncIterator]();
  const next = events?.next();
  gone.abort(new Error('gone'));
  await next?.catch(() => undefined);
  await events?.return?.();
  expect(lines.map(({ stage }) => stage)).toEqual(['ResponseStarted', 'ResponseComplete']);
});

describe('a policy', () => {
  test.each([
    ['kind: Policy\nrules: []', 'kind and apiVersion'],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []', 'rules: at least one is needed'],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Everything }]', 'rules[0].level: must be one of None, Metadata, Request, RequestResponse'],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: None, users: root }]', 'rules[0].users: must be a list'],
  ])('%s is refused', (text, why) => {
    expect(() => AuditPolicy.parse(text)).toThrow(why);
  });
});

test('the file is set aside when it is full, the oldest goes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rhythm-audit-'));
  try {
    const file = new LogFile(join(folder, 'audit.log'), 20, 2);
    for (const line of ['first-line', 'second-line', 'third-line', 'fourth-line']) file.write(line);
    file.close();
    expect(readdirSync(folder).sort()).toEqual(['audit.log', 'audit.log.1', 'audit.log.2']);
    expect(readFileSync(join(folder, 'audit.log'), 'utf8')).toBe('fourth-line\n');
    expect(readFileSync(join(folder, 'audit.log.2'), 'utf8')).toBe('second-line\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('what admission notes', () => {
  test('Pod Security: what is enforced, and what would violate what is to be audited', async () => {
    const objects = new MemoryObjects();
    objects.put('', 'namespaces', { metadata: { name: 'default', labels: { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/audit': 'restricted' } } });
    const lines = audited('- level: Metadata\n', podSecurity(objects));
    const pod = (spec: object): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
    await api?.call('create', 'v1/ns/default/pods', pod({}));
    await api?.call('create', 'v1/ns/default/pods', pod({ hostNetwork: true })).catch(() => undefined);
    const notes = lines.map(({ annotations }) => [annotations?.['pod-security.kubernetes.io/enforce-policy'], annotations?.['pod-security.kubernetes.io/audit-violations']]);
    expect(notes).toEqual([
      ['baseline:latest', expect.stringMatching(/^would violate PodSecurity "restricted:latest": .*allowPrivilegeEscalation/)],
      ['baseline:latest', expect.stringContaining('host namespaces')],
    ]);
    expect(lines[1]?.annotations?.['authorization.k8s.io/decision']).toBe('allow');
  });

  test('policies: their own values, and failures where a binding wants them noted', async () => {
    const objects = new MemoryObjects();
    const put = (resource: string, object: object): void => objects.put('admissionregistration.k8s.io', resource, object as KubeObject);
    const rules = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }] };
    put('validatingadmissionpolicies', {
      metadata: { name: 'p', uid: '1', generation: 1 },
      spec: { matchConstraints: rules, validations: [{ expression: 'true' }, { expression: "object.data.a == '2'", message: 'not two' }], auditAnnotations: [{ key: 'size', valueExpression: 'string(object.data.size())' }, { key: 'none', valueExpression: 'null' }] },
    });
    put('validatingadmissionpolicybindings', { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Audit'] } });
    const nobody: Authorizer = { authorize: () => Promise.reject(new Error('unused')), rulesFor: () => Promise.reject(new Error('unused')) };
    const lines = audited('- level: None\n  resources: [{ resources: [secrets] }]\n- level: Metadata\n', validatingPolicies({ registry: kindRegistry, reader: objects, changes: objects, authorizer: nobody }));
    await api?.call('create', 'v1/ns/default/configmaps', map);
    const { annotations } = lines[0] ?? {};
    expect(annotations?.['p/size']).toBe('1');
    expect(annotations).not.toHaveProperty('p/none');
    expect(JSON.parse(annotations?.['validation.policy.admission.k8s.io/validation_failure'] ?? '')).toEqual([{ message: 'not two', policy: 'p', binding: 'b', expressionIndex: 1, validationActions: ['Audit'] }]);
  });
});
