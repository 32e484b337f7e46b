import { beforeAll, expect, inject, test } from 'vitest';
import { Cluster, eventually, exec, ok } from '../support/cluster.ts';
import { debianKubectl } from '../support/debian-kubectl.ts';

const cluster = new Cluster(inject('clusterDir'));
const explain = (...args: string[]): Promise<string> => cluster.kubectl('explain', ...args);

/** The words come from npm, in the background, the first time that a cluster is brought up on this machine. */
beforeAll(async () => {
  await eventually(async () => (await explain('lease')).includes('Lease defines a lease concept.'), 'the descriptions are there');
});

test('kubectl explain says what kinds and fields mean', async () => {
  expect(await explain('deployment')).toMatch(/^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nDESCRIPTION:\n +Deployment enables declarative updates for Pods and ReplicaSets\.\n[^]*\n {2}spec\t<DeploymentSpec>\n +Specification of the desired behavior of the Deployment\.\n/);
  expect(await explain('pod.spec.containers.livenessProbe')).toMatch(/\nFIELD: livenessProbe <Probe>\n[^]*Periodic probe of container liveness\.[^]*\n {2}periodSeconds\t<integer>\n +How often \(in seconds\) to perform the probe\./);
  expect(await explain('pod.spec.containers.imagePullPolicy')).toMatch(/FIELD: imagePullPolicy <string>\nENUM:\n +Always\n +IfNotPresent\n +Never\n\nDESCRIPTION:\n +Image pull policy\.[^]*Possible enum values:/);
  expect(await explain('hpa', '--api-version=autoscaling/v1')).toMatch(/^GROUP: +autoscaling\nKIND: +HorizontalPodAutoscaler\nVERSION: +v1\n/);
});

test('kubectl explain --recursive has the fields within fields', async () => {
  expect(await explain('cronjob', '--recursive')).toMatch(/\n {2}spec\t<CronJobSpec>[^]*\n {4}jobTemplate\t<JobTemplateSpec> -required-\n[^]*\n {12}containers\t<\[\]Container> -required-\n/);
});

test('kubectl explain --output plaintext-openapiv2 reads version 2', async () => {
  expect(await explain('service.spec', '--output=plaintext-openapiv2')).toMatch(/^KIND: +Service\nVERSION: +v1\n\nRESOURCE: spec <Object>\n\nDESCRIPTION:\n[^]*clusterIP\t<string>\n +clusterIP is the IP address of the service/);
});

test('kubectl explain refuses what there is not', async () => {
  await expect(explain('pod.spec.nothing')).rejects.toThrow('field "nothing" does not exist');
});

test('kubectl 1.20 explains, diffs and tries out changes on the server', async () => {
  const old = await debianKubectl();
  const k = (args: readonly string[], input?: string): Promise<string> => ok(old, [...args], { env: cluster.env, input });
  expect(await k(['explain', 'pod.spec.containers.ports'])).toMatch(/RESOURCE: ports <\[\]Object>\n\nDESCRIPTION:\n +List of ports to expose from the container\.[^]*containerPort\t<integer> -required-\n/);
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: tried-out, namespace: default }\n';
  expect(await k(['apply', '--dry-run=server', '-f', '-'], map)).toBe('configmap/tried-out created (server dry run)\n');
  expect((await exec(old, ['diff', '-f', '-'], { env: cluster.env, input: map })).code).toBe(1);
});
