import { api, configMap, creates, invalid, maps, service, withMeta, type BadInput } from '../bad-input.ts';

const many = (count: number, key: (index: number) => string, value = 'x'): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [key(index), value]));
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'mine', uid: 'u' };

/** Names, labels, owners, and what may not be said of an object. */
export const metadata: readonly BadInput[] = [
  ...creates(maps, [
    { name: 'no name', body: withMeta({ name: undefined }), ...invalid, field: 'metadata.name', cause: 'FieldValueRequired', says: 'name or generateName is required' },
    { name: 'a name in capitals', body: withMeta({ name: 'New' }), ...invalid, field: 'metadata.name', cause: 'FieldValueInvalid', says: 'RFC 1123 subdomain' },
    { name: 'a name of 254 characters', body: withMeta({ name: 'a'.repeat(254) }), ...invalid, field: 'metadata.name' },
    { name: 'a name with a slash', body: withMeta({ name: 'a/b' }), ...invalid, field: 'metadata.name' },
    { name: 'a name that climbs', body: withMeta({ name: '..' }), ...invalid, field: 'metadata.name' },
    { name: 'a name with a line break', body: withMeta({ name: 'a\n{"level":"error"}' }), ...invalid, field: 'metadata.name' },
    { name: 'a name with a zero byte', body: withMeta({ name: 'a\0b' }), ...invalid, field: 'metadata.name' },
    { name: 'a name of a megabyte', body: withMeta({ name: 'a-'.repeat(500_000) }), ...invalid, field: 'metadata.name' },
    { name: 'a bad base for a name', body: withMeta({ name: undefined, generateName: 'Bad_' }), ...invalid, field: 'metadata.generateName' },
    { name: 'another namespace than on the path', body: withMeta({ namespace: 'kube-system' }), status: 400, reason: 'BadRequest', says: 'namespace of the provided object does not match the namespace sent on the request' },
    { name: 'a resourceVersion at birth', body: withMeta({ resourceVersion: '5' }), status: 400, reason: 'BadRequest', source: 'Kubernetes: the same words with 500' },
    { name: 'a name that is taken', body: withMeta({ name: 'mine' }), status: 409, reason: 'AlreadyExists', says: 'configmaps "mine" already exists' },
    { name: 'an owner without uid', body: withMeta({ ownerReferences: [{ ...owner, uid: '' }] }), ...invalid, field: 'metadata.ownerReferences[0].uid' },
    { name: 'an owner without kind', body: withMeta({ ownerReferences: [{ ...owner, kind: '' }] }), ...invalid, field: 'metadata.ownerReferences[0].kind' },
    { name: 'two controllers', body: withMeta({ ownerReferences: [{ ...owner, controller: true }, { ...owner, uid: 'v', controller: true }] }), ...invalid, field: 'metadata.ownerReferences', says: 'Only one reference can have Controller set to true' },
    { name: 'five thousand controllers', body: withMeta({ ownerReferences: Array.from({ length: 5_000 }, (_, i) => ({ ...owner, uid: `u${i}`, controller: true })) }), ...invalid, field: 'metadata.ownerReferences' },
    { name: 'an event for an owner', body: withMeta({ ownerReferences: [{ ...owner, kind: 'Event' }] }), ...invalid, field: 'metadata.ownerReferences[0]', says: 'is disallowed from being an owner' },
    { name: 'a finalizer without prefix', body: withMeta({ finalizers: ['stay'] }), ...invalid, field: 'metadata.finalizers' },
    { name: 'both finalizers of the collector', body: withMeta({ finalizers: ['orphan', 'foregroundDeletion'] }), ...invalid, field: 'metadata.finalizers' },
    { name: 'a label with a space', body: withMeta({ labels: { a: 'b c' } }), ...invalid, field: 'metadata.labels' },
    { name: 'a label of 64 characters', body: withMeta({ labels: { a: 'b'.repeat(64) } }), ...invalid, field: 'metadata.labels' },
    { name: 'a label whose key is empty', body: withMeta({ labels: { '': 'b' } }), ...invalid, field: 'metadata.labels' },
    { name: 'five thousand labels, each of them bad', body: withMeta({ labels: many(5_000, (i) => `!${i}`) }), ...invalid, field: 'metadata.labels' },
    { name: 'five thousand labels, one of them bad', body: withMeta({ labels: { ...many(5_000, (i) => `l${i}`), last: 'b c' } }), ...invalid, field: 'metadata.labels' },
    { name: 'annotations of more than 256 KB', body: withMeta({ annotations: many(3, (i) => `a${i}`, 'x'.repeat(100_000)) }), ...invalid, field: 'metadata.annotations', cause: 'FieldValueTooLong' },
    { name: 'a key of data with a slash', body: configMap({ data: { 'a/b': 'x' } }), ...invalid, field: 'data[a/b]' },
    { name: 'a key of data that climbs', body: configMap({ data: { '..': 'x' } }), ...invalid, field: 'data[..]' },
    { name: 'a key both in data and binary data', body: configMap({ data: { a: 'x' }, binaryData: { a: 'eA==' } }), ...invalid, field: 'data[a]' },
    { name: 'data of more than a megabyte', body: configMap({ data: { a: 'x'.repeat(1_100_000) } }), ...invalid, field: '[]', cause: 'FieldValueTooLong', source: 'core validation ValidateConfigMap: field.TooLong(field.NewPath(""), …, MaxSecretSize)' },
  ]),
  { name: 'a service whose name begins with a digit', method: 'POST', path: `${api}/services`, body: { ...service({ ports: [{ port: 1 }] }), metadata: { name: '1a' } }, ...invalid, field: 'metadata.name', says: 'DNS-1035' },
  { name: 'a service whose name has a dot', method: 'POST', path: `${api}/services`, body: { ...service({ ports: [{ port: 1 }] }), metadata: { name: 'a.b' } }, ...invalid, field: 'metadata.name' },
  { name: 'a namespace whose name has a dot', method: 'POST', path: '/api/v1/namespaces', body: { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'a.b' } }, ...invalid, field: 'metadata.name' },
  { name: 'a namespace that is not there', method: 'POST', path: '/api/v1/namespaces/nowhere/configmaps', body: configMap({ metadata: { name: 'new' } }), status: 404, reason: 'NotFound', says: 'namespaces "nowhere" not found' },
  { name: 'a namespace on its way out', method: 'POST', path: '/api/v1/namespaces/going/configmaps', body: configMap({ metadata: { name: 'new' } }), status: 403, reason: 'Forbidden', field: 'metadata.namespace', cause: 'NamespaceTerminating', says: 'because it is being terminated' },
  { name: 'the namespace that must stay', method: 'DELETE', path: '/api/v1/namespaces/kube-system', status: 403, reason: 'Forbidden', says: 'this namespace may not be deleted' },
];
