import { expect, test } from 'vitest';
import { parseEncryptionConfiguration } from './configuration.ts';

const secret = Buffer.alloc(32, 7).toString('base64');
const file = (resources: unknown): string => JSON.stringify({ kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1', resources });
const keys = (...all: object[]): object => ({ aesgcm: { keys: all } });
const one = (provider: object, resources: unknown = ['secrets']): string => file([{ resources, providers: [provider] }]);
const kms = (more: object): string => one({ kms: { apiVersion: 'v2', name: 'k', endpoint: 'unix:///tmp/x', ...more } });

test('reads what Kubernetes documents', () => {
  const text = `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets, configmaps, pandas.awesome.bears.example]
    providers:
      - kms: {apiVersion: v2, name: myKmsPlugin, endpoint: unix:///tmp/socketfile.sock, timeout: 1.5s}
      - aescbc: {keys: [{name: key1, secret: ${secret}}]}
      - identity: {}
  - resources: ['*.apps']
    providers: [{secretbox: {keys: [{name: key1, secret: ${secret}}]}}]`;
  const parsed = parseEncryptionConfiguration(text);
  expect(parsed.map(({ resources, providers }) => [resources.length, providers.map(({ type }) => type)])).toEqual([
    [3, ['kms', 'aescbc', 'identity']],
    [1, ['secretbox']],
  ]);
  expect(parsed[0]?.providers[0]).toMatchObject({ kms: { name: 'myKmsPlugin', socket: '/tmp/socketfile.sock', timeoutMs: 1500 } });
});

test.each([
  ['not YAML', `a: [${secret}`, 'the file is not YAML or JSON'],
  ['a list', '[]', 'the file: must be an object'],
  ['another kind', '{kind: Secret, apiVersion: v1, resources: []}', 'kind: Unsupported value: "Secret"'],
  ['nothing', file([]), 'resources: Required value'],
  ['no providers', file([{ resources: ['secrets'], providers: [] }]), 'resources[0].providers: Required value'],
  ['no resources', file([{ providers: [{ identity: {} }] }]), 'resources[0].resources: Required value'],
  ['an unknown field', file([{ resources: ['secrets'], providers: [{ identity: {} }], provider: [] }]), 'resources[0].provider: unknown field'],
  ['an unknown field at the top', '{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resource: []}', 'resource: unknown field'],
  ['a prototype', `{"__proto__": {}, ${file([]).slice(1)}`, '__proto__: unknown field'],
  ['an unknown provider', one({ rot13: {} }), 'resources[0].providers[0].rot13: unknown field'],
  ['an empty provider', one({}), 'provider does not contain any of the expected providers'],
  ['two providers in one', one({ identity: {}, ...keys({ name: 'a', secret }) }), 'more than one provider specified in a single element'],
  ['no keys', one(keys()), 'resources[0].providers[0].aesgcm.keys: Required value'],
  ['a short key', one(keys({ name: 'a', secret: Buffer.alloc(31).toString('base64') })), 'aesgcm.keys[0].secret: Invalid value: secret is not of the expected length, got 31, expected one of [16 24 32]'],
  ['a short key of secretbox', one({ secretbox: { keys: [{ name: 'a', secret: Buffer.alloc(16).toString('base64') }] } }), 'got 16, expected one of [32]'],
  ['a key that is not base64', one(keys({ name: 'a', secret: `!${secret}` })), 'secrets must be base64 encoded'],
  ['a key without a name', one(keys({ secret })), 'keys[0].name: Required value'],
  ['a name with a colon', one(keys({ name: 'a:b', secret })), 'keys[0].name: Invalid value: must not hold a colon'],
  ['a name twice', one(keys({ name: 'a', secret }, { name: 'a', secret })), 'keys[1].name: Duplicate value: "a"'],
  ['a key as a number', one(keys({ name: 'a', secret: 5 })), 'keys[0].secret: must be text'],
  ['a resource twice', one({ identity: {} }, ['secrets', 'secrets']), 'resources[0].resources[1]: Invalid value: "secrets": the same resource cannot be specified multiple times'],
  ['a star', one({ identity: {} }, ['*']), "use '*.' to encrypt all the resources from core API group"],
  ['a masked resource', one({ identity: {} }, ['secrets', '*.']), "resources[0].resources[0]: Invalid value: \"secrets\": using overlapping resources such as 'secrets' and '*.'"],
  ['a masked group', one({ identity: {} }, ['*.apps', '*.*']), "'*.apps' and '*.*'"],
  ['capitals', one({ identity: {} }, ['Secrets']), 'should not contain capital letters'],
  ['a subresource', one({ identity: {} }, ['pods/status']), 'name the resource'],
  ['events of the new group', one({ identity: {} }, ['events.events.k8s.io']), "Use 'events' instead"],
  ['KMS v1', kms({ apiVersion: 'v1' }), 'resources[0].providers[0].kms.apiVersion: Unsupported value: "v1": KMS v1 is deprecated'],
  ['KMS without a version, which is v1', kms({ apiVersion: undefined }), 'KMS v1 is deprecated'],
  ['a KMS over TCP', kms({ endpoint: 'tcp://127.0.0.1:5' }), 'kms.endpoint: Invalid value: only unix:///PATH'],
  ['a timeout of nothing', kms({ timeout: '0s' }), 'kms.timeout: Invalid value: should be a positive value'],
  ['a timeout that is none', kms({ timeout: 'soon' }), 'kms.timeout: must be a duration'],
  ['a cache size of v2', kms({ cachesize: 5 }), 'cachesize is not supported in v2'],
])('refuses %s, by its path and without a key', (_name, text, problem) => {
  let message = '';
  try {
    parseEncryptionConfiguration(text);
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message).toContain(problem);
  expect(message).not.toContain(secret.slice(0, 12));
});
