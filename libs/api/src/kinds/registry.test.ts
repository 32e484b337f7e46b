import { describe, expect, test } from 'vitest';
import { resources } from '../gen/resources.ts';
import { kindRegistry } from './registry.ts';

describe('the registry of built-in kinds', () => {
  test.each(Object.entries(resources))('has %s', (_, resource) => {
    const kind = kindRegistry.byResource(resource.group, resource.version, resource.resource);
    expect(kind).toMatchObject({ kind: resource.kind, namespaced: resource.namespaced });
    expect(kindRegistry.byKind(resource.group, resource.version, resource.kind)).toBe(kind);
  });

  test('has the kinds that are only created, and the bodies of subresources', () => {
    const createOnly = kindRegistry.kinds.filter((k) => k.verbs.join() === 'create').map((k) => k.kind);
    expect(createOnly).toEqual([
      'Binding', 'SelfSubjectReview', 'TokenReview', 'LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview',
    ]);
    for (const { kind, group, version } of kindRegistry.kinds.flatMap((k) => k.subresources)) {
      if (!kind.endsWith('Options')) expect(kindRegistry.byKind(group, version, kind), kind).toBeDefined();
    }
    expect(kindRegistry.byResource('autoscaling', 'v1', 'scales')).toBeUndefined();
  });

  test('lists groups as discovery does', () => {
    expect(kindRegistry.groups.map((g) => g.group)).toEqual([
      '', 'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling', 'batch',
      'certificates.k8s.io', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'admissionregistration.k8s.io',
      'apiextensions.k8s.io', 'scheduling.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io', 'flowcontrol.apiserver.k8s.io', 'resource.k8s.io',
    ]);
    expect(kindRegistry.groups.find((g) => g.group === 'autoscaling')).toEqual({ group: 'autoscaling', versions: ['v2', 'v1'], preferredVersion: 'v2' });
  });

  test('stores each kind in a place of its own', () => {
    const stored = kindRegistry.kinds.filter((k) => k.storedAs === undefined && k.verbs.includes('watch'));
    expect(new Set(stored.map((k) => k.storagePrefix)).size).toBe(stored.length);
    expect(kindRegistry.byResource('', 'v1', 'nodes')?.storagePrefix).toBe('minions');
    expect(kindRegistry.byResource('', 'v1', 'endpoints')?.storagePrefix).toBe('services/endpoints');
  });

  test('inherited names are no kinds', () => {
    expect(kindRegistry.byResource('', 'v1', 'constructor')).toBeUndefined();
    expect(kindRegistry.byKind('', 'v1', '__proto__')).toBeUndefined();
  });
});
