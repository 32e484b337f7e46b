import type { Clock } from '@rhythm/base';
import { adminHttp, objectOf } from './admin-http.ts';
import { patientHttp } from './patient-http.ts';
import type { ClusterConfig } from '../config/cluster-config.ts';

/** The kubelet's own names and limit (apps/kubelet/src/fake/node-range.ts). */
const nodesMax = 5_000;
const timeoutMs = 30_000;
const readyMsMax = 120_000;
const pollMs = 100;
const user = 'system:fake-kubelet';
const leaseNamespace = 'kube-node-lease';

/** Addresses that nothing on the machine ever has: no link, no route and no packet bears them. */
export const fakeRanges = { podCidr: '100.64.0.0/10', serviceCidr: '10.96.0.0/16' } as const;

export const fakeNodeNames = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `fake-${index}`);

/** Throws one line when the cluster in the folder cannot have so many fake nodes. */
export function checkFakeNodes(old: ClusterConfig | undefined, count: number, running: boolean): void {
  if (!Number.isInteger(count) || count < 1 || count > nodesMax) throw new Error(`--fake-nodes ${count}: give a number from 1 to ${nodesMax}`);
  if (old !== undefined && old.fakeNodes === undefined) throw new Error(`the cluster in ${old.dir} has a real node: choose another --dir for fake ones`);
  if (running && old?.fakeNodes !== count) throw new Error(`the cluster runs with ${old?.fakeNodes ?? 0} fake nodes: stop it with ./rhythm down first`);
}

const everywhere = { namespaces: ['*'], clusterScope: true };
const flow = (name: string, level: string, matchingPrecedence: number, resourceRules: readonly object[]): { readonly name: string; readonly spec: object } => ({
  name,
  spec: { priorityLevelConfiguration: { name: level }, matchingPrecedence, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules }] },
});
/** The places at the API server that nodes have by their group: heartbeats go on while users flood it. */
const fakeNodeFlows = [
  flow('rhythm-fake-node-high', 'node-high', 400, [{ verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], ...everywhere }, { verbs: ['*'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] }]),
  flow('rhythm-fake-nodes', 'system', 500, [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], ...everywhere }]),
] as const;

/**
 * The rights of the one process that is all fake nodes, made only in clusters that have them. It is in no group of nodes, so
 * neither the node authorizer nor NodeRestriction knows it: it may do this and nothing else, and read no Secret.
 */
export async function ensureFakeKubeletRights(config: ClusterConfig, clock: Clock): Promise<void> {
  const http = patientHttp(adminHttp(config), clock);
  const name = 'rhythm:fake-kubelet';
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }];
  const rule = (apiGroup: string, resource: string, ...verbs: string[]): object => ({ apiGroups: [apiGroup], resources: [resource], verbs });
  const make = async (path: string, kind: string, rest: object): Promise<void> => {
    const answer = await http.post(`/apis/rbac.authorization.k8s.io/v1/${path}`, { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name }, ...rest }, timeoutMs);
    if (answer.status !== 409) objectOf(answer, `the ${kind} of the fake nodes cannot be made`);
  };
  const makeFlow = async (schema: { readonly name: string; readonly spec: object }): Promise<void> => {
    const answer = await http.post('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name: schema.name }, spec: schema.spec }, timeoutMs);
    if (answer.status !== 409) objectOf(answer, 'the FlowSchema of the fake nodes cannot be made');
  };
  try {
    await make('clusterroles', 'ClusterRole', {
      rules: [rule('', 'nodes', 'get', 'list', 'watch', 'create'), rule('', 'nodes/status', 'patch'), rule('', 'pods', 'get', 'list', 'watch', 'delete'), rule('', 'pods/status', 'patch')],
    });
    await make('clusterrolebindings', 'ClusterRoleBinding', { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects });
    await make(`namespaces/${leaseNamespace}/roles`, 'Role', { rules: [rule('coordination.k8s.io', 'leases', 'get', 'create', 'update')] });
    await make(`namespaces/${leaseNamespace}/rolebindings`, 'RoleBinding', { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }, subjects });
    for (const schema of fakeNodeFlows) await makeFlow(schema);
  } finally {
    http.close();
  }
}

/** Waits until the API says that every fake node is Ready, and no taint keeps pods away from it any more. */
export async function waitFakeNodesReady(config: ClusterConfig, clock: Clock): Promise<void> {
  interface List {
    readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string }; readonly spec: { readonly taints?: readonly unknown[] }; readonly status?: { readonly conditions?: ReadonlyArray<{ type: string; status: string }> } }>;
  }
  const wanted = fakeNodeNames(config.fakeNodes ?? 0);
  const http = patientHttp(adminHttp(config), clock);
  const end = clock.monotonic() + readyMsMax;
  try {
    for (;;) {
      const nodes = objectOf<List>(await http.get('/api/v1/nodes', timeoutMs), 'the nodes cannot be listed').items;
      const ready = new Set(nodes.filter((node) => node.spec.taints === undefined && node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')).map(({ metadata }) => metadata.name));
      if (wanted.every((name) => ready.has(name))) return;
      if (clock.monotonic() > end) throw new Error(`${ready.size} of ${wanted.length} fake nodes are Ready after ${readyMsMax / 1000} s`);
      await clock.sleep(pollMs);
    }
  } finally {
    http.close();
  }
}
