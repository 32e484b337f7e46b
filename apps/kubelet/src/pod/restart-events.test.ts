import { expect, test } from 'vitest';
import type { PodStatus } from '@rhythm/api/types/core-v1';
import { pod } from './fixtures.ts';
import { tellBackOffs } from './restart-events.ts';

const waiting = (containerID: string, reason = 'CrashLoopBackOff'): PodStatus => ({
  containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 1, state: { waiting: { reason } }, lastState: { terminated: { exitCode: 1, containerID } } }],
});

test('a container that keeps ending is told of once each time it ended', () => {
  const said: string[] = [];
  const events = { normal: () => undefined, warning: (reason: string, message: string, container?: string) => said.push(`${reason} ${container}: ${message}`) };
  const told = new Map<string, string>();
  const p = pod({});
  for (const status of [waiting('a', 'ImagePullBackOff'), waiting('a'), waiting('a'), waiting('b')]) tellBackOffs(p, status, told, events);
  const line = `BackOff c: Back-off restarting failed container c in pod ${p.metadata.name}_${p.metadata.namespace}(${p.metadata.uid})`;
  expect(said).toEqual([line, line]);
});
