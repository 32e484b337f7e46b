/**
 * What a controller is made of: informers with indexes, the work queue, the reconcile loop, leader election by
 * Lease, the event recorder. May import `base`, `api` and `client`; no I/O of its own.
 */
export * from './enqueue.ts';
export * from './event-recorder.ts';
export * from './informer-factory.ts';
export * from './key.ts';
export * from './leader-election.ts';
export * from './ports.ts';
export * from './run-controller.ts';
export * from './start-informer.ts';
export * from './work-queue.ts';
