import { resources } from '@rhythm/api';
import type { Secret } from '@rhythm/api/types/core-v1';
import { formatTime } from '@rhythm/base';
import { afterEach, expect, test } from 'vitest';
import { rig, type Rig } from '../../testing.ts';
import { startTokenCleaner } from './reconcile.ts';

let at: Rig;
afterEach(() => at.stop());

test('a bootstrap token goes when it expires, other Secrets and those without an end stay', async () => {
  at = await rig(startTokenCleaner);
  const seed = (name: string, expiration: string, type = 'bootstrap.kubernetes.io/token'): void =>
    void at.client.seed(resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'kube-system', uid: name }, type, data: expiration === '' ? {} : { expiration: Buffer.from(expiration).toString('base64') } } as Secret);
  const soon = formatTime(at.clock.now() + 60_000);
  seed('soon', soon);
  seed('later', formatTime(at.clock.now() + 3_600_000));
  seed('never', '');
  seed('unclear', 'tomorrow');
  seed('other', soon, 'Opaque');
  const names = (): string[] => at.client.all(resources.secrets, 'kube-system').map(({ metadata }) => metadata.name ?? '').toSorted();
  await at.settle(50_000);
  expect(names()).toEqual(['later', 'never', 'other', 'soon', 'unclear']);
  await at.settle(11_000);
  expect(names()).toEqual(['later', 'never', 'other', 'unclear']);
});
