/**
 * The kubelet: runs the pods of one node through the CRI. `kubelet.ts` builds it, `pod/plan.ts` decides (pure), `pod/execute.ts` acts,
 * `status/` reports (pure), `server/` serves logs, exec, attach and port-forward to the apiserver.
 * `fake/` is many nodes on which nothing runs, in one process, with the same plan and status.
 */
export * from './kubelet.ts';
export * from './start.ts';
export * from './server/node-server.ts';
export * from './fake/start-fake-nodes.ts';
