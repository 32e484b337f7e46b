import type { AdmissionRequest } from '@rhythm/api/types/admission-v1';
import { systemClock } from '@rhythm/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWebhook, type TestWebhook } from '../../webhooks/testing.ts';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

type Map = { metadata: { resourceVersion?: string; labels?: Record<string, string> }; data?: Record<string, string> };

const admission = 'admissionregistration.k8s.io/v1';
const merge = 'application/merge-patch+json';
const namespace = 'watched';
const at = { namespace, resource: 'configmaps', name: 'm' } as const;
const body = (data: object, metadata: object = {}): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'm', ...metadata }, data });
const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps', 'pods/*', 'pods', 'serviceaccounts'], scope: 'Namespaced' }];

/** The guarded map's `data.locked` may not change: by a webhook that keeps what it was shown, and by a policy. */
export const oldObject: Line = (rig) => {
  const seen: AdmissionRequest[] = [];
  /** Runs while the webhook is being asked. */
  let meanwhile: (() => Promise<void>) | undefined;
  let webhook: TestWebhook;

  beforeAll(async () => {
    webhook = await startWebhook(async (_path, review) => {
      const request = review['request'] as AdmissionRequest;
      seen.push(request);
      const run = meanwhile;
      meanwhile = undefined;
      await run?.();
      return { body: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: request.uid, allowed: true } } };
    });
    await rig().make({ verb: 'create', resource: 'namespaces', body: { metadata: { name: namespace, labels: { watched: 'yes' } } } });
    const selector = { matchLabels: { watched: 'yes' } };
    const hook = { name: 'see.example.com', clientConfig: { url: webhook.url('/see'), caBundle: webhook.caBundle }, rules, namespaceSelector: selector, sideEffects: 'None', admissionReviewVersions: ['v1'] };
    await rig().make({ verb: 'create', api: admission, resource: 'validatingwebhookconfigurations', body: { metadata: { name: 'see' }, webhooks: [hook] } });
    const validations = [{ expression: "request.operation != 'UPDATE' || request.resource.resource != 'configmaps' || object.data.locked == oldObject.data.locked", message: 'locked' }];
    await rig().make({ verb: 'create', api: admission, resource: 'validatingadmissionpolicies', body: { metadata: { name: 'lock' }, spec: { matchConstraints: { resourceRules: rules }, validations } } });
    await rig().make({ verb: 'create', api: admission, resource: 'validatingadmissionpolicybindings', body: { metadata: { name: 'lock' }, spec: { policyName: 'lock', validationActions: ['Deny'], matchResources: { namespaceSelector: selector } } } });
    await rig().make({ verb: 'create', namespace, resource: 'configmaps', body: body({ locked: 'yes', free: '0' }) });
    // The policy holds once the server has taken note of it.
    while ((await rig().http('admin', { verb: 'patch', ...at, contentType: merge, body: { data: { locked: 'open' } }, query: { dryRun: 'All' } })).code !== 422) await systemClock.sleep(10);
  });
  afterAll(() => webhook.stop());
  const present = (): Promise<Map> => rig().make<Map & object>({ verb: 'get', ...at }) as Promise<Map>;

  test.each<[string, Omit<Ask, 'resource'>]>([
    ['by a PUT', { verb: 'update', body: body({ locked: 'no' }) }],
    ['by a PUT whose body says that it was so before', { verb: 'update', body: { ...body({ locked: 'no' }), oldObject: { data: { locked: 'no' } }, old: { data: { locked: 'no' } } } }],
    ['by a PUT that claims to be that object', { verb: 'update', body: body({ locked: 'no' }, { managedFields: [{ manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }], generation: 99, creationTimestamp: '2020-01-01T00:00:00Z' }) }],
    ['by a merge patch', { verb: 'patch', contentType: merge, body: { data: { locked: 'no' } } }],
    ['by a merge patch that takes it away', { verb: 'patch', contentType: merge, body: { data: { locked: null } } }],
    ['by a strategic merge patch', { verb: 'patch', contentType: 'application/strategic-merge-patch+json', body: { data: { $patch: 'replace', locked: 'no' } } }],
    ['by a JSON patch that puts it back to test it', { verb: 'patch', contentType: 'application/json-patch+json', body: [{ op: 'test', path: '/data/locked', value: 'yes' }, { op: 'replace', path: '/data/locked', value: 'no' }] }],
    ['by apply with force', { verb: 'patch', contentType: 'application/apply-patch+yaml', query: { fieldManager: 'x', force: 'true' }, body: body({ locked: 'no' }) }],
    ['in a dry run', { verb: 'update', query: { dryRun: 'All' }, body: body({ locked: 'no' }) }],
  ])('what is locked is not changed %s', async (_name, ask) => {
    const before = await present();
    seen.length = 0;
    expect(await rig().both('admin', { ...at, ...ask })).toBe(422);
    expect((await present()).data).toEqual(before.data);
    for (const request of seen) expect((request.oldObject as unknown as Map).data).toEqual(before.data);
  });

  test('what changes in between is what it is compared with, and no decision on the old one stands', async () => {
    await rig().make({ verb: 'update', ...at, body: body({ locked: 'yes', free: '1' }) });
    seen.length = 0;
    // While the patch is being judged another one writes.
    meanwhile = async () => void (await rig().make({ verb: 'patch', ...at, contentType: merge, body: { data: { free: 'between' } } }));
    await rig().make({ verb: 'patch', ...at, contentType: merge, body: { metadata: { labels: { a: 'b' } } } });
    // Judged on the first, the one between, and the patch again on what that made.
    expect(seen.map(({ oldObject }) => (oldObject as unknown as Map).data?.['free'])).toEqual(['1', '1', 'between']);
    expect(seen[2]?.object).toMatchObject({ data: { free: 'between' } });
    expect(await present()).toMatchObject({ data: { locked: 'yes', free: 'between' }, metadata: { labels: { a: 'b' } } });
  });

  test('an update on top of a version that is no more is refused, however it was judged', async () => {
    const { metadata } = await present();
    meanwhile = async () => void (await rig().make({ verb: 'patch', ...at, contentType: merge, body: { data: { free: 'later' } } }));
    expect((await rig().http('admin', { verb: 'update', ...at, body: body({ locked: 'yes', free: 'mine' }, { resourceVersion: metadata.resourceVersion }) })).code).toBe(409);
    expect((await present()).data?.['free']).toBe('later');
  });

  test('the old object of a deletion, of a collection and of a subresource is the one that is there; a new one has none', async () => {
    seen.length = 0;
    await rig().make({ verb: 'create', namespace, resource: 'serviceaccounts', body: { metadata: { name: 'default' } } }).catch(() => undefined);
    await rig().make({ verb: 'create', namespace, resource: 'pods', body: { metadata: { name: 'p' }, spec: { nodeName: 'n9', containers: [{ name: 'c', image: 'old' }] } } });
    await rig().make({ verb: 'patch', namespace, resource: 'pods', name: 'p', subresource: 'status', contentType: merge, body: { status: { phase: 'Running' } } });
    await rig().make({ verb: 'patch', namespace, resource: 'pods', name: 'p', subresource: 'ephemeralcontainers', contentType: merge, body: { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } } });
    await rig().make({ verb: 'delete', namespace, resource: 'pods', name: 'p', body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 } });
    await rig().make({ verb: 'deletecollection', namespace, resource: 'configmaps', query: { fieldSelector: 'metadata.name=m' } });
    const told = seen.filter(({ resource }) => resource.resource !== 'serviceaccounts').map(({ operation, subResource = '', object, oldObject }) => [operation, subResource, object !== null && object !== undefined, (oldObject as { metadata?: { name?: string } } | null)?.metadata?.name]);
    expect(told).toEqual([['CREATE', '', true, undefined], ['UPDATE', 'status', true, 'p'], ['UPDATE', 'ephemeralcontainers', true, 'p'], ['DELETE', '', false, 'p'], ['DELETE', '', false, 'm']]);
    const [, status, late] = seen.filter(({ resource }) => resource.resource === 'pods');
    expect(status?.oldObject).toMatchObject({ status: { phase: 'Pending' } });
    expect(late?.oldObject).not.toHaveProperty('spec.ephemeralContainers');
  });

  describe('the gRPC face', () => {
    test('shows the same', async () => {
      await rig().make({ verb: 'create', namespace, resource: 'configmaps', body: body({ locked: 'yes', free: 'g' }) });
      seen.length = 0;
      expect((await rig().grpc('admin', { verb: 'patch', ...at, contentType: merge, body: { data: { free: 'h' } } })).code).toBe(200);
      expect([seen[0]?.object, seen[0]?.oldObject].map((one) => (one as unknown as Map).data?.['free'])).toEqual(['h', 'g']);
    });
  });
};
