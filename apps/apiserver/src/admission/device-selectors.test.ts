import { ApiError } from '@rhythm/api';
import { afterEach, expect, test } from 'vitest';
import { testApi } from '../testing.ts';
import { deviceSelectors } from './device-selectors.ts';

const api = testApi({ admission: [deviceSelectors] });
afterEach(() => api.stop());

const selectors = (expression: string): object[] => [{ cel: { expression } }];
const request = (expression: string): object => ({ name: 'r', exactly: { deviceClassName: 'c', selectors: selectors(expression) } });
const kinds = {
  deviceclasses: (expression: string) => ['resource.k8s.io/v1/deviceclasses', { kind: 'DeviceClass', spec: { selectors: selectors(expression) } }, 'spec.selectors[0]'],
  resourceclaims: (expression: string) => ['resource.k8s.io/v1/ns/a/resourceclaims', { kind: 'ResourceClaim', spec: { devices: { requests: [request(expression)] } } }, 'spec.devices.requests[0].exactly.selectors[0]'],
  resourceclaimtemplates: (expression: string) => ['resource.k8s.io/v1/ns/a/resourceclaimtemplates', { kind: 'ResourceClaimTemplate', spec: { spec: { devices: { requests: [request(expression)] } } } }, 'spec.spec.devices.requests[0].exactly.selectors[0]'],
} as const satisfies Record<string, (expression: string) => readonly [string, object, string]>;

test.each(Object.entries(kinds))('selectors of %s must compile to a truth', async (_name, of) => {
  const create = async (expression: string): Promise<unknown> => {
    const [path, object] = of(expression);
    return api.call('create', path, { apiVersion: 'resource.k8s.io/v1', metadata: { generateName: 'x-' }, ...object }).catch((error: unknown) => error);
  };
  const place = `${of('')[2]}.cel.expression`;
  for (const good of ['true', "device.driver == 'd' && device.attributes['d'].model == 'x'", "device.capacity['d'].memory.compareTo(quantity('1Gi')) >= 0", "device.attributes['d'].healthy"]) expect(await create(good)).toMatchObject({ metadata: { name: expect.stringMatching(/^x-/) as string } });
  for (const [bad, message] of [['no such ( thing', 'Syntax error'], ['device.nothing', "undefined field 'nothing'"], ['device.driver', 'must evaluate to bool']] as const) {
    const refused = await create(bad);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ code: 422, message: expect.stringContaining(`${place}: Invalid value: ${JSON.stringify(bad)}: compilation failed`) as string });
    expect((refused as ApiError).message).toContain(message);
  }
});
