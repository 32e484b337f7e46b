import { aborted, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { RunningApp } from '@rhythm/config';
import { eventRecorder, informerFactory, runLeaderElection, type EventRecorder } from '@rhythm/controller';
import { startControllers, type ControllersConfig } from './controllers.ts';

export interface ControllerManagerConfig extends ControllersConfig {
  /** Who we are in the election; the same after a restart, so that a crashed leader goes on at once. */
  readonly identity: string;
}

export interface ControllerManagerPorts {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Runs every controller while it leads. */
export function start(config: ControllerManagerConfig, ports: ControllerManagerPorts): RunningApp {
  const election = runLeaderElection({
    ...ports,
    name: 'kube-controller-manager',
    identity: config.identity,
    onStarted: (signal) => lead(config, ports, signal),
  });
  return { stop: () => election.stop() };
}

async function lead(config: ControllerManagerConfig, ports: ControllerManagerPorts, signal: AbortSignal): Promise<void> {
  const informers = informerFactory(ports.client, ports);
  const recorders = new Map<string, EventRecorder & { stop(): Promise<void> }>();
  const events = (component: string): EventRecorder => {
    const known = recorders.get(component);
    if (known !== undefined) return known;
    const fresh = eventRecorder(ports.client, { component, ...ports });
    recorders.set(component, fresh);
    return fresh;
  };
  const controllers = startControllers({ ...ports, informers, events }, config);
  await aborted(signal);
  await Promise.all(controllers.map((controller) => controller.stop()));
  await informers.stop();
  await Promise.all([...recorders.values()].map((recorder) => recorder.stop()));
}
