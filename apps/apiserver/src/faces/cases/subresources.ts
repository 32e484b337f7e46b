import type { Case } from '../case.ts';

const pods = 'v1/ns/default/pods';
const pod = (name: string): object => ({ kind: 'Pod', apiVersion: 'v1', metadata: { name, labels: { app: name } }, spec: { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] } });
const merge = 'application/merge-patch+json';
const deployments = 'apps/v1/ns/default/deployments';
const review = (kind: string, spec: object): object => ({ kind, apiVersion: 'authorization.k8s.io/v1', spec });

/** Subresources, reviews, and what is served over HTTP only. */
export const subresourceCases: readonly Case[] = [
  { name: 'a pod', verb: 'create', path: pods, body: pod('p'), code: 201, shows: { status: { phase: 'Pending' } } },
  { name: 'its status', verb: 'patch', path: `${pods}/p/status`, contentType: merge, body: { status: { message: 'hello' } }, code: 200, shows: { status: { message: 'hello' } } },
  { name: 'its status, replaced', verb: 'update', path: `${pods}/p/status`, body: (earlier) => ({ ...earlier('its status'), status: { phase: 'Pending', message: 'again' } }), code: 200 },
  { name: 'bind it', verb: 'create', path: `${pods}/p/binding`, body: { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } }, code: 201, shows: { kind: 'Status' } },
  { name: 'bind it again', verb: 'create', path: `${pods}/p/binding`, body: { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: { kind: 'Node', name: 'm' } }, code: 409, reason: 'Conflict' },
  { name: 'a debugger in it', verb: 'patch', path: `${pods}/p/ephemeralcontainers`, contentType: 'application/strategic-merge-patch+json', body: { spec: { ephemeralContainers: [{ name: 'd', image: 'i' }] } }, code: 200 },
  { name: 'resize it', verb: 'patch', path: `${pods}/p/resize`, contentType: 'application/strategic-merge-patch+json', body: { spec: { containers: [{ name: 'c', image: 'other' }] } }, code: 422, reason: 'Invalid' },
  { name: 'an image that changes', verb: 'patch', path: `${pods}/p`, contentType: merge, body: { spec: { nodeName: 'm' } }, code: 422, reason: 'Invalid' },
  { name: 'log on a node that is not there', verb: 'get', path: `${pods}/p/log`, code: 404 },
  { name: 'another pod', verb: 'create', path: pods, body: pod('q'), code: 201 },
  { name: 'log of what has not run', verb: 'get', path: `${pods}/q/log`, query: { container: 'c', tailLines: '3' }, code: 200, shows: '' },
  { name: 'log of another container', verb: 'get', path: `${pods}/q/log`, query: { container: 'none' }, code: 400, reason: 'BadRequest' },
  { name: 'log from below nothing', verb: 'get', path: `${pods}/q/log`, query: { tailLines: '-1' }, code: 422, reason: 'Invalid' },
  { name: 'log of nothing', verb: 'get', path: `${pods}/none/log`, code: 404, reason: 'NotFound' },
  { name: 'exec', verb: 'create', path: `${pods}/q/exec`, query: { command: 'ls' }, code: 400, reason: 'BadRequest', grpc: { code: 405, reason: 'MethodNotAllowed' } },
  { name: 'attach', verb: 'get', path: `${pods}/q/attach`, code: 400, reason: 'BadRequest', grpc: { code: 405, reason: 'MethodNotAllowed' } },
  { name: 'portforward', verb: 'create', path: `${pods}/q/portforward`, code: 400, reason: 'BadRequest', grpc: { code: 405, reason: 'MethodNotAllowed' } },
  { name: 'evict, as a rehearsal', verb: 'create', path: `${pods}/q/eviction`, body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'q' }, deleteOptions: { dryRun: ['All'] } }, code: 201 },
  { name: 'evict', verb: 'create', path: `${pods}/q/eviction`, body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'q' } }, code: 201 },
  { name: 'delete with grace', verb: 'delete', path: `${pods}/p`, query: { gracePeriodSeconds: '7' }, code: 200, shows: { metadata: { deletionGracePeriodSeconds: 7 } } },
  { name: 'delete by force', verb: 'delete', path: `${pods}/p`, body: { gracePeriodSeconds: 0 }, code: 200, shows: { kind: 'Pod' } },

  { name: 'a deployment', verb: 'create', path: deployments, body: { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }, code: 201 },
  { name: 'its scale', verb: 'get', path: `${deployments}/d/scale`, code: 200, shows: { kind: 'Scale', spec: { replicas: 1 } } },
  { name: 'scale it', verb: 'patch', path: `${deployments}/d/scale`, contentType: merge, body: { spec: { replicas: 3 } }, code: 200, shows: { spec: { replicas: 3 } } },
  { name: 'scale it by update', verb: 'update', path: `${deployments}/d/scale`, body: (earlier) => ({ ...earlier('scale it'), spec: { replicas: 2 } }), code: 200 },
  { name: 'scale below nothing', verb: 'patch', path: `${deployments}/d/scale`, contentType: merge, body: { spec: { replicas: -1 } }, code: 422, reason: 'Invalid' },
  { name: 'a verb that scale has not', verb: 'delete', path: `${deployments}/d/scale`, code: 405, reason: 'MethodNotAllowed' },

  { name: 'a token', verb: 'create', path: 'v1/ns/default/serviceaccounts/robot/token', body: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: 3600 } }, code: 201 },
  { name: 'a token for a moment', verb: 'create', path: 'v1/ns/default/serviceaccounts/robot/token', body: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: 1 } }, code: 422, reason: 'Invalid' },
  { name: 'a namespace', verb: 'create', path: 'v1/namespaces', body: { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'ns' } }, code: 201 },
  { name: 'delete it', verb: 'delete', path: 'v1/namespaces/ns', code: 200, shows: { status: { phase: 'Terminating' } } },
  { name: 'create in what ends', verb: 'create', path: 'v1/ns/ns/configmaps', body: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x' } }, code: 403, reason: 'Forbidden', shows: { details: { causes: [{ reason: 'NamespaceTerminating' }] } } },
  { name: 'finalize it', verb: 'update', path: 'v1/namespaces/ns/finalize', body: (earlier) => ({ ...earlier('delete it'), spec: { finalizers: [] } }), code: 200 },
  { name: 'it is over', verb: 'get', path: 'v1/namespaces/ns', code: 404, reason: 'NotFound' },
  { name: 'a binding of no pod', verb: 'create', path: 'v1/ns/default/bindings', body: { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'none' }, target: { kind: 'Node', name: 'n' } }, code: 404, reason: 'NotFound' },

  { name: 'may I', verb: 'create', path: 'authorization.k8s.io/v1/selfsubjectaccessreviews', as: 'robot', body: review('SelfSubjectAccessReview', { resourceAttributes: { verb: 'list', resource: 'secrets', namespace: 'default' } }), code: 201, shows: { status: { allowed: false } } },
  { name: 'may he', verb: 'create', path: 'authorization.k8s.io/v1/subjectaccessreviews', body: review('SubjectAccessReview', { user: 'x', groups: ['system:masters'], resourceAttributes: { verb: '*', resource: '*' } }), code: 201, shows: { status: { allowed: true } } },
  { name: 'what may I', verb: 'create', path: 'authorization.k8s.io/v1/selfsubjectrulesreviews', as: 'robot', body: review('SelfSubjectRulesReview', { namespace: 'default' }), code: 201 },
  { name: 'who am I', verb: 'create', path: 'authentication.k8s.io/v1/selfsubjectreviews', as: 'robot', body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' }, code: 201, shows: { status: { userInfo: { username: 'system:serviceaccount:default:robot' } } } },
  { name: 'whose token', verb: 'create', path: 'authentication.k8s.io/v1/tokenreviews', body: { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: 'nobodys' } }, code: 201, shows: { status: {} } },
];
