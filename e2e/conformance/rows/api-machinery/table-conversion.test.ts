import { expect } from 'vitest';
import { row } from '../../harness/index.ts';

const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';

row('table-406', async (k) => {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: k.namespace } } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  await k.fails(k.raw('POST', path, { body: review, headers: { accept: table } }), { code: 406, reason: 'NotAcceptable', message: 'only the following media types are accepted' });
  // With another form to fall back on, that is given.
  const fallback = await k.raw('POST', path, { body: review, headers: { accept: `${table},application/json` } });
  expect([fallback.code, fallback.json()['kind']]).toEqual([201, 'SelfSubjectAccessReview']);
  const pods = (await k.raw('GET', k.path('pods'), { headers: { accept: table } })).json<{ kind: string; apiVersion: string; columnDefinitions: { name: string }[] }>();
  expect([pods.kind, pods.apiVersion, pods.columnDefinitions[0]?.name]).toEqual(['Table', 'meta.k8s.io/v1', 'Name']);
});
