import { kindRegistry } from '@rhythm/api';
import { expect, test } from 'vitest';
import { deprecationOf } from './deprecations.ts';

test('only the kinds that Kubernetes warns of are warned of', () => {
  const warned = kindRegistry.kinds.map(deprecationOf).filter((text) => text !== undefined);
  expect(warned.sort()).toEqual(['v1 ComponentStatus is deprecated in v1.19+', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice']);
});
