import { beforeAll, expect } from 'vitest';
import { eventually } from '../support/cluster.ts';
import { commands } from './commands.ts';

/** Waiting and events: commands that follow what the cluster does. */
commands('events', ({ k, command, since }) => {
  let pod = '';
  beforeAll(async () => {
    await k.deployment('web', 2);
    pod = (await k.ok('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    // Events are written behind what they tell of.
    await eventually(async () => ((await k.ok('get', 'events')).match(/ (Scheduled|Started|ScalingReplicaSet) /g) ?? []).length === 5, 'the events of two pods and a deployment');
  });

  command('get events', async () => {
    expect(await k.ok('get', 'events')).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n[^]*Normal +ScalingReplicaSet +deployment\/web +Scaled up replica set web-\S+ from 0 to 2\n/);
    expect(await k.ok('get', 'events', '--field-selector', `involvedObject.name=${pod},reason=Started`, '-o', 'wide')).toMatch(/SUBOBJECT +SOURCE[^]*spec\.containers\{nginx\} +kubelet, \S+ +Container started/);
    expect(await k.ok('get', 'events.events.k8s.io', '--field-selector', `regarding.name=${pod},reason=Scheduled`, '-o', 'jsonpath={.items[0].note}')).toMatch(/^Successfully assigned /);
    const ofPod = ['--field-selector', `involvedObject.name=${pod}`, '-o', 'custom-columns=T:.metadata.creationTimestamp', '--no-headers'];
    expect((await k.ok('get', 'events', '--sort-by=.metadata.creationTimestamp', ...ofPod)).trim().split('\n')).toEqual((await k.ok('get', 'events', ...ofPod)).trim().split('\n').sort());
  });
  since('events', async () => {
    expect(await k.ok('events', '--for', `pod/${pod}`)).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n[^]*Normal +Created +Pod\/web-[^]*Normal +Started +Pod\/web-/);
    expect(await k.ok('events', '--for', 'deployment/web', '--no-headers')).toMatch(/^\S+ +Normal +ScalingReplicaSet +Deployment\/web +Scaled up replica set/);
    expect(await k.ok('events', '--types=Warning')).not.toMatch(/Normal/);
    expect(await k.ok('events', '-A', '--types=Normal')).toMatch(/^NAMESPACE +LAST SEEN +TYPE[^]*\ndefault +\S+ +Normal /);
    const listed = JSON.parse(await k.ok('events', '--for', `pod/${pod}`, '-o', 'json')) as { kind: string; items: { kind: string; reason: string }[] };
    // Whoever comes first pulls the image; the scheduler's event and the kubelet's are ordered by the clocks of two processes.
    const reasons = listed.items.map(({ reason }) => reason);
    expect(reasons).toContain('Scheduled');
    expect([listed.kind, ...reasons.filter((reason) => reason !== 'Pulling' && reason !== 'Scheduled')]).toEqual(['EventList', 'Pulled', 'Created', 'Started']);
  });
  since('events --watch', async () => {
    await using watch = k.start('events', '--watch', '--for', 'pod/watched');
    await k.ok('run', 'watched', '--image=x', '--overrides={"spec":{"nodeSelector":{"there":"is-none"}}}');
    await watch.until(/Warning +FailedScheduling +Pod\/watched +0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector\./);
  });

  command('wait --for=condition', async () => {
    expect(await k.ok('wait', '--for=condition=Available', 'deploy/web', '--timeout=120s')).toBe('deployment.apps/web condition met\n');
    expect(await k.ok('wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=120s')).toMatch(/^pod\/web-\S+ condition met\npod\/web-\S+ condition met\n$/);
    expect(await k.ok('wait', '--for=condition=Ready=true', 'pod', '-l', 'app=web', '--all=false', '--timeout=120s')).toMatch(/^pod\/web-\S+ condition met\n/);
    expect(await k.fails('wait', '--for=condition=Nothing', 'deploy/web', '--timeout=3s')).toBe('error: timed out waiting for the condition on deployments/web\n');
    expect(await k.fails('wait', '--for=condition=Ready', 'pod/nobody', '--timeout=5s')).toBe('Error from server (NotFound): pods "nobody" not found\n');
  });
  command('wait --for=condition, which comes later', async () => {
    await k.ok('run', 'late', '--image=x', '--overrides={"spec":{"nodeSelector":{"there":"is-none"}}}');
    const met = k.ok('wait', '--for=condition=PodScheduled=false', 'pod/late', '--timeout=120s');
    expect(await met).toBe('pod/late condition met\n');
  });
  command('wait --for=delete', async () => {
    await k.ok('create', 'configmap', 'going');
    await k.ok('patch', 'cm', 'going', '--type=merge', '-p', '{"metadata":{"finalizers":["example.com/hold"]}}');
    await k.ok('delete', 'cm', 'going', '--wait=false');
    // What has gone before it looks is an error to old ones: they have to see it first.
    await using wait = k.start('wait', '--for=delete', 'cm/going', '--timeout=120s', '-v=6');
    await wait.until(/configmaps\/going[^]*200 OK/);
    await k.ok('patch', 'cm', 'going', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await wait.until(/configmap\/going condition met/);
  });
  since('wait --for=jsonpath', async () => {
    expect(await k.ok('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deploy/web', '--timeout=120s')).toBe('deployment.apps/web condition met\n');
    expect(await k.ok('wait', '--for=jsonpath={.status.podIP}', 'pod', '-l', 'app=web', '--timeout=120s')).toMatch(/^(pod\/web-\S+ condition met\n){2}$/);
    expect(await k.fails('wait', '--for=jsonpath={.status.readyReplicas}=7', 'deploy/web', '--timeout=3s')).toBe('error: timed out waiting for the condition on deployments/web\n');
  });
  since('wait --for=create', async () => {
    const created = k.ok('wait', '--for=create', 'cm/awaited', '--timeout=120s');
    await k.ok('create', 'configmap', 'awaited');
    expect(await created).toBe('configmap/awaited condition met\n');
  });
});
