import { resources } from '@rhythm/api';
import { aborted, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import type { RunningApp } from '@rhythm/config';
import { eventRecorder, informerFactory, runLeaderElection } from '@rhythm/controller';
import { Scheduler } from './scheduler.ts';

export interface SchedulerConfig {
  readonly schedulerName: string;
  /** Who we are in the election; the same after a restart, so that a crashed leader goes on at once. */
  readonly identity: string;
}

export interface SchedulerStartPorts {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Schedules while it leads; watches start with leadership, so that a standby costs next to nothing. */
export function start(config: SchedulerConfig, ports: SchedulerStartPorts): RunningApp {
  const events = eventRecorder(ports.client, { component: config.schedulerName, ...ports });
  const election = runLeaderElection({
    ...ports,
    name: 'kube-scheduler',
    identity: config.identity,
    onStarted: async (signal) => {
      const informers = informerFactory(ports.client, ports);
      const pods = informers.informer(resources.pods);
      const nodes = informers.informer(resources.nodes);
      await informers.synced();
      const scheduler = new Scheduler({ ...ports, pods, nodes, events, schedulerName: config.schedulerName });
      scheduler.start();
      await aborted(signal);
      scheduler.stop();
      await informers.stop();
    },
  });
  return {
    stop: async () => {
      await election.stop();
      await events.stop();
    },
  };
}
