import { AdmissionregistrationApi, AdmissionregistrationV1Api, ApisApi, type V1ConfigMap } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { Hooks, mutating, post, rule, validating, type Configuration } from './webhooks.ts';

const kinds = [
  ['mutating', mutating, 'label'],
  ['validating', validating, 'deny-bad'],
] as const;

row('wh-discovery', async (k) => {
  const version = { groupVersion: 'admissionregistration.k8s.io/v1', version: 'v1' };
  const groups = (await k.api(ApisApi).getAPIVersions()).groups;
  expect(groups.find(({ name }) => name === 'admissionregistration.k8s.io')?.versions).toContainEqual(version);
  expect((await k.api(AdmissionregistrationApi).getAPIGroup()).versions).toContainEqual(version);
  const { resources } = await k.api(AdmissionregistrationV1Api).getAPIResources();
  for (const [kind, path] of kinds) {
    const name = `${kind}webhookconfigurations`;
    expect(resources.find((resource) => resource.name === name)).toMatchObject({ namespaced: false, verbs: expect.arrayContaining(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']) as unknown });
    // What is listed is that resource, and no other: an object of it is judged as one.
    await k.fails(k.raw('POST', path, { body: { metadata: { name: k.unique('hooks') }, webhooks: [{ name: 'short' }] } }), { code: 422, reason: 'Invalid', message: 'webhooks[0].name' });
  }
});

for (const [kind, path, does] of kinds) {
  row(`wh-list-${kind}`, async (k) => {
    const hooks = await Hooks.start(k);
    const isAsked = async (name: string): Promise<boolean> => {
      const answer = await post(k, name, { bad: '' });
      return does === 'label' ? answer.json<V1ConfigMap>().metadata?.labels?.['added'] === 'yes' : answer.code === 403;
    };
    const label = { list: k.namespace };
    for (const name of ['one', 'two']) await k.create(path, { ...hooks.configuration([hooks.hook(does, [rule(['configmaps'])])]), metadata: { name: k.unique(name), labels: label } });
    await k.create(path, hooks.configuration([hooks.hook('none', [rule(['configmaps'])])], { list: 'another' }));
    const selected = `${path}?labelSelector=list%3D${k.namespace}`;
    const listed = (await k.get<{ items: Configuration[] }>(selected)).items;
    expect(listed.map(({ metadata }) => metadata?.labels)).toEqual([label, label]);
    expect(await isAsked('a')).toBe(true);
    await k.delete(selected);
    expect((await k.get<{ items: Configuration[] }>(selected)).items).toEqual([]);
    expect(await isAsked('b')).toBe(false);
    expect((await k.raw('GET', `${k.path('configmaps')}/b`)).code).toBe(200);
  });

  row(`wh-update-${kind}`, async (k) => {
    const hooks = await Hooks.start(k);
    const isAsked = async (name: string): Promise<boolean> => {
      const answer = await post(k, name, { bad: '' });
      return does === 'label' ? answer.json<V1ConfigMap>().metadata?.labels?.['added'] === 'yes' : answer.code === 403;
    };
    const stored = await k.create<Configuration>(path, hooks.configuration([hooks.hook(does, [rule(['configmaps'])])]));
    expect(await isAsked('a')).toBe(true);
    const target = `${path}/${stored.metadata?.name ?? ''}`;
    for (const webhook of stored.webhooks ?? []) Object.assign(webhook, { rules: [rule(['configmaps'], ['UPDATE'])] });
    const updated = await k.put<Configuration>(target, stored);
    expect(updated.metadata?.generation).toBe(2);
    expect(await isAsked('b')).toBe(false);
    await k.patch(target, [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }], 'json');
    expect(await isAsked('c')).toBe(true);
  });

  row(`wh-matchcond-crud-${kind}`, async (k) => {
    const hooks = await Hooks.start(k);
    const conditions = (...names: string[]): object[] => names.map((name) => ({ name, expression: `object.metadata.name == '${name}'` }));
    const own = (...names: string[]): object[] => [hooks.hook('none', [rule(['configmaps'])], { matchConditions: conditions(...names) })];
    const { metadata } = await k.create<Configuration>(path, hooks.configuration(own('first')));
    const target = `${path}/${metadata?.name ?? ''}`;
    const stored = await k.get<Configuration>(target);
    // Stored with what they did not say.
    expect(stored.webhooks).toMatchObject([{ matchConditions: conditions('first'), failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 }]);
    await k.put(target, { webhooks: own('second', 'third'), metadata: stored.metadata });
    expect((await k.get<Configuration>(target)).webhooks?.[0]?.matchConditions).toEqual(conditions('second', 'third'));
  });

  row(`wh-matchcond-invalid-${kind}`, async (k) => {
    const hooks = await Hooks.start(k);
    const configuration = hooks.configuration([hooks.hook('none', [rule(['configmaps'])], { matchConditions: [{ name: 'bad', expression: '... [] bad expression' }] })]);
    await k.fails(k.raw('POST', path, { body: configuration }), { code: 422, reason: 'Invalid', message: 'compilation failed' });
    expect((await k.raw('GET', `${path}/${configuration.metadata.name}`)).code).toBe(404);
  });
}

row('wh-no-self-mutation', async (k) => {
  const hooks = await Hooks.start(k);
  const ofVictims = { namespaceSelector: undefined, objectSelector: { matchLabels: { victim: k.namespace } } };
  const configurations = [rule(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'], ['*'], ['admissionregistration.k8s.io'], ['*'])];
  const everything = [rule(['*/*'], ['*'], ['*'], ['*'])];
  await hooks.mutate([hooks.hook('label', configurations, ofVictims)]);
  await hooks.validate([hooks.hook('deny', configurations, ofVictims), hooks.hook('deny-bad', everything, ofVictims)]);
  // Others with that label are asked about.
  await k.fails(k.raw('POST', k.path('configmaps'), { body: { metadata: { name: 'm', labels: { victim: k.namespace } }, data: { bad: '' } } }), { code: 403 });
  for (const path of [mutating, validating]) {
    const victim = await k.create<Configuration>(path, hooks.configuration([hooks.hook('none', [rule(['configmaps'])])], { victim: k.namespace }));
    expect(victim.metadata?.labels).toEqual({ victim: k.namespace });
    await k.delete(`${path}/${victim.metadata?.name ?? ''}`);
    expect((await k.raw('GET', `${path}/${victim.metadata?.name ?? ''}`)).code).toBe(404);
  }
});
