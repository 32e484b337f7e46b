import { afterAll, beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands } from './commands.ts';

/** Commands for nodes, one after the other: they concern every pod. */
commands('nodes', ({ k, alone }) => {
  let node = '';
  beforeAll(async () => {
    node = (await k.ok('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  });
  afterAll(async () => {
    await k.try(['uncordon', node]);
    await k.try(['taint', 'node', node, 'kubectl-']);
  });
  /** A pod that is left waiting. The scheduler hears of the node and of the pod apart: one that it placed before it knew is taken away, and another made. */
  const unscheduled = async (name: string): Promise<string> => {
    for (let pod = name; ; pod = `${pod}-again`) {
      await k.ok('run', pod, '--image=x');
      const isScheduled = await eventually(async () => (await k.ok('get', 'pod', pod, '-o', 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].status}')) || undefined, `the scheduler has looked at ${pod}`);
      if (isScheduled === 'False') return pod;
      await k.ok('delete', 'pod', pod, '--force', '--grace-period=0');
    }
  };
  const scheduled = (pod: string): Promise<string> => k.ok('wait', '--for=condition=PodScheduled', `pod/${pod}`, '--timeout=120s');

  alone('auth can-i (as a node)', async () => {
    await k.ok('create', 'secret', 'generic', 'used', '--from-literal=a=b');
    await k.ok('create', 'secret', 'generic', 'unused', '--from-literal=a=b');
    const as = [`--as=system:node:${node}`, '--as-group=system:nodes'];
    expect(await k.fails('get', 'secret', 'used', ...as)).toContain(`no relationship found between node '${node}' and this object`);
    await k.apply(`apiVersion: v1\nkind: Pod\nmetadata: { name: uses }\nspec: { nodeName: ${node}, containers: [{ name: c, image: x, envFrom: [{ secretRef: { name: used } }] }] }\n`);
    expect(await k.ok('get', 'secret', 'used', '-o', 'name', ...as)).toBe('secret/used\n');
    expect(await k.fails('get', 'secret', 'unused', ...as)).toContain('is forbidden');
    expect(await k.fails('get', 'secrets', ...as)).toContain('can only list individual resources of this type');
    expect((await k.try(['auth', 'can-i', 'get', 'nodes/other', ...as])).stdout).toBe(`no - node '${node}' cannot get other nodes, only its own Node\n`);
    await k.ok('delete', 'pod', 'uses', '--force', '--grace-period=0');
  });
  alone('cordon, uncordon', async () => {
    expect(await k.ok('cordon', node)).toBe(`node/${node} cordoned\n`);
    expect(await k.ok('cordon', node)).toBe(`node/${node} already cordoned\n`);
    expect(await k.ok('get', 'nodes')).toMatch(/ Ready,SchedulingDisabled +control-plane /);
    const pod = await unscheduled('waits');
    await k.shows(['describe', 'pod', pod], /FailedScheduling +\S+.* default-scheduler +0\/1 nodes are available: 1 node\(s\) were unschedulable\./);
    // The taint is a controller's.
    await k.shows(['describe', 'node', node], /\nTaints: +node\.kubernetes\.io\/unschedulable:NoSchedule\nUnschedulable: +true\n/);
    expect(await k.ok('uncordon', node)).toBe(`node/${node} uncordoned\n`);
    expect(await k.ok('uncordon', node)).toBe(`node/${node} already uncordoned\n`);
    await scheduled(pod);
  });
  alone('taint', async () => {
    expect(await k.ok('taint', 'node', node, 'kubectl=test:NoSchedule')).toBe(`node/${node} tainted\n`);
    expect(await k.fails('taint', 'node', node, 'kubectl=other:NoSchedule')).toContain(`node ${node} already has kubectl taint(s) with same effect(s) and --overwrite is false`);
    expect(await k.ok('taint', 'node', node, 'kubectl=other:NoSchedule', '--overwrite')).toBe(`node/${node} modified\n`);
    const pod = await unscheduled('tainted');
    expect(await k.ok('get', 'pod', pod, '-o', 'jsonpath={.status.conditions[?(@.type=="PodScheduled")].message}')).toMatch(/^0\/1 nodes are available: 1 node\(s\) had untolerated taint\(?s?\)? ?\{?/);
    expect(await k.ok('taint', 'node', node, 'kubectl-')).toBe(`node/${node} untainted\n`);
    expect(await k.fails('taint', 'node', node, 'kubectl-')).toContain('taint "kubectl" not found');
    await scheduled(pod);
  });
  alone('drain', async () => {
    // Pods of the other kubectl's namespace are on the node as well.
    const chosen = `--pod-selector=drain=${k.namespace}`;
    await k.sleeper('drained', '-l', `drain=${k.namespace}`);
    expect(await k.fails('drain', node, chosen)).toContain(k.says(`cannot delete Pods that declare no controller (use --force to override): ${k.namespace}/drained`, `cannot delete Pods not managed by ReplicationController, ReplicaSet, Job, DaemonSet or StatefulSet (use --force to override): ${k.namespace}/drained`));
    expect(await k.ok('drain', node, chosen, '--force', '--dry-run=server')).toMatch(/drained \(server dry run\)\n$/);
    expect(await k.ok('drain', node, chosen, '--force', '--timeout=120s')).toMatch(/pod\/drained evicted\nnode\/\S+ (drained|evicted)\n$/);
    expect(await k.fails('get', 'pod', 'drained')).toContain('not found');
    await k.ok('uncordon', node);
  });
  alone('drain, held up by a PodDisruptionBudget', async () => {
    const name = k.says('guarded', 'guarded-old');
    await k.deployment(name);
    await k.apply(`apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: guard }\nspec: { minAvailable: 1, selector: { matchLabels: { app: ${name} } } }\n`);
    await using drain = k.start('drain', node, `--pod-selector=app=${name}`, '--timeout=120s');
    await drain.until(/error when evicting pods?\/"guarded-\S+" (-n "\S+" )?\(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\.\n/);
    await k.ok('delete', 'pdb', 'guard');
    await drain.until(/pod\/guarded-\S+ evicted\nnode\/\S+ (drained|evicted)\n$/);
    await k.ok('uncordon', node);
    await k.ok('rollout', 'status', `deploy/${name}`, '--timeout=120s');
  });
});
