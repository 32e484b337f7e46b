import type { Case } from '../case.ts';

const who: Pick<Case, 'verb' | 'path' | 'body'> = { verb: 'create', path: 'authentication.k8s.io/v1/selfsubjectreviews', body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' } };

/** Who asks, and may they: the same credentials and the same refusals. */
export const callerCases: readonly Case[] = [
  { name: 'nobody', verb: 'list', path: 'v1/pods', as: 'nobody', code: 401, reason: 'Unauthorized' },
  { name: 'nobody, with a fault besides', verb: 'list', path: 'v1/pods', as: 'nobody', query: { limit: 'x' }, code: 401, reason: 'Unauthorized' },
  { name: 'who may not', verb: 'list', path: 'v1/ns/default/secrets', as: 'bob', code: 403, reason: 'Forbidden', shows: { message: 'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "default"' } },
  { name: 'who may not, with a fault besides', verb: 'get', path: 'v1/ns/default/secrets/..', as: 'bob', code: 403, reason: 'Forbidden' },
  { name: 'who may not watch', verb: 'watch', path: 'v1/secrets', as: 'bob', code: 403, reason: 'Forbidden' },
  { name: 'who may not even know of the kind', verb: 'get', path: 'no.example/v1/things/a', as: 'bob', code: 403, reason: 'Forbidden' },
  { name: 'who may not run commands', verb: 'create', path: 'v1/ns/default/pods/none/exec', as: 'bob', code: 403, reason: 'Forbidden' },
  { name: 'a token that may view', verb: 'list', path: 'v1/ns/default/configmaps', as: 'robot', code: 200 },
  { name: 'a token that may not write', verb: 'create', path: 'v1/ns/default/configmaps', as: 'robot', body: {}, code: 403, reason: 'Forbidden' },
  { name: 'as somebody else', ...who, headers: { 'impersonate-user': 'eve', 'impersonate-uid': 'u', 'impersonate-extra-scopes': 'view' }, code: 201, shows: { status: { userInfo: { username: 'eve', uid: 'u', extra: { scopes: ['view'] } } } } },
  { name: 'as a member of two groups', ...who, headers: { 'impersonate-user': 'eve', 'impersonate-group': ['one', 'two'] }, code: 201, shows: { status: { userInfo: { groups: ['one', 'two', 'system:authenticated'] } } } },
  { name: 'as a group without a user', ...who, headers: { 'impersonate-group': 'one' }, code: 400, reason: 'BadRequest' },
  { name: 'as somebody else, who may not', ...who, as: 'bob', headers: { 'impersonate-user': 'eve' }, code: 403, reason: 'Forbidden' },
  { name: 'as who has no rights', verb: 'list', path: 'v1/ns/default/pods', headers: { 'impersonate-user': 'eve' }, code: 403, reason: 'Forbidden' },
  { name: 'rights that one does not have', verb: 'create', path: 'rbac.authorization.k8s.io/v1/ns/default/roles', as: 'robot', body: {}, code: 403, reason: 'Forbidden' },
];
