import type { Node, NodeSpec, Pod, PodSpec } from '@rhythm/api/types/core-v1';

/** A ready node with room, for tests. */
export function aNode(name: string, options: { allocatable?: Record<string, string>; labels?: Record<string, string>; spec?: Partial<NodeSpec> } = {}): Node {
  return {
    metadata: { name, labels: options.labels ?? {} },
    spec: { ...options.spec },
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '110', ...options.allocatable } } as unknown as Node['status'],
  };
}

/** A pending pod with one container, for tests. */
export function aPod(name: string, options: { requests?: Record<string, string>; spec?: Partial<PodSpec> } = {}): Pod {
  const container = { name: 'main', image: 'x', resources: { requests: options.requests ?? {} } };
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { schedulerName: 'default-scheduler', containers: [container], ...options.spec } as PodSpec,
    status: {},
  };
}
