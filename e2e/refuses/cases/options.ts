import { api, bad, configMap, invalid, maps, pods, type BadInput } from '../bad-input.ts';

const mine = `${maps}/mine`;
const text = (name: string, query: string, more: Partial<BadInput> & { status: number }): BadInput => ({ name, method: 'GET', path: `${maps}?${query}`, ...more });
const create = (name: string, query: string, more: Partial<BadInput> & { status: number }): BadInput => ({ name, method: 'POST', path: `${maps}?${query}`, body: configMap(), ...more });
const remove = (name: string, query: string, body: unknown, more: Partial<BadInput> & { status: number }): BadInput => ({ name, method: 'DELETE', path: `${mine}${query}`, body, ...more });
const unsupported = { ...invalid, cause: 'FieldValueNotSupported' };
const forbidden = { ...invalid, cause: 'FieldValueForbidden' };
const conflict = { status: 409, reason: 'Conflict', says: 'Precondition failed' };
const missing = { status: 404, reason: 'NotFound' };
const notAllowed = { status: 405, reason: 'MethodNotAllowed' };
const notAcceptable = { status: 406, reason: 'NotAcceptable' };
const path = (name: string, method: string, at: string, more: Partial<BadInput> & { status: number }): BadInput => ({ name, method, path: at, ...more });

/** Parameters of lists, watches and writes. */
export const options: readonly BadInput[] = [
  text('a limit that is no number', 'limit=x', bad),
  text('a version that is no number', 'resourceVersion=abc', bad),
  text('a version below nought', 'resourceVersion=-1', bad),
  text('a match without version', 'resourceVersionMatch=Exact', { ...forbidden, field: 'resourceVersionMatch' }),
  text('a match that is none', 'resourceVersion=1&resourceVersionMatch=Nearly', { ...unsupported, field: 'resourceVersionMatch' }),
  text('exactly version nought', 'resourceVersion=0&resourceVersionMatch=Exact', { ...forbidden, field: 'resourceVersionMatch' }),
  text('initial events of a list', 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan', { ...forbidden, field: 'sendInitialEvents' }),
  text('a token to go on that is junk', 'limit=1&continue=junk', bad),
  text('a token to go on that climbs', `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../../secrets/default/here"}').toString('base64url')}`, bad),
  text('a token to go on with a version', `resourceVersion=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}').toString('base64url')}`, bad),
  text('a time-out that is no number', 'timeoutSeconds=x', bad),
  text('a field nobody can select by', 'fieldSelector=data.a=1', { ...bad, says: 'data.a' }),
  text('a field selector that is none', 'fieldSelector=metadata.name', bad),
  text('a label selector that stops short', 'labelSelector=a+in', bad),
  text('a label selector with two values', 'labelSelector=a%3D%3Db%3D%3Dc', bad),
  text('a label selector of punctuation', 'labelSelector=%21%21%2C%28', bad),
  text('a label selector for a value that cannot be', `labelSelector=a%3D${'b'.repeat(64)}`, bad),
  text('a watch from a version that is no number', 'watch=1&resourceVersion=abc', bad),
  text('a watch with initial events but no match', 'watch=1&sendInitialEvents=true', { ...forbidden, field: 'resourceVersionMatch' }),
  text('a watch with a match but no initial events', 'watch=1&resourceVersionMatch=NotOlderThan', { ...forbidden, field: 'resourceVersionMatch' }),
  text('a watch by a field nobody can select by', 'watch=1&fieldSelector=data.a=1', bad),
  text('a watch with a bad selector', 'watch=1&labelSelector=a+in', bad),
  create('a validation that is none', 'fieldValidation=Maybe', { ...unsupported, field: 'fieldValidation' }),
  create('a dry run of some', 'dryRun=Some', { ...unsupported, field: 'dryRun' }),
  create('a manager of 129 characters', `fieldManager=${'m'.repeat(129)}`, { ...invalid, field: 'fieldManager', cause: 'FieldValueTooLong' }),
  create('a manager with a line break', 'fieldManager=a%0Ab', { ...invalid, field: 'fieldManager' }),
  { ...create('a bad dry run of an update', '', unsupported), method: 'PUT', path: `${mine}?dryRun=all`, field: 'dryRun' },
  remove('a policy of deletion', '?propagationPolicy=Backwards', undefined, { ...unsupported, field: 'propagationPolicy' }),
  remove('a policy of deletion in the body', '', { propagationPolicy: 'Backwards' }, { ...unsupported, field: 'propagationPolicy' }),
  remove('two policies of deletion', '', { propagationPolicy: 'Orphan', orphanDependents: true }, { ...invalid, field: 'propagationPolicy' }),
  remove('a dry run of a deletion that is misspelt', '', { dryRun: ['all'] }, { ...unsupported, field: 'dryRun' }),
  remove('a dry run of a deletion that is a text', '', { dryRun: 'All' }, bad),
  remove('the uid of another', '', { preconditions: { uid: 'x' } }, conflict),
  remove('the version of another', '', { preconditions: { resourceVersion: '1' } }, conflict),
  remove('preconditions that are a text', '', { preconditions: 'x' }, bad),
  remove('a deletion whose body is no JSON', '', '{', bad),
  remove('a grace that is no number', '?gracePeriodSeconds=x', undefined, bad),
  remove('a pod in the body of a deletion', '', { kind: 'Pod', apiVersion: 'v1' }, bad),
  path('a deletion of what is not there', 'DELETE', `${maps}/nobody`, missing),
  path('a deletion of all by a bad selector', 'DELETE', `${maps}?labelSelector=a+in`, bad),
];

/** Things that are not there, verbs they do not have, forms they cannot take. */
export const paths: readonly BadInput[] = [
  path('a group that is not there', 'GET', '/apis/nope.example.com/v1/things', missing),
  path('a version that is not there', 'GET', '/apis/apps/v9/namespaces/default/deployments', missing),
  path('a resource that is not there', 'GET', `${api}/nopes`, missing),
  path('a resource named like a member of objects', 'GET', `${api}/constructor`, missing),
  path('an object that is not there', 'GET', `${maps}/nobody`, missing),
  path('a subresource that is not there', 'GET', `${pods}/here/nope`, missing),
  path('a subresource of another kind', 'GET', `${mine}/status`, missing),
  path('a kind of the cluster in a namespace', 'GET', `${api}/nodes/here`, { ...missing, source: 'CVE-2019-11247' }),
  path('a path that is not there', 'GET', '/nope', missing),
  path('a create on an object', 'POST', mine, notAllowed),
  path('an update of all', 'PUT', maps, notAllowed),
  path('a patch of all', 'PATCH', maps, notAllowed),
  path('a deletion of all namespaces', 'DELETE', '/api/v1/namespaces', notAllowed),
  path('a deletion in all namespaces', 'DELETE', '/api/v1/configmaps', notAllowed),
  path('a create without namespace', 'POST', '/api/v1/configmaps', { ...notAllowed, body: configMap() }),
  path('a deletion of a status', 'DELETE', `${pods}/here/status`, notAllowed),
  path('a method that is none', 'PROPFIND', maps, notAllowed),
  path('a trace', 'TRACE', maps, notAllowed),
  path('a name with an encoded slash', 'GET', `${maps}/..%2f..%2fsecrets%2fdefault%2fhere`, bad),
  path('a name that climbs', 'GET', `${maps}/%2e%2e`, bad),
  path('a name with a zero byte', 'GET', `${maps}/a%00b`, bad),
  path('an encoding that is none', 'GET', `${maps}/%zz`, bad),
  path('a namespace with a slash', 'GET', '/api/v1/namespaces/a%2fb/configmaps', bad),
  path('a path that climbs', 'GET', `${api}/../kube-system/secrets`, missing),
  path('a name of 300 characters', 'GET', `${maps}/${'a'.repeat(300)}`, { status: 400, source: 'Kubernetes: 404; there is no key of that length' }),
  path('an answer in HTML', 'GET', mine, { ...notAcceptable, headers: { accept: 'text/html' } }),
  path('a table in protobuf', 'GET', maps, { ...notAcceptable, headers: { accept: 'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io' } }),
  path('a watch in YAML', 'GET', `${maps}?watch=1`, { ...notAcceptable, headers: { accept: 'application/yaml' } }),
  path('a command without upgrade', 'POST', `${pods}/here/exec?command=ls&container=a`, { status: 400, reason: 'BadRequest' }),
  path('headers of 100 KB', 'GET', maps, { headers: { 'x-long': 'x'.repeat(100_000) }, status: 431 }),
  path('a thousand headers', 'GET', maps, { headers: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, '1'])), status: 431 }),
  path('an address of 100 KB', 'GET', `${maps}?labelSelector=${'a'.repeat(100_000)}`, { status: 431, source: 'Go answers the same' }),
];
