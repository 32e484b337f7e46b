import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { everyVerb } from '../verbs.ts';

/** The objects of dynamic resource allocation (KEP-4381). */
const groupVersion = 'resource.k8s.io/v1';
const requests = (name: string): object => ({ devices: { requests: [{ name, exactly: { deviceClassName: 'example.com' } }] } });

row('dra-deviceclass', async (k) => {
  const selects = (expression: string): object => ({ selectors: [{ cel: { expression } }] });
  await everyVerb(k, { groupVersion, kind: 'DeviceClass', resource: 'deviceclasses', namespaced: false, body: () => ({ spec: selects('true') }), change: { spec: selects('device.driver == "example.com"') } });
  await k.fails(k.raw('POST', `/apis/${groupVersion}/deviceclasses`, { body: { metadata: { name: k.unique('class') }, spec: selects('no such ( thing') } }), { code: 422, reason: 'Invalid', message: 'spec.selectors[0].cel.expression' });
});

row('dra-resourceclaim', async (k) => {
  const allocation = { devices: { results: [{ request: 'one', driver: 'example.com', pool: 'pool', device: 'device-1' }] } };
  await everyVerb(k, {
    groupVersion,
    kind: 'ResourceClaim',
    resource: 'resourceclaims',
    namespaced: true,
    body: () => ({ spec: requests('one') }),
    status: { patch: { allocation }, update: { reservedFor: [{ resource: 'pods', name: 'some', uid: 'b6c1' }] } },
  });
  const path = k.path(groupVersion, 'resourceclaims');
  const made = await k.create<{ metadata: { name: string }; spec: object }>(path, { metadata: { name: 'fixed' }, spec: requests('one') });
  // What is not said is one device, exactly.
  expect(made.spec).toMatchObject({ devices: { requests: [{ name: 'one', exactly: { allocationMode: 'ExactCount', count: 1 } }] } });
  await k.fails(k.raw('PUT', `${path}/fixed`, { body: { ...made, spec: requests('two') } }), { code: 422, reason: 'Invalid', message: 'field is immutable' });
});

row('dra-claimtemplate', async (k) => {
  const path = k.path(groupVersion, 'resourceclaimtemplates');
  await everyVerb(k, { groupVersion, kind: 'ResourceClaimTemplate', resource: 'resourceclaimtemplates', namespaced: true, body: () => ({ spec: { spec: requests('one') } }) });
  const made = await k.create<{ metadata: { name: string }; spec: object }>(path, { metadata: { name: 'fixed' }, spec: { spec: requests('one') } });
  await k.fails(k.raw('PUT', `${path}/fixed`, { body: { ...made, spec: { spec: requests('two') } } }), { code: 422, reason: 'Invalid', message: 'field is immutable' });
});

row('dra-resourceslice', async (k) => {
  const spec = (generation: number): object => ({ driver: 'example.com', nodeName: `node-of-${k.namespace}`, pool: { name: 'pool', generation, resourceSliceCount: 1 }, devices: [{ name: 'device-1' }] });
  const path = `/apis/${groupVersion}/resourceslices`;
  await everyVerb(k, { groupVersion, kind: 'ResourceSlice', resource: 'resourceslices', namespaced: false, body: () => ({ spec: spec(1) }), change: { spec: { pool: { name: 'pool', generation: 2, resourceSliceCount: 1 } } } });
  const made = await k.create<{ metadata: { name: string }; spec: object }>(path, { metadata: { generateName: 'slice-' }, spec: spec(1) });
  const byNode = await k.get<{ items: readonly { metadata: { name: string } }[] }>(`${path}?fieldSelector=spec.nodeName%3Dnode-of-${k.namespace}`);
  expect(byNode.items.map(({ metadata }) => metadata.name)).toContain(made.metadata.name);
  expect((await k.get<{ items: readonly object[] }>(`${path}?fieldSelector=spec.nodeName%3Dno-such-node`)).items).toEqual([]);
  await k.fails(k.raw('PUT', `${path}/${made.metadata.name}`, { body: { ...made, spec: { ...made.spec, driver: 'other.example.com' } } }), { code: 422, reason: 'Invalid', message: 'spec.driver' });
});
