import { api, apps, bad, batch, container, deployment, invalid, maps, pods, template, type BadInput } from '../bad-input.ts';

const merge = { 'content-type': 'application/merge-patch+json' };
const json = { 'content-type': 'application/json-patch+json' };
const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
const apply = { 'content-type': 'application/apply-patch+yaml' };
const mine = `${maps}/mine`;
const map = (metadata: object = {}): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'mine', ...metadata } });
const conflict = { status: 409, reason: 'Conflict' };
const put = (name: string, path: string, body: unknown, more: Partial<BadInput> & { status: number }): BadInput => ({ name, method: 'PUT', path, body, ...more });
const patch = (name: string, body: unknown, more: Partial<BadInput> & { status: number }, headers: BadInput['headers'] = merge, path = mine): BadInput => ({ name, method: 'PATCH', path, headers, body, ...more });
const operations = (list: unknown): [unknown, Partial<BadInput> & { status: number }] => [list, invalid];
const jsonPatch = (name: string, list: unknown, more: Partial<BadInput> & { status: number } = operations(list)[1]): BadInput => patch(name, list, more, json);
const fixed = (what: string, path: string, change: object, field: string, more: Partial<BadInput> = {}): BadInput => patch(`a change of ${what}`, change, { ...invalid, field, ...more }, merge, path);

/** Objects that are there, and changes they do not allow. */
export const changes: readonly BadInput[] = [
  put('an object that is not there', `${maps}/nobody`, { ...map(), metadata: { name: 'nobody' } }, { status: 404, reason: 'NotFound', says: 'configmaps "nobody" not found' }),
  put('another name than on the path', mine, map({ name: 'others' }), bad),
  put('another namespace than on the path', mine, map({ namespace: 'kube-system' }), bad),
  put('a stale version', mine, map({ resourceVersion: '1' }), { ...conflict, says: 'the object has been modified' }),
  put('the uid of another', mine, map({ uid: '00000000-0000-0000-0000-000000000000' }), { ...conflict, says: 'Precondition failed: UID in precondition' }),
  put('a kind of another path', mine, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'mine' } }, bad),
  fixed('the address of a service', `${api}/services/here`, { spec: { clusterIP: '10.96.0.78', clusterIPs: ['10.96.0.78'] } }, 'spec.clusterIPs[0]', { says: 'may not change once set' }),
  fixed('the selector of a deployment', `${apps}/deployments/here`, { spec: { selector: { matchLabels: { a: 'c' } }, template: { metadata: { labels: { a: 'c' } } } } }, 'spec.selector', { says: 'field is immutable' }),
  fixed('what is immutable', `${maps}/fixed`, { data: { a: '2' } }, 'data', { cause: 'FieldValueForbidden' }),
  fixed('being immutable', `${maps}/fixed`, { immutable: false }, 'immutable', { cause: 'FieldValueForbidden' }),
  fixed('the type of a secret', `${api}/secrets/here`, { type: 'example.com/other' }, 'type', { says: 'field is immutable' }),
  fixed('what a pod runs as', `${pods}/here`, { spec: { hostNetwork: true } }, 'spec', { cause: 'FieldValueForbidden', says: 'pod updates may not change fields other than' }),
  fixed('the template of a job', `${batch}/jobs/here`, { spec: { template: { spec: { containers: [{ ...container, image: 'other' }] } } } }, 'spec.template', { says: 'field is immutable' }),
  fixed('the service of a stateful set', `${apps}/statefulsets/here`, { spec: { serviceName: 'b' } }, 'spec', { cause: 'FieldValueForbidden' }),
  fixed('the modes of a claim', `${api}/persistentvolumeclaims/here`, { spec: { accessModes: ['ReadOnlyMany'] } }, 'spec', { cause: 'FieldValueForbidden' }),
  fixed('the provisioner of a storage class', '/apis/storage.k8s.io/v1/storageclasses/here', { provisioner: 'b' }, 'provisioner', { cause: 'FieldValueForbidden' }),
  fixed('the value of a priority', '/apis/scheduling.k8s.io/v1/priorityclasses/here', { value: 6 }, 'value', { cause: 'FieldValueForbidden' }),
  patch('the containers of a pod through their sizes', { spec: { containers: [{ ...container, image: 'evil' }] } }, { ...invalid, field: 'spec', cause: 'FieldValueForbidden' }, merge, `${pods}/here/resize`),
  patch('debugging containers through the pod itself', { spec: { ephemeralContainers: [{ name: 'debug', image: 'evil' }] } }, { ...invalid, field: 'spec', cause: 'FieldValueForbidden' }, merge, `${pods}/here`),

  patch('a patch of no kind', {}, { status: 415, reason: 'UnsupportedMediaType' }, { 'content-type': 'application/json' }),
  patch('a patch of text', 'a', { status: 415, reason: 'UnsupportedMediaType' }, { 'content-type': 'text/plain' }),
  patch('a patch of what is not there', {}, { status: 404, reason: 'NotFound' }, merge, `${maps}/nobody`),
  patch('a merge patch that is no JSON', '{', bad),
  patch('a merge patch that is a list', [], bad),
  patch('a merge patch to another name', { metadata: { name: 'x' } }, bad),
  patch('a merge patch to another kind', { kind: 'Secret' }, { ...invalid, field: 'patch' }),
  patch('a merge patch of a stale version', { metadata: { resourceVersion: '1' } }, conflict),
  patch('a merge patch with a bad label', { metadata: { labels: { a: 'b c' } } }, { ...invalid, field: 'metadata.labels' }),
  patch('a merge patch of a wrong type', { data: 5 }, { ...invalid, field: 'patch', source: 'endpoints/handlers/patch.go: decoding what is patched is Invalid, field patch' }),
  patch('a merge patch of 4 MB', { data: { a: 'x'.repeat(4_000_000) } }, { status: 413, reason: 'RequestEntityTooLarge' }),
  patch('a merge patch that makes the object too large', { data: { b: 'x'.repeat(1_048_576) } }, invalid),

  jsonPatch('a JSON patch that is an object', {}, bad),
  jsonPatch('a JSON patch whose test fails', [{ op: 'test', path: '/data/a', value: '2' }]),
  jsonPatch('a JSON patch that does then fails', [{ op: 'add', path: '/data/b', value: '2' }, { op: 'test', path: '/data/a', value: '2' }]),
  jsonPatch('an operation that is none', [{ op: 'explode', path: '/data' }]),
  jsonPatch('an operation without a path', [{ op: 'add', value: 1 }]),
  jsonPatch('a removal of what is not there', [{ op: 'remove', path: '/data/zz' }]),
  jsonPatch('a removal of the prototype', [{ op: 'remove', path: '/__proto__/toString' }]),
  jsonPatch('an addition to the prototype', [{ op: 'add', path: '/constructor/prototype/polluted', value: true }]),
  jsonPatch('a replacement of nothing', [{ op: 'replace', path: '/nope/x', value: 1 }]),
  jsonPatch('a move into itself', [{ op: 'move', from: '/data', path: '/data/a' }]),
  jsonPatch('a hundred thousand operations', Array(100_000).fill({ op: 'test', path: '', value: 1 }), { status: 413, reason: 'RequestEntityTooLarge', source: 'CVE-2019-1002100: 10,000 operations' }),
  jsonPatch('copies that double each time', [{ op: 'add', path: '/data/a', value: 'x'.repeat(100_000) }, ...Array.from({ length: 30 }, () => ({ op: 'copy', from: '/data', path: '/data/b' }))], { status: 413, reason: 'RequestEntityTooLarge', source: 'evanphx/json-patch AccumulatedCopySizeLimit' }),
  jsonPatch('a value nested without end', [{ op: 'add', path: '/data/a', value: JSON.parse(`${'['.repeat(400)}${']'.repeat(400)}`) as unknown }], { status: 413 }),

  patch('a directive that is none', { metadata: { $patch: 'explode' } }, invalid, strategic),
  patch('an element without its key', { spec: { template: { spec: { containers: [{ image: 'x' }] } } } }, invalid, strategic, `${apps}/deployments/here`),
  patch('an order that is no list', { spec: { template: { spec: { '$setElementOrder/containers': 'a', containers: [container] } } } }, bad, strategic, `${apps}/deployments/here`),
  patch('kept keys that are no list', { spec: { strategy: { $retainKeys: 'type' } } }, bad, strategic, `${apps}/deployments/here`),

  patch('an apply by nobody', map(), { ...invalid, field: 'fieldManager', cause: 'FieldValueRequired' }, apply),
  patch('an apply that is no YAML', 'kind: [', bad, apply, `${mine}?fieldManager=me`),
  patch('an apply of another name', map({ name: 'x' }), bad, apply, `${mine}?fieldManager=me`),
  patch('an apply of another\'s field', { ...map(), data: { a: '9' } }, { ...conflict, field: '.data.a', cause: 'FieldManagerConflict' }, apply, `${mine}?fieldManager=me`),
  patch('force without apply', {}, { ...invalid, field: 'force', cause: 'FieldValueForbidden' }, merge, `${mine}?force=true`),
  put('a scale below nought', `${apps}/deployments/here/scale`, { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'here' }, spec: { replicas: -1 } }, { ...invalid, field: 'spec.replicas' }),
  put('a deployment for a scale', `${apps}/deployments/here/scale`, deployment({ template: template() }), bad),
  { name: 'a binding to nowhere', method: 'POST', path: `${pods}/here/binding`, body: { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'here' }, target: { kind: 'Node', name: '' } }, ...invalid, field: 'target.name' },
  { name: 'an eviction of nobody', method: 'POST', path: `${pods}/nobody/eviction`, body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'nobody' } }, status: 404, reason: 'NotFound' },
];
