import { systemClock } from '@rhythm/base';
import { beforeAll, expect, test } from 'vitest';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

const admission = 'admissionregistration.k8s.io/v1';
const merge = 'application/merge-patch+json';
const bare = { image: 'good/i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } };
const roles = ['containers', 'initContainers', 'ephemeralContainers'] as const;
type Role = (typeof roles)[number];

/** A pod that is fine, but for one container in a role. */
function podWith(role: Role, odd: object): object {
  const fine = { ...bare, name: 'fine' };
  const container = { ...bare, name: 'odd', ...odd };
  return { metadata: { name: 'p' }, spec: { containers: role === 'containers' ? [fine, container] : [fine], ...(role === 'containers' ? {} : { [role]: [container] }) } };
}

const badAtBaseline: Readonly<Record<string, object>> = {
  'a privileged one': { securityContext: { ...bare.securityContext, allowPrivilegeEscalation: true, privileged: true } },
  'a capability': { securityContext: { ...bare.securityContext, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } },
  'no seccomp': { securityContext: { ...bare.securityContext, seccompProfile: { type: 'Unconfined' } } },
  'an SELinux type': { securityContext: { ...bare.securityContext, seLinuxOptions: { type: 'spc_t' } } },
  'no AppArmor': { securityContext: { ...bare.securityContext, appArmorProfile: { type: 'Unconfined' } } },
};
const badAtRestricted: Readonly<Record<string, object>> = {
  'a way to more rights': { securityContext: { ...bare.securityContext, allowPrivilegeEscalation: true } },
  'root': { securityContext: { ...bare.securityContext, runAsUser: 0 } },
  'perhaps root': { securityContext: { ...bare.securityContext, runAsNonRoot: false } },
  'capabilities that it keeps': { securityContext: { ...bare.securityContext, capabilities: {} } },
  'nothing said': { securityContext: {} },
};

export const containers: Line = (rig) => {
  beforeAll(async () => {
    for (const level of ['baseline', 'restricted', 'governed'] as const) {
      const labels = level === 'governed' ? { governed: 'yes' } : { 'pod-security.kubernetes.io/enforce': level };
      await rig().make({ verb: 'create', resource: 'namespaces', body: { metadata: { name: level, labels } } });
      await rig().make({ verb: 'create', namespace: level, resource: 'serviceaccounts', body: { metadata: { name: 'default' } } });
    }
    const every = ['containers', 'initContainers', 'ephemeralContainers'];
    const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods', 'pods/ephemeralcontainers', 'pods/resize'] }];
    const validations = [
      ...every.map((role) => ({ expression: `object.spec.?${role}.orValue([]).all(c, c.image.startsWith('good/'))`, message: `image of ${role}` })),
      ...every.map((role) => ({ expression: `object.spec.?${role}.orValue([]).all(c, c.?envFrom.orValue([]).all(e, !has(e.secretRef)))`, message: `envFrom of ${role}` })),
    ];
    await rig().make({ verb: 'create', api: admission, resource: 'validatingadmissionpolicies', body: { metadata: { name: 'images' }, spec: { matchConstraints: { resourceRules }, validations } } });
    await rig().make({ verb: 'create', api: admission, resource: 'validatingadmissionpolicybindings', body: { metadata: { name: 'images' }, spec: { policyName: 'images', validationActions: ['Deny'], matchResources: { namespaceSelector: { matchLabels: { governed: 'yes' } } } } } });
    const probe: Ask = { verb: 'create', namespace: 'governed', resource: 'pods', query: { dryRun: 'All' }, body: podWith('containers', { image: 'bad/i' }) };
    while ((await rig().http('admin', probe)).code === 201) await systemClock.sleep(10);
    for (const namespace of ['baseline', 'restricted', 'governed']) await rig().make({ verb: 'create', namespace, resource: 'pods', body: { ...podWith('containers', {}), metadata: { name: 'there' } } });
  });

  /** Into a pod that is there: only ephemeral ones can come later. */
  const later = (namespace: string, odd: object, contentType = merge): Ask => ({ verb: 'patch', namespace, resource: 'pods', name: 'there', subresource: 'ephemeralcontainers', contentType, body: { spec: { ephemeralContainers: [{ ...bare, name: 'late', ...odd }] } } });
  const asked = (namespace: string, role: Role, odd: object): Ask => (role === 'ephemeralContainers' ? later(namespace, odd) : { verb: 'create', namespace, resource: 'pods', body: podWith(role, odd) });

  const levels = [['baseline', badAtBaseline], ['restricted', { ...badAtBaseline, ...badAtRestricted }]] as const;
  test.each(levels.flatMap(([level, bad]) => Object.entries(bad).flatMap(([what, odd]) => roles.map((role) => [level, what, role, odd] as const))))('Pod Security at %s: %s among %s', async (level, _what, role, odd) => {
    const { code, text } = await rig().http('admin', asked(level, role, odd));
    expect(code, text).toBe(403);
    expect((await rig().grpc('admin', asked(level, role, odd))).code).toBe(403);
  });

  test.each(['baseline', 'restricted'])('Pod Security at %s: what is fine passes, in every role', async (level) => {
    for (const role of roles) {
      const { code, text } = await rig().http('admin', { ...asked(level, role, {}), query: { dryRun: 'All' } });
      expect(code, text).toBeLessThan(300);
    }
  });

  test.each(roles)('no pod comes with %s of another policy by saying so twice, or in another case', async (role) => {
    const text = JSON.stringify(podWith(role === 'ephemeralContainers' ? 'containers' : role, badAtBaseline['a privileged one'] ?? {}));
    for (const body of [text.replace('"privileged":true', '"privileged":false,"privileged":true'), text.replace('"spec"', '"Spec":{},"spec"')]) expect((await rig().http('admin', { verb: 'create', namespace: 'baseline', resource: 'pods', body })).code).toBe(403);
  });

  test('ephemeral containers come by their own way only, and it lets nothing else pass', async () => {
    expect(await rig().both('admin', { verb: 'create', namespace: 'baseline', resource: 'pods', body: podWith('ephemeralContainers', {}) })).toBe(422);
    expect(await rig().both('admin', { verb: 'patch', namespace: 'governed', resource: 'pods', name: 'there', contentType: merge, body: { spec: { ephemeralContainers: [{ ...bare, name: 'e', image: 'bad/i' }] } } })).toBe(422);
    const sneaked = { verb: 'patch', namespace: 'governed', resource: 'pods', name: 'there', subresource: 'ephemeralcontainers', contentType: merge, body: { metadata: { labels: { sneaked: 'in' } }, spec: { containers: [{ ...bare, name: 'fine', image: 'bad/i' }, { ...bare, name: 'odd', image: 'bad/i' }], hostNetwork: true } } } as const;
    await rig().http('admin', sneaked);
    await rig().http('admin', { ...sneaked, subresource: 'status' });
    await rig().http('admin', { ...sneaked, subresource: 'resize' });
    const kept = JSON.stringify(await rig().make({ verb: 'get', namespace: 'governed', resource: 'pods', name: 'there' }));
    expect(kept).not.toContain('bad/i');
    expect(kept).not.toContain('hostNetwork');
  });

  const odd = { image: { image: 'bad/i' }, envFrom: { envFrom: [{ secretRef: { name: 's' } }] } };
  test.each(roles.flatMap((role) => (['image', 'envFrom'] as const).map((what) => [what, role] as const)))('a policy sees the %s of %s', async (what, role) => {
    const ask = asked('governed', role, odd[what]);
    expect(await rig().both('admin', ask)).toBe(422);
    const { text } = await rig().http('admin', ask);
    expect(text).toContain(`${what} of ${role}`);
  });

  test.each(['application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/json-patch+json', 'application/apply-patch+yaml', 'PUT'])('a policy sees ephemeral containers that come by %s', async (how) => {
    const pod = (await rig().make<{ spec: object } & object>({ verb: 'get', namespace: 'governed', resource: 'pods', name: 'there' })) as { spec: object };
    const ephemeralContainers = [{ ...bare, name: 'late', image: 'bad/i' }];
    const whole = { ...pod, kind: 'Pod', apiVersion: 'v1', spec: { ...pod.spec, ephemeralContainers } };
    const bodies: Readonly<Record<string, unknown>> = { PUT: whole, 'application/json-patch+json': [{ op: 'add', path: '/spec/ephemeralContainers', value: ephemeralContainers }], 'application/apply-patch+yaml': { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'there' }, spec: { ephemeralContainers } } };
    const ask: Ask = { verb: how === 'PUT' ? 'update' : 'patch', namespace: 'governed', resource: 'pods', name: 'there', subresource: 'ephemeralcontainers', body: bodies[how] ?? { spec: { ephemeralContainers } }, ...(how === 'PUT' ? {} : { contentType: how }), ...(how.includes('apply') ? { query: { fieldManager: 'x', force: 'true' } } : {}) };
    expect(await rig().both('admin', ask)).toBe(422);
  });
};
