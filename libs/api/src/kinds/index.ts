/**
 * One file per kind, `<group>/<kind>.ts`: its names, strategy, validation across fields, table columns and selectable fields,
 * as pure functions. A new kind is a new file and a line in its group's index. Helpers shared by kinds are in this folder.
 */
export * from './columns.ts';
export * from './define-kind.ts';
export * from './human-duration.ts';
export * from './kind.ts';
export * from './registry.ts';
export { compareVersions } from './version-priority.ts';
export { allContainers, defaultPullPolicy } from './pod-spec-defaults.ts';
export { podLimits, podRequests, qosClassOf, type Amounts } from './core/pod-resources.ts';
export { usesClusterIP, usesHealthCheckPort, usesNodePorts } from './core/service-addresses.ts';
export { validatePodSpec } from './pod-spec/validate.ts';
export { mandatoryFlowSchemas, mandatoryPriorityLevels } from './flowcontrol/mandatory.ts';
export { checkSchedule } from './batch/schedule.ts';
