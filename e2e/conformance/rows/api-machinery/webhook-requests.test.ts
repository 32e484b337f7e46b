import type { V1ConfigMap, V1Namespace, V1Pod } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { row, type Raw } from '../../harness/index.ts';
import { definitionOf, definitions } from '../definitions.ts';
import { configMap, Hooks, pod, post, refusedBad, rule, validating } from './webhooks.ts';

row(
  'wh-deny-pod-configmap',
  async (k) => {
    const hooks = await Hooks.start(k);
    const exempt = await k.create<V1Namespace>('/api/v1/namespaces', { metadata: { name: k.unique('exempt'), labels: { exempt: 'yes', of: k.namespace } } });
    await k.patch(`/api/v1/namespaces/${k.namespace}`, { metadata: { labels: { of: k.namespace } } });
    const selector = { namespaceSelector: { matchLabels: { of: k.namespace }, matchExpressions: [{ key: 'exempt', operator: 'DoesNotExist' }] } };
    await hooks.validate([
      hooks.hook('deny-bad', [rule(['configmaps', 'pods'], ['CREATE', 'UPDATE'])], selector),
      hooks.hook('slow', [rule(['pods'])], { ...selector, timeoutSeconds: 1, objectSelector: { matchLabels: { hang: 'yes' } } }),
    ]);
    const image = inject('busybox');
    await k.fails(k.raw('POST', k.path('pods'), { body: pod('bad', image) }), refusedBad);
    await k.fails(post(k, 'm', { bad: '' }), refusedBad);
    expect((await k.raw('GET', `${k.path('configmaps')}/m`)).code).toBe(404);
    await k.create(k.path('configmaps'), configMap('good', { k: '' }));
    const good = `${k.path('configmaps')}/good`;
    await k.fails(k.raw('PUT', good, { body: configMap('good', { bad: '' }) }), refusedBad);
    await k.fails(k.raw('PATCH', good, { body: { data: { bad: '' } }, headers: { 'content-type': 'application/merge-patch+json' } }), refusedBad);
    expect((await k.get<V1ConfigMap>(good)).data).toEqual({ k: '' });
    const hanging = { ...pod('hangs', image), metadata: { name: 'hangs', labels: { hang: 'yes' } } };
    await k.fails(k.raw('POST', k.path('pods'), { body: hanging }), { code: 500, reason: 'InternalError', message: /failed calling webhook "slow.hooks.example.com": .*\?timeout=1s": context deadline exceeded/ });
    await k.create(`/api/v1/namespaces/${exempt.metadata?.name ?? ''}/configmaps`, configMap('m', { bad: '' }));
  },
  { pods: true },
);

row(
  'wh-deny-attach',
  async (k) => {
    const hooks = await Hooks.start(k);
    await k.create(k.path('pods'), pod('p', inject('busybox'), { stdin: true, tty: true }));
    await k.until<V1Pod>(`${k.path('pods')}/p`, (object) => object?.status?.phase === 'Running', 'the pod runs');
    await hooks.validate([hooks.hook('deny', [rule(['pods/attach'], ['CONNECT'])])]);
    const { code, stderr } = await k.tryKubectl(['attach', 'p', '-i', '-c', 'c']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('admission webhook "deny.hooks.example.com" denied the request: this will never do');
    // Other ways to the pod are not asked about.
    await k.kubectl(['exec', 'p', '--', 'true']);
  },
  { pods: true },
);

row('wh-deny-crd', async (k) => {
  const hooks = await Hooks.start(k);
  await hooks.validate([hooks.hook('deny', [rule(['customresourcedefinitions'], ['CREATE'], ['apiextensions.k8s.io'], ['*'])], { namespaceSelector: undefined, objectSelector: { matchLabels: { denied: k.namespace } } })]);
  const definition = definitionOf(k, { labels: { denied: k.namespace } });
  await k.fails(k.raw('POST', definitions, { body: definition }), { code: 400, message: 'admission webhook "deny.hooks.example.com" denied the request: this will never do' });
  expect((await k.raw('GET', `${definitions}/${definition.metadata?.name ?? ''}`)).code).toBe(404);
});

row('wh-timeout', async (k) => {
  const hooks = await Hooks.start(k);
  const attempt = async (name: string, more: object): Promise<Raw> => {
    const { metadata } = await hooks.validate([hooks.hook('slow', [rule(['configmaps'])], more)]);
    const answer = await post(k, name, { k: '' });
    await k.delete(`${validating}/${metadata?.name ?? ''}`);
    return answer;
  };
  await k.fails(attempt('a', { timeoutSeconds: 1, failurePolicy: 'Fail' }), { code: 500, reason: 'InternalError', message: /failed calling webhook .*timeout=1s.*deadline/ });
  expect((await k.raw('GET', `${k.path('configmaps')}/a`)).code).toBe(404);
  expect((await attempt('b', { timeoutSeconds: 1, failurePolicy: 'Ignore' })).code).toBe(201);
  expect((await attempt('c', { timeoutSeconds: 10 })).code).toBe(201);
  expect((await attempt('d', {})).code).toBe(201);
});

row('wh-fail-closed', async (k) => {
  const hooks = await Hooks.start(k);
  const { service } = hooks.client('/none');
  await hooks.validate([hooks.hook('closed', [rule(['configmaps'])], { failurePolicy: 'Fail', clientConfig: { service } })]);
  await k.fails(post(k, 'm', { k: '' }), { code: 500, reason: 'InternalError', message: 'failed calling webhook "closed.hooks.example.com"' });
  expect((await k.raw('GET', `${k.path('configmaps')}/m`)).code).toBe(404);
});

row('wh-mutate-configmap', async (k) => {
  const hooks = await Hooks.start(k);
  await hooks.mutate([hooks.hook('add-1', [rule(['configmaps'])]), hooks.hook('add-2', [rule(['configmaps'])])]);
  await k.create(k.path('configmaps'), configMap('m', { start: 'yes' }));
  expect((await k.get<V1ConfigMap>(`${k.path('configmaps')}/m`)).data).toEqual({ start: 'yes', 'stage-1': 'yes', 'stage-2': 'yes' });
});

row('wh-mutate-skip-me', async (k) => {
  const hooks = await Hooks.start(k);
  await hooks.mutate([hooks.hook('add-1', [rule(['configmaps'])], { matchConditions: [{ name: 'skip', expression: "object.metadata.name != 'skip-me'" }] })]);
  expect((await k.create<V1ConfigMap>(k.path('configmaps'), configMap('skip-me', { start: '' }))).data).toEqual({ start: '' });
  expect((await k.create<V1ConfigMap>(k.path('configmaps'), configMap('m', { start: '' }))).data).toEqual({ start: '', 'stage-1': 'yes' });
});

row(
  'wh-mutate-pod-defaults',
  async (k) => {
    const hooks = await Hooks.start(k);
    await hooks.mutate([hooks.hook('add-init', [rule(['pods'])])]);
    const created = await k.create<V1Pod>(k.path('pods'), pod('p', inject('busybox')));
    expect(created.spec?.initContainers).toMatchObject([{ name: 'added', terminationMessagePolicy: 'File', terminationMessagePath: '/dev/termination-log', imagePullPolicy: 'IfNotPresent' }]);
  },
  { pods: true },
);
