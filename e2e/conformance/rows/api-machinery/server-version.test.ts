import { VersionApi } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row } from '../../harness/index.ts';

row('server-version', async (k) => {
  const version = await k.api(VersionApi).getCode();
  expect(version.major).toMatch(/^\d+$/);
  expect(version.minor).toMatch(/^\d+$/);
  // Everybody who is known may read it, which is more than they may read else.
  const somebody = k.as('somebody');
  expect((await somebody.raw('GET', '/version')).json()).toMatchObject({ major: version.major, minor: version.minor });
  await k.fails(somebody.raw('GET', k.path('configmaps')), { code: 403, reason: 'Forbidden' });
});
