import { resources } from '@rhythm/api';
import type { Deployment, DeploymentSpec } from '@rhythm/api/types/apps-v1';
import type { Pod } from '@rhythm/api/types/core-v1';
import { formatTime, seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { fakeApiClient, type FakeApiClient } from '@rhythm/client/fake';
import { informerFactory, type EventRecorder, type RunningController } from '@rhythm/controller';
import type { ControllerContext, StartController } from './context.ts';

/** Controllers against an API server in memory, under a clock that the test moves. */
export interface Rig {
  readonly clock: VirtualClock;
  readonly client: FakeApiClient;
  /** `reason: message` of the events so far. */
  readonly events: string[];
  /** Lets everything that is ready happen. */
  settle(ms?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function rig(...start: readonly StartController[]): Promise<Rig> {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const client = fakeApiClient({ clock, random });
  const events: string[] = [];
  const recorder: EventRecorder = { event: (_about, _type, reason, message) => void events.push(`${reason}: ${message}`) };
  const informers = informerFactory(client, { clock, log: silentLog, random });
  const context: ControllerContext = { client, informers, events: () => recorder, clock, random, log: silentLog };
  const running: RunningController[] = start.map((controller) => controller(context));
  await clock.advance(10);
  return {
    clock,
    client,
    events,
    settle: (ms = 50) => clock.advance(ms),
    stop: async () => {
      await Promise.all(running.map((controller) => controller.stop()));
      await informers.stop();
    },
  };
}

/** A Deployment as the API server would have stored it. */
export function aDeployment(name: string, spec: Partial<DeploymentSpec> = {}, image = 'app:1'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image, resources: {} }] } as Pod['spec'] },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
    },
    status: {},
  };
}

/** Plays the kubelet: every pending pod runs and is ready; every deleted one is gone. */
export async function runPods(rig: Rig): Promise<void> {
  for (const pod of rig.client.all(resources.pods, 'default')) {
    if (pod.metadata.deletionTimestamp !== undefined) rig.client.remove(resources.pods, 'default', pod.metadata.name ?? '');
    else if (pod.status.phase !== 'Running') rig.client.seed(resources.pods, ready(pod, rig.clock.now()));
  }
  await rig.settle();
}

function ready(pod: Pod, now: number): Pod {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(now) }];
  return { ...pod, spec: { ...pod.spec, nodeName: 'n1' }, status: { ...pod.status, phase: 'Running', podIP: '10.42.0.9', conditions } };
}
