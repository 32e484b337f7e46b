import { afterAll, beforeAll, describe } from 'vitest';
import { containers } from './lines/containers.ts';
import { escalation } from './lines/escalation.ts';
import type { Line } from './lines/line.ts';
import { metricLabels } from './lines/metric-labels.ts';
import { nodeWrites } from './lines/node-writes.ts';
import { oldObject } from './lines/old-object.ts';
import { proxyTricks } from './lines/proxy-tricks.ts';
import { redaction } from './lines/redaction.ts';
import { scopeConfusion } from './lines/scope-confusion.ts';
import { storageKeys } from './lines/storage-keys.ts';
import { Rig } from './rig.ts';

const lines: ReadonlyArray<readonly [string, Line]> = [
  ['storage-key escape by crafted names', storageKeys],
  ['scope confusion (cluster URL for a namespaced kind)', scopeConfusion],
  ['proxy redirect and upgrade tricks', proxyTricks],
  ['validating admission seeing the true old object', oldObject],
  ['policies covering ephemeral and init containers and envFrom', containers],
  ['node identity writing to another node\'s objects', nodeWrites],
  ['escalation through roles, bindings, impersonation and CSR', escalation],
  ['token redaction in logs at every level', redaction],
  ['unbounded metric labels', metricLabels],
];

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.stop());

describe.each(lines)('%s', (_name, line) => line(() => rig));
