import { execFileSync } from 'node:child_process';
import { beforeAll, expect } from 'vitest';
import { commands } from './commands.ts';
import { otherKinds } from './other-kinds.ts';

/** What `describe` shows of the kinds that few people write themselves. */
commands('describe-others', ({ k, command }) => {
  const name = k.namespace;
  const thing = `things.${name}.example.com`;
  const address = k.says('10.244.200.7', '10.244.200.8');
  const describe = (kind: string, of = name): Promise<string> => k.ok('describe', kind, of);
  /** The words of those that it has no words of its own for, from the spec on. */
  const fields = async (kind: string, of = name, from = 'Spec:'): Promise<string> => {
    const text = await describe(kind, of);
    return text.slice(text.indexOf(`\n${from}`) + 1).replaceAll(/: +/g, ': ').replace(/\nEvents:[^]*$/, '\n');
  };

  beforeAll(async () => {
    const request = execFileSync('openssl', ['req', '-new', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', '/dev/null', '-subj', '/O=devs/CN=ann'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await k.apply(otherKinds(name, address, request.toString('base64')));
    return async () => {
      await k.try(['delete', 'csr,csidriver,csinode,volumeattachment,vac,servicecidr,deviceclass,resourceslice,validatingadmissionpolicy,validatingadmissionpolicybinding,validatingwebhookconfiguration,mutatingwebhookconfiguration,flowschema,prioritylevelconfiguration', name]);
      await k.try(['delete', `crd/${thing}`, `ipaddress/${address}`]);
    };
  });

  command('describe certificatesigningrequest', async () => {
    const text = await describe('csr');
    expect(text).toMatch(new RegExp(`^Name: +${name}\nLabels: +<none>\nAnnotations: +kubectl`));
    expect(text).toMatch(/\nCreationTimestamp: +\w{3}, .*\nRequesting User: +kubernetes-admin\nSigner: +example\.com\/nobody\n/);
    if (!k.old) expect(text).toMatch(/\nRequested Duration: +24h\n/);
    expect(text).toMatch(/\nStatus: +Pending\nSubject:\n +Common Name: +ann\n +Serial Number: +\n +Organization: +devs\nEvents: +<none>\n/);
  });
  command('describe customresourcedefinition', async () => {
    expect(await fields('crd', thing)).toMatch(new RegExp(`^Spec:\n  Conversion:\n    Strategy: None\n  Group: ${name}\\.example\\.com\n  Names:\n    Kind: Thing\n    List Kind: ThingList\n    Plural: things\n    Singular: thing\n  Scope: Namespaced\n  Versions:\n    Name: v1\n    Schema:\n      openAPIV3Schema:\n        Description: A thing\\.\n        Type: object\n    Served: true\n    Storage: true\nStatus:\n`));
  });
  command('describe csidriver, csinode', async () => {
    expect(await fields('csidriver')).toBe('Spec:\n  Attach Required: false\n  Fs Group Policy: ReadWriteOnceWithFSType\n  Pod Info On Mount: true\n  Requires Republish: false\n  Se Linux Mount: false\n  Storage Capacity: false\n  Token Requests:\n    Audience: there\n    Expiration Seconds: 3600\n  Volume Lifecycle Modes:\n    Ephemeral\n');
    expect(await describe('csinode')).toMatch(/\nCreationTimestamp: +\w{3}, .*\nSpec:\n  Drivers:\n    d\.example\.com:\n      Node ID: +one\n      Allocatables:\n        Count: +5\n      Topology Keys: +\[zone\]\nEvents: +<none>\n/);
  });
  command('describe csistoragecapacity, volumeattachment, volumeattributesclass', async () => {
    const capacity = await describe('csistoragecapacity');
    expect(capacity).toMatch(/\nAPI Version: +storage\.k8s\.io\/v1\nCapacity: +5Gi\nKind: +CSIStorageCapacity\nMaximum Volume Size: +1Gi\nMetadata:\n/);
    expect(capacity).toMatch(/\nStorage Class Name: +none\n/);
    expect(await fields('volumeattachment')).toBe('Spec:\n  Attacher: d.example.com\n  Node Name: nowhere\n  Source:\n    Persistent Volume Name: none\nStatus:\n  Attached: false\n');
    expect(await describe('vac')).toMatch(k.says(/\nDriverName: +d\.example\.com\nParameters: +iops=7\nEvents: +<none>\n/, /\nDriver Name: +d\.example\.com\nKind: +VolumeAttributesClass\n[^]*\nParameters:\n +Iops: +7\n/));
  });
  command('describe servicecidr, ipaddress', async () => {
    if (k.old) expect(await fields('servicecidr')).toMatch(new RegExp(`^Spec:\n  Cidrs:\n    ${address}/32\n`));
    else expect(await describe('servicecidr')).toMatch(new RegExp(`\nCIDRs: +${address}/32\n`));
    if (k.old) expect(await fields('ipaddress', address)).toBe(`Spec:\n  Parent Ref:\n    Name: web\n    Namespace: ${name}\n    Resource: services\n`);
    else expect(await describe('ipaddress', address)).toMatch(new RegExp(`^Name: +${address}\nLabels: +<none>\nAnnotations: .*\n*Parent Reference:\n  Group: +\n  Resource: +services\n  Namespace: +${name}\n  Name: +web\nEvents: +<none>\n`));
  });
  command('describe deviceclass, resourceclaim, resourceclaimtemplate, resourceslice', async () => {
    const request = (indent: string): string => `Spec:\n  Devices:\n    Requests:\n      Exactly:\n        Allocation Mode: ExactCount\n        Count: 2\n        Device Class Name: ${name}\n      Name: gpu\n`.replaceAll(/^(?=.)/gm, indent);
    expect(await fields('deviceclass')).toBe('Spec:\n  Selectors:\n    Cel:\n      Expression: device.driver == "d.example.com"\n');
    expect(await fields('resourceclaim')).toBe(`${request('')}Status:\n`);
    expect(await fields('resourceclaimtemplate')).toBe(`Spec:\n  Metadata:\n${request('  ')}`);
    expect(await fields('resourceslice')).toBe('Spec:\n  Devices:\n    Attributes:\n      Model:\n        String: big\n    Capacity:\n      Memory:\n        Value: 4Gi\n    Name: gpu0\n  Driver: d.example.com\n  Node Name: nowhere\n  Pool:\n    Generation: 1\n    Name: pool\n    Resource Slice Count: 1\n');
  });
  command('describe podtemplate, controllerrevision', async () => {
    expect(await fields('podtemplate', name, 'Template:')).toBe('Template:\n  Metadata:\n    Labels:\n      App: none\n  Spec:\n    Containers:\n      Image: none\n      Image Pull Policy: Always\n      Name: c\n      Resources:\n      Termination Message Path: /dev/termination-log\n      Termination Message Policy: File\n    Dns Policy: ClusterFirst\n    Restart Policy: Always\n    Scheduler Name: default-scheduler\n    Security Context:\n    Termination Grace Period Seconds: 30\n');
    expect(await describe('controllerrevision')).toMatch(/\nData:\n  Spec:\n    A: +1\nKind: +ControllerRevision\n[^]*\nRevision: +3\n/);
  });
  command('describe validatingadmissionpolicy, binding, webhook configurations', async () => {
    const rule = 'API Groups:\n        example.com\n      API Versions:\n        v1\n      Operations:\n        CREATE\n      Resources:\n        none\n      Scope: *\n';
    expect(await fields('validatingadmissionpolicy')).toContain(`Spec:\n  Failure Policy: Ignore\n  Match Constraints:\n    Match Policy: Equivalent\n    Namespace Selector:\n    Object Selector:\n    Resource Rules:\n      ${rule}  Validations:\n    Expression: true\n    Message: always\n`);
    expect(await fields('validatingadmissionpolicybinding')).toBe(`Spec:\n  Policy Name: ${name}\n  Validation Actions:\n    Audit\n`);
    const hook = (called: string, more = ''): string => `Webhooks:\n  Admission Review Versions:\n    v1\n  Client Config:\n    Service:\n      Name: hook\n      Namespace: ${name}\n      Port: 443\n  Failure Policy: Ignore\n  Match Policy: Equivalent\n  Name: ${called}.example.com\n  Namespace Selector:\n  Object Selector:\n${more}  Rules:\n    ${rule.replaceAll(/^ {2}/gm, '')}  Side Effects: None\n  Timeout Seconds: 10\n`;
    expect(await fields('validatingwebhookconfiguration', name, 'Webhooks:')).toBe(hook('v'));
    expect(await fields('mutatingwebhookconfiguration', name, 'Webhooks:')).toBe(hook('m', '  Reinvocation Policy: Never\n'));
  });
  command('describe flowschema, prioritylevelconfiguration of one\'s own', async () => {
    expect(await fields('flowschema')).toMatch(/^Spec:\n  Matching Precedence: 9000\n  Priority Level Configuration:\n    Name: global-default\n  Rules:\n    Resource Rules:\n      API Groups:\n        \n      Namespaces:\n        \*\n      Resources:\n        pods\n      Verbs:\n        get\n    Subjects:\n      Kind: User\n      User:\n        Name: ann\nStatus:\n/);
    expect(await fields('prioritylevelconfiguration')).toMatch(/^Spec:\n  Limited:\n    Lendable Percent: 0\n    Limit Response:\n      Type: Reject\n    Nominal Concurrency Shares: 3\n  Type: Limited\n/);
  });
  command('describe componentstatus', async () => {
    expect(await describe('componentstatus', 'etcd-0')).toMatch(/^Name: +etcd-0\n[^]*\nConditions:\n  Message: +ok\n  Status: +True\n  Type: +Healthy\nKind: +ComponentStatus\n/);
  });
});
