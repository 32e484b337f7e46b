import { createRules, defaultRules, statusRules, updateRules, withChange } from './testing.ts';
import type { RuleCase } from './testing.ts';

const pod = { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' };
const job = { spec: { template: { spec: pod } } };
const indexed = withChange(job, { 'spec.completionMode': 'Indexed', 'spec.completions': 5, 'spec.backoffLimitPerIndex': 1 });
const rule = 'spec.podFailurePolicy.rules';
const success = 'spec.successPolicy.rules';
const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];

createRules('batch/v1 Job', job, [
  ['spec.parallelism, completions, activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished, backoffLimitPerIndex, maxFailedIndexes', Object.fromEntries(counts.map((c) => [`spec.${c}`, -1])), ...counts.map((c) => `spec.${c}: Invalid value: -1: must be greater than or equal to 0`)],
  ['spec.selector, spec.template.metadata.labels', { 'spec.selector': { matchLabels: { a: 'b' } }, 'spec.manualSelector': true }, 'spec.template.metadata.labels: Invalid value: '],
  ['spec.selector', { 'spec.manualSelector': true }, 'spec.selector: Required value', 'spec.template.metadata.labels: Invalid value: null: `selector` does not match'],
  ['spec.template.metadata.labels', { 'spec.template.metadata.labels': { 'job-name': 'y' } }, `spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"uid","batch.kubernetes.io/job-name":"x","controller-uid":"uid","job-name":"y"}: must be 'x'`],
  ['spec.selector', { 'spec.selector': { matchLabels: { 'batch.kubernetes.io/controller-uid': 'other' } } }, 'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"other"}}: `selector` not auto-generated', 'spec.template.metadata.labels: Invalid value: '],
  ['spec.template.spec.restartPolicy', { 'spec.template.spec.restartPolicy': undefined }, 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ['spec.template.spec.restartPolicy', { 'spec.template.spec.restartPolicy': 'OnFailure', [rule]: [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] }, 'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified'],
  ['spec.completionMode', { 'spec.completionMode': 'X' }, 'spec.completionMode: Unsupported value: "X": supported values: "NonIndexed", "Indexed"'],
  ['spec.completions', { 'spec.completionMode': 'Indexed', 'spec.parallelism': 1 }, 'spec.completions: Required value: when completion mode is Indexed'],
  ['spec.backoffLimitPerIndex, maxFailedIndexes, successPolicy', { 'spec.backoffLimitPerIndex': 1, 'spec.maxFailedIndexes': 1, [success]: [{ succeededCount: 1 }] }, 'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode', 'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode', 'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode'],
  ['spec.managedBy', { 'spec.managedBy': 'x' }, 'spec.managedBy: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'],
  ['spec.managedBy', { 'spec.managedBy': `a.b/${'c'.repeat(60)}` }, 'spec.managedBy: Too long: may not be more than 63 bytes'],
  ['spec.podReplacementPolicy', { 'spec.podReplacementPolicy': 'X' }, 'spec.podReplacementPolicy: Unsupported value: "X": supported values: "Failed", "TerminatingOrFailed"'],
  ['spec.podReplacementPolicy', { 'spec.podReplacementPolicy': 'TerminatingOrFailed', [rule]: [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] }, 'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
  ['spec.podFailurePolicy.rules', { [rule]: Array.from({ length: 21 }, () => ({ action: 'Ignore', onPodConditions: [{ type: 'A' }] })) }, `${rule}: Too many: 21: must have at most 20 items`],
  ['spec.podFailurePolicy.rules[*].action', { [rule]: [{ action: '', onPodConditions: [{ type: 'A' }] }] }, `${rule}[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
  ['spec.podFailurePolicy.rules[*].action', { [rule]: [{ action: 'FailIndex', onPodConditions: [{ type: 'A' }] }] }, `${rule}[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`],
  ['spec.podFailurePolicy.rules[*]', { [rule]: [{ action: 'Count' }] }, `${rule}[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
  ['spec.podFailurePolicy.rules[*].onExitCodes', { [rule]: [{ action: 'Count', onExitCodes: { containerName: 'x', operator: 'In', values: [2, 0, 2] } }] }, `${rule}[0].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`, `${rule}[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`, `${rule}[0].onExitCodes.values[2]: Duplicate value: 2`, `${rule}[0].onExitCodes.values: Invalid value: [2,0,2]: must be ordered`],
  ['spec.podFailurePolicy.rules[*].onExitCodes', { [rule]: [{ action: 'Count', onExitCodes: { operator: '', values: [] } }] }, `${rule}[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`, `${rule}[0].onExitCodes.values: Invalid value: []: at least one value is required`],
  ['spec.podFailurePolicy.rules[*].onPodConditions', { [rule]: [{ action: 'Count', onPodConditions: [{ type: 'a b', status: 'X' }] }] }, `${rule}[0].onPodConditions[0].type: Invalid value: "a b"`, `${rule}[0].onPodConditions[0].status: Unsupported value: "X": supported values: "False", "True", "Unknown"`],
]);
createRules('batch/v1 Job', indexed, [
  ['metadata.name', { 'metadata.name': 'x'.repeat(62) }, `metadata.name: Invalid value: "${'x'.repeat(62)}": will not able to create pod with invalid DNS label: ${'x'.repeat(62)}-4`],
  ['spec.parallelism', { 'spec.parallelism': 100001 }, 'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed'],
  ['spec.maxFailedIndexes', { 'spec.maxFailedIndexes': 6 }, 'spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
  ['spec.maxFailedIndexes', { 'spec.maxFailedIndexes': 1, 'spec.backoffLimitPerIndex': undefined }, 'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
  ['spec.maxFailedIndexes', { 'spec.completions': 100001, 'spec.parallelism': 10001 }, 'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000', 'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index'],
  ['spec.successPolicy.rules', { 'spec.successPolicy': { rules: [] } }, `${success}: Required value: at least one rules must be specified when the successPolicy is specified`],
  ['spec.successPolicy.rules', { [success]: Array.from({ length: 21 }, () => ({ succeededCount: 1 })) }, `${success}: Too many: 21: must have at most 20 items`],
  ['spec.successPolicy.rules[*]', { [success]: [{}, { succeededCount: 6 }, { succeededIndexes: '0-2', succeededCount: 4 }] }, `${success}[0]: Required value: at least one of succeededCount or succeededIndexes must be specified`, `${success}[1].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`, `${success}[2].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)`],
  ['spec.successPolicy.rules[*]', { [success]: [{ succeededIndexes: 'a' }, { succeededIndexes: '2,1' }, { succeededIndexes: '5' }, { succeededIndexes: '1-2-3' }] }, `${success}[0].succeededIndexes: Invalid value: "a": error parsing succeededIndexes: cannot convert string to integer for index: "a"`, `${success}[1].succeededIndexes: Invalid value: "2,1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1`, `${success}[2].succeededIndexes: Invalid value: "5": error parsing succeededIndexes: too large index: "5"`, `${success}[3].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3"`],
]);
const fixed = (field: string, value: unknown): readonly [string, Record<string, unknown>, string] => [`spec.${field}`, { [`spec.${field}`]: value }, `spec.${field}: Invalid value: `];
updateRules('batch/v1 Job', job, [
  ['spec.selector', { 'spec.selector.matchLabels': { 'batch.kubernetes.io/job-name': 'x' } }, 'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/job-name":"x"}}: field is immutable'],
  fixed('completions', 2),
  ['spec.template', { 'spec.template.spec.containers[0].image': 'j' }, 'spec.template: Invalid value: '],
  ['spec.template', { 'spec.template.spec.nodeSelector': { a: 'b' } }, 'spec.template: Invalid value: '],
  ['spec.parallelism, suspend, activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished, maxFailedIndexes, podReplacementPolicy', { 'spec.parallelism': 2, 'spec.suspend': true, 'spec.activeDeadlineSeconds': 9, 'spec.backoffLimit': 1, 'spec.ttlSecondsAfterFinished': 1, 'spec.podReplacementPolicy': 'Failed' }],
  fixed('managedBy', 'a.b/c'),
  ['spec.podFailurePolicy', { 'spec.podFailurePolicy': { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A', status: 'True' }] }] } }, 'spec.podReplacementPolicy: Unsupported value', 'spec.podFailurePolicy: Invalid value: '],
]);
updateRules('batch/v1 Job', withChange(job, { 'spec.suspend': true }), [['spec.template', { 'spec.template.spec.affinity': { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } } } }], ['spec.template', { 'spec.template.spec.affinity': { podAffinity: {} } }, 'spec.template: Invalid value: '], ['spec.template', { 'spec.template.spec.nodeSelector': { a: 'b' }, 'spec.template.spec.tolerations': [{ operator: 'Exists' }], 'spec.template.metadata.annotations': { a: 'b' } }]]);
updateRules('batch/v1 Job', indexed, [
  ['spec.completions', { 'spec.completions': 3, 'spec.parallelism': 3 }],
  ['spec.completions', { 'spec.completions': 3, 'spec.parallelism': 2 }, 'spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism'],
  fixed('backoffLimitPerIndex', 2),
  ['spec.completionMode', { 'spec.completionMode': 'NonIndexed', 'spec.backoffLimitPerIndex': undefined }, 'spec.completionMode: Invalid value: "NonIndexed": field is immutable', 'spec.backoffLimitPerIndex: Invalid value: null: field is immutable'],
  fixed('successPolicy', { rules: [{ succeededCount: 1 }] }),
]);
const finished = { status: { succeeded: 2, startTime: '2025-12-31T00:00:00Z', completionTime: '2026-01-01T00:00:00Z', conditions: [{ type: 'Complete', status: 'True' }, { type: 'SuccessCriteriaMet', status: 'True' }] } };
statusRules('batch/v1 Job', job, [
  ['status', { 'status.active': -1 }, 'status.active: Invalid value: -1: must be greater than or equal to 0'],
  ['status', { 'status.succeeded': 1 }, 'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter'],
  ['status', { 'status.conditions': [], 'status.completionTime': undefined }, 'status.conditions: Invalid value: cannot disable the terminal Complete=True condition', 'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition'],
  ['status', { 'status.conditions[2]': { type: 'Failed', status: 'True' } }, 'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions', 'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition', 'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions'],
  ['status', { 'status.completionTime': '2026-01-02T00:00:00Z' }, 'status.completionTime: Invalid value: "2026-01-02T00:00:00Z": completionTime cannot be mutated'],
  ['status', { 'status.completionTime': '2025-12-30T00:00:00Z' }, 'status.completionTime: Invalid value: "2025-12-30T00:00:00Z": completionTime cannot be set before startTime', 'status.completionTime: Invalid value: "2025-12-30T00:00:00Z": completionTime cannot be mutated'],
  ['status', { 'status.startTime': undefined }, 'status.startTime: Required value: startTime is required for finished job', 'status.startTime: Required value: startTime cannot be removed for unsuspended job'],
  ['status', { 'status.active': 1, 'status.ready': 2, 'status.terminating': 1 }, 'status.active: Invalid value: 1: active>0 is invalid for finished job', 'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job', 'status.ready: Invalid value: 2: cannot set more ready pods than active'],
  ['status', { 'status.uncountedTerminatedPods': { succeeded: ['a', ''], failed: ['a'] } }, 'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty', 'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"', 'status.uncountedTerminatedPods: Invalid value: {"Succeeded":["a",""],"Failed":["a"]}: uncountedTerminatedPods needs to be empty for finished job'],
  ['status', { 'status.completedIndexes': '0', 'status.failedIndexes': '0' }, 'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode', 'status.failedIndexes: Invalid value: "0": cannot set non-null failedIndexes when backoffLimitPerIndex is null', 'status.failedIndexes: Invalid value: "0": failedIndexes and completedIndexes overlap at index: 0'],
], finished);
statusRules('batch/v1 Job', job, [
  ['status', { 'status.conditions': ['Complete', 'SuccessCriteriaMet'].map((type) => ({ type, status: 'True' })), 'status.startTime': '2026-01-01T00:00:00Z', 'status.completionTime': '2026-01-01T00:00:00Z', 'status.succeeded': 1 }],
  ['status', { 'status.conditions': [{ type: 'Complete', status: 'True' }] }, 'status.completionTime: Required value: completionTime is required for Complete jobs', 'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition', 'status.startTime: Required value: startTime is required for finished job'],
  ['status', { 'status.completionTime': '2026-01-01T00:00:00Z' }, 'status.completionTime: Invalid value: "2026-01-01T00:00:00Z": cannot set completionTime when there is no Complete=True condition'],
  ['status', { 'status.conditions': [{ type: 'Failed', status: 'True' }, { type: 'FailureTarget', status: 'True' }], 'status.startTime': '2026-01-01T00:00:00Z', 'status.failed': 1 }],
]);
statusRules('batch/v1 Job', withChange(indexed, { 'spec.completions': 5, 'spec.parallelism': 5 }), [
  ['status', { 'status.succeeded': 1 }],
  ['status', { 'status.completedIndexes': '0-2', 'status.failedIndexes': '2,4' }, 'status.failedIndexes: Invalid value: "2,4": failedIndexes and completedIndexes overlap at index: 2'],
  ['status', { 'status.completedIndexes': '3-3', 'status.failedIndexes': '9' }, 'status.completedIndexes: Invalid value: "3-3": error parsing completedIndexes: non-increasing order, previous: 3, current: 3', 'status.failedIndexes: Invalid value: "9": error parsing failedIndexes: too large index: "9"'],
  ['status', { 'status.completedIndexes': '0,2', 'status.failedIndexes': '1,3-4' }],
], { status: { succeeded: 3 } });
defaultRules('batch/v1 Job', [
  ['spec.completions', job, { 'spec.completions': 1, 'spec.parallelism': 1 }],
  ['spec.parallelism', withChange(job, { 'spec.completions': 4 }), { 'spec.parallelism': 1, 'spec.completions': 4 }],
  ['spec.backoffLimit', job, { 'spec.backoffLimit': 6 }],
  ['spec.backoffLimit', indexed, { 'spec.backoffLimit': 2147483647 }],
  ['spec.completionMode', job, { 'spec.completionMode': 'NonIndexed', 'spec.suspend': false, 'spec.manualSelector': false }],
  ['spec.podReplacementPolicy', job, { 'spec.podReplacementPolicy': 'TerminatingOrFailed' }],
  ['spec.podReplacementPolicy', withChange(job, { [rule]: [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] }), { 'spec.podReplacementPolicy': 'Failed', [`${rule}[0].onPodConditions[0].status`]: 'True' }],
  ['metadata.labels', withChange(job, { 'spec.template.metadata': { labels: { a: 'b' } } }), { 'metadata.labels': { a: 'b' } }],
  ['spec.selector', job, { 'spec.selector': { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid' } }, 'spec.template.metadata.labels[job-name]': 'x' }],
]);

const cron = { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: job.spec } } };
createRules('batch/v1 CronJob', cron, [
  ['metadata.name', { 'metadata.name': 'x'.repeat(53) }, 'metadata.name: Invalid value: '],
  ['spec.schedule', { 'spec.schedule': '' }, 'spec.schedule: Required value'],
  ['spec.schedule', { 'spec.schedule': '* * * *' }, 'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
  ['spec.schedule', { 'spec.schedule': 'TZ=UTC * * * * *' }, 'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule'],
  ['spec.schedule', { 'spec.schedule': '5/x * * * *' }, 'spec.schedule: Invalid value: "5/x * * * *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['spec.schedule', { 'spec.schedule': '@every x' }, 'spec.schedule: Invalid value: "@every x": failed to parse duration @every x: time: invalid duration "x"'],
  ['spec.schedule', { 'spec.schedule': 'TZ=Mars/Olympus * * * * *' }, 'spec.schedule: Invalid value: "TZ=Mars/Olympus * * * * *": provided bad location Mars/Olympus: unknown time zone Mars/Olympus', 'spec.schedule: Invalid value: "TZ=Mars/Olympus * * * * *": cannot use TZ'],
  ['spec.schedule', { 'spec.schedule': '5/15 0-23/2 ? JAN-mar,12 SUN' }],
  ...['+01', 'a//b', '../etc', 'europe/rome', 'Europe/Rome '].map((zone): RuleCase => ['spec.timeZone', { 'spec.timeZone': zone }, `spec.timeZone: Invalid value: "${zone}": unknown time zone ${zone}`]),
  ['spec.timeZone', { 'spec.timeZone': 'local' }, 'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone', 'spec.timeZone: Invalid value: "local": unknown time zone local'],
  ['spec.timeZone', { 'spec.timeZone': 'Etc/GMT+1' }],
  ['spec.timeZone', { 'spec.timeZone': 'Local' }, 'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone'],
  ['spec.timeZone', { 'spec.timeZone': 'Mars/Olympus' }, 'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
  ['spec.startingDeadlineSeconds, successfulJobsHistoryLimit, failedJobsHistoryLimit', { 'spec.startingDeadlineSeconds': -1, 'spec.successfulJobsHistoryLimit': -1, 'spec.failedJobsHistoryLimit': -1 }, 'spec.startingDeadlineSeconds: Invalid value: -1', 'spec.successfulJobsHistoryLimit: Invalid value: -1', 'spec.failedJobsHistoryLimit: Invalid value: -1'],
  ['spec.concurrencyPolicy', { 'spec.concurrencyPolicy': 'X' }, 'spec.concurrencyPolicy: Unsupported value: "X": supported values: "Allow", "Forbid", "Replace"'],
  ['spec.jobTemplate.spec', { 'spec.jobTemplate.spec.selector': {}, 'spec.jobTemplate.spec.manualSelector': true }, 'spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated', 'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"'],
  ['spec.jobTemplate.spec', { 'spec.jobTemplate.spec.template.spec.restartPolicy': 'Always' }, 'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
]);
updateRules('batch/v1 CronJob', withChange(cron, { 'spec.schedule': 'TZ=UTC * * * * *' }), [['spec', { 'spec.schedule': 'CRON_TZ=UTC 5 * * * *' }], ['spec', { 'spec.timeZone': 'UTC' }, 'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule']]);
updateRules('batch/v1 CronJob', withChange(cron, { 'spec.timeZone': 'Mars/Olympus' }), [['spec', { 'spec.suspend': true }]]);
updateRules('batch/v1 CronJob', cron, [['spec', { 'spec.schedule': '@daily' }]]);
defaultRules('batch/v1 CronJob', [
  ['spec.concurrencyPolicy', cron, { 'spec.concurrencyPolicy': 'Allow', 'spec.suspend': false, 'spec.successfulJobsHistoryLimit': 3, 'spec.failedJobsHistoryLimit': 1 }],
  ['spec.jobTemplate', cron, { 'spec.jobTemplate.spec.backoffLimit': undefined, 'spec.jobTemplate.spec.template.spec.dnsPolicy': 'ClusterFirst' }],
]);
