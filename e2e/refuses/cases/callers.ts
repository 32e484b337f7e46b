import { api, apps, configMap, maps, pods, type BadInput } from '../bad-input.ts';
import { issuer, type Server } from '../server.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const forbidden = { status: 403, reason: 'Forbidden' };
const unauthorized = { status: 401, reason: 'Unauthorized' };
const by = (as: string, name: string, method: string, path: string, more: Partial<BadInput> = {}): BadInput => ({ name: `${as}: ${name}`, method, path, as, ...forbidden, ...more });
const role = (rules: readonly object[]): object => ({ kind: 'Role', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'new' }, rules });
const binding = (name: string): object => ({
  kind: 'RoleBinding', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'new' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'dave' }],
});
const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const merge = { 'content-type': 'application/merge-patch+json' };

/** Who may not, or is not who he says. */
export const callers: readonly BadInput[] = [
  ...(['GET', 'POST', 'DELETE'] as const).map((method): BadInput => ({ name: `nobody: ${method}`, method, path: maps, as: '', ...unauthorized, source: 'CIS 1.2.1: anonymous requests are off' })),
  by('', 'a path of no resource', 'GET', '/metrics', unauthorized),
  by('', 'a way around the open paths', 'GET', '/healthz/../api/v1/secrets'),
  by('', 'the name of another in a header', 'GET', maps, { ...unauthorized, headers: { 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' } }),
  by('', 'a header for a certificate', 'GET', maps, { ...unauthorized, headers: { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters', 'x-forwarded-client-cert': 'CN=admin' } }),
  by('foreign', 'the right name from the wrong authority', 'GET', maps, unauthorized),
  by('', 'a password', 'GET', maps, { ...unauthorized, headers: { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` } }),
  by('', 'no token', 'GET', maps, { ...unauthorized, headers: { authorization: 'Bearer ' } }),
  by('', 'a token of junk', 'GET', maps, { ...unauthorized, headers: { authorization: 'Bearer junk' } }),
  by('', 'a token of 20 KB', 'GET', maps, { ...unauthorized, headers: { authorization: `Bearer ${'a.'.repeat(10_000)}` } }),
  by('bob', 'list', 'GET', maps, { says: 'User "bob" cannot list resource "configmaps" in API group "" in the namespace "default"' }),
  by('bob', 'get', 'GET', `${api}/secrets/here`),
  by('bob', 'watch', 'GET', `${maps}?watch=1`, { says: 'cannot watch' }),
  by('bob', 'create', 'POST', maps, { body: configMap() }),
  by('bob', 'a body of 10 MB, which is not even read', 'POST', maps, { body: 'x'.repeat(10_000_000) }),
  by('bob', 'delete', 'DELETE', `${maps}/mine`),
  by('bob', 'delete all', 'DELETE', maps, { says: 'cannot deletecollection' }),
  by('bob', 'a subresource', 'GET', `${pods}/here/log`, { says: '"pods/log"' }),
  by('bob', 'exec', 'POST', `${pods}/here/exec?command=ls`, { says: '"pods/exec"' }),
  by('bob', 'what is not there', 'GET', `${api}/nopes`, { source: 'authorisation comes before the search' }),
  by('bob', 'metrics', 'GET', '/metrics', { says: 'cannot get path "/metrics"' }),
  by('bob', 'a token of another', 'POST', `${api}/serviceaccounts/default/token`, { body: {} }),
  by('bob', 'impersonate', 'GET', maps, { headers: { 'impersonate-user': 'admin' }, says: 'cannot impersonate resource "users"' }),
  by('admin', 'a list as bob', 'GET', maps, { headers: { 'impersonate-user': 'bob' }, says: 'User "bob" cannot list' }),
  by('admin', 'a list as a service account', 'GET', maps, { headers: { 'impersonate-user': 'system:serviceaccount:default:default' } }),
  by('admin', 'a group of nobody', 'GET', maps, { headers: { 'impersonate-group': 'system:masters' }, status: 400, reason: 'BadRequest', source: 'Kubernetes: 500, the same words' }),
  by('admin', 'two users at once', 'GET', maps, { headers: { 'impersonate-user': ['bob', 'carol'] }, status: 400, reason: 'BadRequest' }),
  by('carol', 'another name than hers', 'GET', `${maps}/others`),
  by('carol', 'all names', 'GET', maps),
  by('carol', 'all names by a selector of hers', 'GET', `${maps}?fieldSelector=metadata.name%21%3Dothers`),
  by('carol', 'her name in another namespace', 'GET', '/api/v1/namespaces/kube-system/configmaps/mine'),
  by('carol', 'her name deleted by a path for all', 'DELETE', maps),
  by('carol', 'a create by way of an update', 'PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/new', { body: { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: 'new' } }, says: 'cannot create resource "leases"' }),
  by('carol', 'a create by way of an apply', 'PATCH', '/apis/coordination.k8s.io/v1/namespaces/default/leases/new?fieldManager=me', { headers: { 'content-type': 'application/apply-patch+yaml' }, body: { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: 'new' } }, says: 'cannot create resource "leases"' }),
  by('carol', 'a deployment with leave for its status only', 'PATCH', `${apps}/deployments/here`, { headers: merge, body: { spec: { replicas: 5 } } }),
  by('dave', 'a role with more than he has', 'POST', `${rbac}/roles`, { body: role([everything]), says: 'attempting to grant RBAC permissions not currently held' }),
  by('dave', 'a binding to more than he has', 'POST', `${rbac}/rolebindings`, { body: binding('powerful'), says: 'attempting to grant RBAC permissions not currently held' }),
  by('dave', 'more for the role he has', 'PATCH', `${rbac}/roles/dave`, { headers: merge, body: { rules: [everything] } }),
  by('system:node:here', 'another node', 'PATCH', '/api/v1/nodes/there/status', { headers: merge, body: { status: {} } }),
  by('system:node:here', 'a pod of another node', 'DELETE', `${pods}/here`, { source: 'NodeRestriction' }),
  by('system:node:here', 'a label that is the administrator\'s', 'PATCH', '/api/v1/nodes/here', { headers: merge, body: { metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b' } } } }),
  by('system:node:here', 'an owner of its node', 'PATCH', '/api/v1/nodes/here', { headers: merge, body: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'there', uid: 'u' }] } }, source: 'CVE-2025-5187' }),
];

/** Tokens that are not, or not any more, what they say; each needs the key of the server. */
export function forgedTokens(server: Pick<Server, 'token'>, account: { readonly uid: string }, strangersKey: string): BadInput[] {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer, aud: [issuer], sub: 'system:serviceaccount:default:default', exp: now + 600, nbf: now - 10, iat: now - 10, jti: 'j',
    'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'default', uid: account.uid } },
  };
  const row = (name: string, token: string, more: Partial<BadInput> = {}): BadInput => ({ name: `a token ${name}`, method: 'GET', path: maps, as: '', headers: { authorization: `Bearer ${token}` }, ...unauthorized, ...more });
  const kubernetes = (more: object): object => ({ ...claims, 'kubernetes.io': { ...claims['kubernetes.io'], ...more } });
  const good = server.token(claims);
  const [head = '', , signature = ''] = good.split('.');
  const masters = Buffer.from(JSON.stringify({ ...claims, sub: 'system:serviceaccount:kube-system:admin' })).toString('base64url');
  return [
    // The proof that the others fail for their own fault: this one is known, and may nothing.
    row('that is right, of an account without rights', good, { ...forbidden, says: 'system:serviceaccount:default:default' }),
    row('that has expired', server.token({ ...claims, exp: now - 60, nbf: now - 600, iat: now - 600 })),
    row('of tomorrow', server.token({ ...claims, nbf: now + 300, exp: now + 900 })),
    row('for others', server.token({ ...claims, aud: ['vault'] })),
    row('of another issuer', server.token({ ...claims, iss: 'https://evil.example.com' })),
    row('of an account that was deleted', server.token(kubernetes({ serviceaccount: { name: 'default', uid: '00000000-0000-0000-0000-000000000000' } }))),
    row('of an account that never was', server.token({ ...(kubernetes({ serviceaccount: { name: 'ghost', uid: 'u' } })), sub: 'system:serviceaccount:default:ghost' })),
    row('bound to a pod that is gone', server.token(kubernetes({ pod: { name: 'gone', uid: 'u' } }))),
    row('whose claims were changed', `${head}.${masters}.${signature}`),
    row('signed with the key of another', server.token(claims, { key: strangersKey })),
    row('without signature', `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1] ?? ''}.`),
    row('that calls its signature something else', server.token(claims, { header: { alg: 'HS256' } })),
    row('with a key of its own', server.token(claims, { header: { jwk: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' } }, key: strangersKey })),
    row('without an end', server.token({ ...claims, exp: undefined })),
    row('whose names are objects', server.token({ ...claims, sub: { toString: 'x' } })),
  ];
}
