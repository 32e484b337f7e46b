import { expect, test } from 'vitest';
import { apiVersionOf } from '../resource.ts';
import type { KindDefinition } from './kind.ts';
import { kindRegistry } from './registry.ts';

/**
 * What upstream serves in v1.35, one kind per line: group version, kind, plural, short names, scope, verbs (all: the usual eight), categories,
 * subresources, storage version hash, columns (`*`: wide only; `-`: none of its own).
 */
const upstream = `
v1 | Binding | bindings | - | ns | create | - | - | - | -
v1 | ComponentStatus | componentstatuses | cs | cluster | get,list | - | - | - | Name, Status, Message, Error
v1 | ConfigMap | configmaps | cm | ns | all | - | - | qFsyl6wFWjQ= | Name, Data, Age
v1 | Endpoints | endpoints | ep | ns | all | - | - | fWeeMqaN/OA= | Name, Endpoints, Age
v1 | Event | events | ev | ns | all | - | - | r2yiGXH7wu8= | Last Seen, Type, Reason, Object, Subobject*, Source*, Message, First Seen*, Count*, Name*
v1 | LimitRange | limitranges | limits | ns | all | - | - | EBKMFVe6cwo= | Name, Created At
v1 | Namespace | namespaces | ns | cluster | create,delete,get,list,patch,update,watch | - | finalize,status | Q3oi5N2YM8M= | Name, Status, Age
v1 | Node | nodes | no | cluster | all | - | proxy,status | XwShjMxG9Fs= | Name, Status, Roles, Age, Version, Internal-IP*, External-IP*, OS-Image*, Kernel-Version*, Container-Runtime*
v1 | PersistentVolumeClaim | persistentvolumeclaims | pvc | ns | all | - | status | QWTyNDq0dC4= | Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode*
v1 | PersistentVolume | persistentvolumes | pv | cluster | all | - | status | HN/zwEC+JgM= | Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, VolumeMode*
v1 | Pod | pods | po | ns | all | all | attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status | xPOwRZ+Yhw8= | Name, Ready, Status, Restarts, Age, IP*, Node*, Nominated Node*, Readiness Gates*
v1 | PodTemplate | podtemplates | - | ns | all | - | - | LIXB2x4IFpk= | Name, Containers, Images, Pod Labels
v1 | ReplicationController | replicationcontrollers | rc | ns | all | all | scale,status | Jond2If31h0= | Name, Desired, Current, Ready, Age, Containers*, Images*, Selector*
v1 | ResourceQuota | resourcequotas | quota | ns | all | - | status | 8uhSgffRX6w= | Name, Request, Limit, Age
v1 | Secret | secrets | - | ns | all | - | - | S6u1pOWzb84= | Name, Type, Data, Age
v1 | ServiceAccount | serviceaccounts | sa | ns | all | - | token | pbx9ZvyFpBE= | Name, Secrets, Age
v1 | Service | services | svc | ns | all | all | proxy,status | 0/CO1lhkEBI= | Name, Type, Cluster-IP, External-IP, Port(s), Age, Selector*
admissionregistration.k8s.io/v1 | MutatingWebhookConfiguration | mutatingwebhookconfigurations | - | cluster | all | api-extensions | - | Sqi0GUgDaX0= | Name, Webhooks, Age
admissionregistration.k8s.io/v1 | ValidatingAdmissionPolicy | validatingadmissionpolicies | - | cluster | all | api-extensions | status | 6OxvlMmQ6is= | Name, Validations, ParamKind, Age
admissionregistration.k8s.io/v1 | ValidatingAdmissionPolicyBinding | validatingadmissionpolicybindings | - | cluster | all | api-extensions | - | v9715VZqakg= | Name, PolicyName, ParamRef, Age
admissionregistration.k8s.io/v1 | ValidatingWebhookConfiguration | validatingwebhookconfigurations | - | cluster | all | api-extensions | - | B0wHjQmsGNk= | Name, Webhooks, Age
apiextensions.k8s.io/v1 | CustomResourceDefinition | customresourcedefinitions | crd,crds | cluster | all | api-extensions | status | M5uH+AlWATY= | Name, Created At
apiregistration.k8s.io/v1 | APIService | apiservices | - | cluster | all | api-extensions | status | InPBPD7+PqM= | Name, Service, Available, Age
apps/v1 | ControllerRevision | controllerrevisions | - | ns | all | - | - | 85nkx63pcBU= | Name, Controller, Revision, Age
apps/v1 | DaemonSet | daemonsets | ds | ns | all | all | status | dd7pWHUlMKQ= | Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age, Containers*, Images*, Selector*
apps/v1 | Deployment | deployments | deploy | ns | all | all | scale,status | 8aSe+NMegvE= | Name, Ready, Up-to-date, Available, Age, Containers*, Images*, Selector*
apps/v1 | ReplicaSet | replicasets | rs | ns | all | all | scale,status | P1RzHs8/mWQ= | Name, Desired, Current, Ready, Age, Containers*, Images*, Selector*
apps/v1 | StatefulSet | statefulsets | sts | ns | all | all | scale,status | H+vl74LkKdo= | Name, Ready, Age, Containers*, Images*
authentication.k8s.io/v1 | SelfSubjectReview | selfsubjectreviews | - | cluster | create | - | - | - | -
authentication.k8s.io/v1 | TokenReview | tokenreviews | - | cluster | create | - | - | - | -
authorization.k8s.io/v1 | LocalSubjectAccessReview | localsubjectaccessreviews | - | ns | create | - | - | - | -
authorization.k8s.io/v1 | SelfSubjectAccessReview | selfsubjectaccessreviews | - | cluster | create | - | - | - | -
authorization.k8s.io/v1 | SelfSubjectRulesReview | selfsubjectrulesreviews | - | cluster | create | - | - | - | -
authorization.k8s.io/v1 | SubjectAccessReview | subjectaccessreviews | - | cluster | create | - | - | - | -
autoscaling/v1 | HorizontalPodAutoscaler | horizontalpodautoscalers | hpa | ns | all | all | status | qwQve8ut294= | Name, Reference, Targets, MinPods, MaxPods, Replicas, Age
autoscaling/v2 | HorizontalPodAutoscaler | horizontalpodautoscalers | hpa | ns | all | all | status | qwQve8ut294= | Name, Reference, Targets, MinPods, MaxPods, Replicas, Age
batch/v1 | CronJob | cronjobs | cj | ns | all | all | status | sd5LIXh4Fjs= | Name, Schedule, Timezone, Suspend, Active, Last Schedule, Age, Containers*, Images*, Selector*
batch/v1 | Job | jobs | - | ns | all | all | status | mudhfqk/qZY= | Name, Status, Completions, Duration, Age, Containers*, Images*, Selector*
certificates.k8s.io/v1 | CertificateSigningRequest | certificatesigningrequests | csr | cluster | all | - | approval,status | 95fRKMXA+00= | Name, Age, SignerName, Requestor, RequestedDuration, Condition
coordination.k8s.io/v1 | Lease | leases | - | ns | all | - | - | gqkMMb/YqFM= | Name, Holder, Age
discovery.k8s.io/v1 | EndpointSlice | endpointslices | - | ns | all | - | - | - | Name, AddressType, Ports, Endpoints, Age
events.k8s.io/v1 | Event | events | ev | ns | all | - | - | r2yiGXH7wu8= | Last Seen, Type, Reason, Object, Subobject*, Source*, Message, First Seen*, Count*, Name*
flowcontrol.apiserver.k8s.io/v1 | FlowSchema | flowschemas | - | cluster | all | - | status | - | Name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL
flowcontrol.apiserver.k8s.io/v1 | PriorityLevelConfiguration | prioritylevelconfigurations | - | cluster | all | - | status | - | Name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age
networking.k8s.io/v1 | IngressClass | ingressclasses | - | cluster | all | - | - | l/iqIbDgFyQ= | Name, Controller, Parameters, Age
networking.k8s.io/v1 | Ingress | ingresses | ing | ns | all | - | status | 39NQlfNR+bo= | Name, Class, Hosts, Address, Ports, Age
networking.k8s.io/v1 | IPAddress | ipaddresses | ip | cluster | all | - | - | 3f/plJFChNE= | Name, ParentRef
networking.k8s.io/v1 | NetworkPolicy | networkpolicies | netpol | ns | all | - | - | YpfwF18m1G8= | Name, Pod-Selector, Age
networking.k8s.io/v1 | ServiceCIDR | servicecidrs | - | cluster | all | - | status | gNLvruQhW2g= | Name, CIDRs, Age
node.k8s.io/v1 | RuntimeClass | runtimeclasses | - | cluster | all | - | - | WQTu1GL3T2Q= | Name, Handler, Age
policy/v1 | PodDisruptionBudget | poddisruptionbudgets | pdb | ns | all | - | status | EVWiDmWqyJw= | Name, Min Available, Max Unavailable, Allowed Disruptions, Age
rbac.authorization.k8s.io/v1 | ClusterRoleBinding | clusterrolebindings | - | cluster | all | - | - | 48tpQ8gZHFc= | Name, Role, Age, Users*, Groups*, ServiceAccounts*
rbac.authorization.k8s.io/v1 | ClusterRole | clusterroles | - | cluster | all | - | - | bYE5ZWDrJ44= | Name, Created At
rbac.authorization.k8s.io/v1 | RoleBinding | rolebindings | - | ns | all | - | - | eGsCzGH6b1g= | Name, Role, Age, Users*, Groups*, ServiceAccounts*
rbac.authorization.k8s.io/v1 | Role | roles | - | ns | all | - | - | 7FuwZcIIItM= | Name, Created At
resource.k8s.io/v1 | DeviceClass | deviceclasses | - | cluster | all | - | - | - | Name, Age
resource.k8s.io/v1 | ResourceClaim | resourceclaims | - | ns | all | - | status | - | Name, State, Age
resource.k8s.io/v1 | ResourceClaimTemplate | resourceclaimtemplates | - | ns | all | - | - | - | Name, Age
resource.k8s.io/v1 | ResourceSlice | resourceslices | - | cluster | all | - | - | - | Name, Node, Driver, Pool, Age
scheduling.k8s.io/v1 | PriorityClass | priorityclasses | pc | cluster | all | - | - | 1QwjyaZjj3Y= | Name, Value, Global-Default, Age, PreemptionPolicy
storage.k8s.io/v1 | CSIDriver | csidrivers | - | cluster | all | - | - | hL6j/rwBV5w= | Name, AttachRequired, PodInfoOnMount, StorageCapacity
storage.k8s.io/v1 | CSINode | csinodes | - | cluster | all | - | - | Pe62DkZtjuo= | Name, Drivers, Age
storage.k8s.io/v1 | CSIStorageCapacity | csistoragecapacities | - | ns | all | - | - | xeVl+2Ly1kE= | Name, StorageClassName, Capacity
storage.k8s.io/v1 | StorageClass | storageclasses | sc | cluster | all | - | - | K+m6uJwbjGY= | Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age
storage.k8s.io/v1 | VolumeAttachment | volumeattachments | - | cluster | all | - | status | tJx/ezt6UDU= | Name, Attacher, PV, Node, Attached, Age
storage.k8s.io/v1 | VolumeAttributesClass | volumeattributesclasses | vac | cluster | all | - | - | tIjydgKBC5w= | Name, DriverName, Age
`;

/** CSIDriver prints more columns than the list has: upstream adds them one by one. */
const moreColumns: ReadonlySet<string> = new Set(['CSIDriver']);
const usual = 'create,delete,deletecollection,get,list,patch,update,watch';

function line(kind: KindDefinition, expected: string): string {
  const verbs = [...kind.verbs].sort().join(',');
  const columns = expected.endsWith('| -') ? '-' : kind.columns.map((c) => `${c.name}${c.priority === 1 ? '*' : ''}`).join(', ');
  const parts = [kind.shortNames.join(','), kind.namespaced ? 'ns' : 'cluster', verbs === usual ? 'all' : verbs, kind.categories.join(','), kind.subresources.map((s) => s.name).join(','), kind.storageVersionHash];
  return [apiVersionOf(kind), kind.kind, kind.plural, ...parts.map((p) => (p === '' ? '-' : p)), columns].join(' | ');
}

const lines = upstream.trim().split('\n');

test.each(lines)('%s', (expected) => {
  const [apiVersion = '', kind = ''] = expected.split(' | ');
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const found = kindRegistry.byKind(group, version, kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  if (moreColumns.has(kind)) expect(line(found, expected)).toContain(expected);
  else expect(line(found, expected)).toBe(expected);
  expect(found.singular).toBe(kind.toLowerCase());
});

/** The columns that are no plain strings: `Kind.Column: type/format`. All others are, and `Name` has the format `name`. */
const typed = `
LimitRange.Created At: date
ReplicationController.Desired: integer, ReplicationController.Current: integer, ReplicationController.Ready: integer
DaemonSet.Desired: integer, DaemonSet.Current: integer, DaemonSet.Ready: integer, DaemonSet.Up-to-date: integer, DaemonSet.Available: integer
ReplicaSet.Desired: integer, ReplicaSet.Current: integer, ReplicaSet.Ready: integer
CronJob.Suspend: boolean, CronJob.Active: integer
PodDisruptionBudget.Allowed Disruptions: integer
ClusterRole.Created At: date, Role.Created At: date, CustomResourceDefinition.Created At: date
CSIDriver.AttachRequired: boolean, CSIDriver.PodInfoOnMount: boolean, CSIDriver.StorageCapacity: boolean, CSIDriver.RequiresRepublish: boolean
CSINode.Drivers: integer
VolumeAttachment.Attacher: string/name, VolumeAttachment.Attached: boolean
MutatingWebhookConfiguration.Webhooks: integer, ValidatingWebhookConfiguration.Webhooks: integer, ValidatingAdmissionPolicy.Validations: integer
PriorityClass.Value: integer, PriorityClass.Global-Default: boolean
`.trim().split(/\n|, /);

test('columns are of the types and formats that upstream gives them', () => {
  const listed = kindRegistry.kinds.filter((kind) => kind.verbs.includes('list'));
  const told = listed.flatMap((kind) => kind.columns.filter((c) => (c.type !== 'string' || c.format !== '') && !(c.name === 'Name' && c.format === 'name')).map((c) => `${kind.kind}.${c.name}: ${c.type}${c.format === '' ? '' : `/${c.format}`}`));
  expect(told.toSorted()).toEqual(typed.toSorted());
  expect(listed.filter((kind) => kind.columns.some((c) => c.name === 'Name' && c.format !== 'name')).map((kind) => kind.kind)).toEqual([]);
});

test('nothing else is served', () => expect(kindRegistry.kinds).toHaveLength(lines.length));
