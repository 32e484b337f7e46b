import { expect, test } from 'vitest';
import type { Container } from '@rhythm/api/types/core-v1';
import { container, pod } from '../pod/fixtures.ts';
import { podReferences } from './pod-references.ts';

const refers = (name: string): Container =>
  container(name, {
    envFrom: [{ configMapRef: { name: `${name}-from-map` } }, { secretRef: { name: `${name}-from-secret` } }],
    env: [
      { name: 'A', valueFrom: { configMapKeyRef: { name: `${name}-map`, key: 'k' } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: `${name}-secret`, key: 'k' } } },
    ],
  });

test('finds every reference, in all kinds of containers and volumes', () => {
  const p = pod({
    initContainers: [refers('init')],
    containers: [refers('app')],
    ephemeralContainers: [{ ...refers('debug') }],
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 'a', configMap: { name: 'vol-map' } },
      { name: 'b', secret: { secretName: 'vol-secret' } },
      { name: 'c', projected: { sources: [{ configMap: { name: 'proj-map' } }, { secret: { name: 'proj-secret' } }] } },
    ],
  });
  const names = (kind: string): string[] => ['init', 'app', 'debug'].flatMap((name) => [`${name}-from-${kind}`, `${name}-${kind}`]);
  const found = podReferences(p);
  expect([...found.configMaps].toSorted()).toEqual([...names('map'), 'vol-map', 'proj-map'].toSorted());
  expect([...found.secrets].toSorted()).toEqual([...names('secret'), 'vol-secret', 'proj-secret', 'pull'].toSorted());
});
