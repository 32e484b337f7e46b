import { expect } from 'vitest';
import { commands } from './commands.ts';

const definition = (group: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: crontabs.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [tabs] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {}, scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas } }
      additionalPrinterColumns:
        - { name: Spec, type: string, jsonPath: .spec.cronSpec }
        - { name: Replicas, type: integer, jsonPath: .spec.replicas }
      schema:
        openAPIV3Schema:
          type: object
          description: A table of tasks.
          properties:
            spec:
              type: object
              description: What is wanted.
              required: [cronSpec]
              properties:
                cronSpec: { type: string, description: When it runs. }
                replicas: { type: integer, default: 1 }
              x-kubernetes-validations:
                - { rule: 'self.replicas <= 10', message: at most ten }
            status: { type: object, properties: { replicas: { type: integer } } }
`;

/** Custom resources, as people meet them with kubectl. */
commands('custom', ({ k, alone, since }) => {
  const group = `${k.namespace}.example.com`;
  const tab = (name: string, spec: string): string => `apiVersion: ${group}/v1\nkind: CronTab\nmetadata: { name: ${name} }\nspec: ${spec}\n`;

  alone('apply of a definition', async () => {
    expect(await k.apply(definition(group))).toBe(`customresourcedefinition.apiextensions.k8s.io/crontabs.${group} created\n`);
    expect(await k.ok('wait', '--for=condition=Established', `crd/crontabs.${group}`, '--timeout=120s')).toContain('condition met');
    await expect.poll(() => k.ok('api-resources', `--api-group=${group}`)).toMatch(new RegExp(`^NAME[^\\n]*\\ncrontabs +ct +${group}(/v1)? +true +CronTab\\n$`));
    expect(await k.ok('get', 'crd', `crontabs.${group}`)).toMatch(/^NAME +CREATED AT\n/);
  });
  alone('create, get, patch and scale of its objects', async () => {
    expect(await k.apply(tab('a', '{ cronSpec: "* * * * */5" }'))).toBe(`crontab.${group}/a created\n`);
    expect(await k.ok('get', 'ct')).toMatch(/^NAME +SPEC +REPLICAS\na +\* \* \* \* \*\/5 +1\n$/);
    expect(await k.ok('get', 'tabs', '-o', 'name')).toBe(`crontab.${group}/a\n`);
    expect(await k.fails('patch', 'ct', 'a', '--type=merge', '-p', '{"spec":{"replicas":11}}')).toContain('spec: Invalid value: "object": at most ten');
    expect(await k.ok('scale', 'ct', 'a', '--replicas=3')).toBe(`crontab.${group}/a scaled\n`);
    expect(await k.ok('get', 'ct', 'a', '-o', 'jsonpath={.spec.replicas} {.metadata.generation}')).toBe('3 2');
    expect((await k.try(['apply', '-f', '-'], tab('b', '{ replicas: 1 }'))).stderr).toContain('cronSpec');
    expect(await k.ok('describe', 'ct', 'a')).toMatch(/^Name: +a\nNamespace: [^]*Cron Spec: +\* \* \* \* \*\/5\n/);
  });
  since('explain of what a definition says', async () => {
    await k.ok('wait', '--for=condition=Established', `crd/crontabs.${group}`, '--timeout=120s');
    await expect.poll(() => k.try(['explain', `crontabs.${group}`, '--recursive']).then(({ stdout }) => stdout), { timeout: 120_000 }).toMatch(/A table of tasks\.[^]*cronSpec\s+<string> -required-/);
  });
  alone('delete of a definition and its objects', async () => {
    expect(await k.ok('delete', 'crd', `crontabs.${group}`, '--timeout=120s')).toBe(`customresourcedefinition.apiextensions.k8s.io "crontabs.${group}" deleted\n`);
    // kubectl may still know the name from before.
    expect(await k.fails('get', 'ct')).toMatch(/the server could not find the requested resource|doesn't have a resource type "ct"/);
  });
  alone('a policy refuses what its expression does not hold for', async () => {
    const name = k.namespace;
    await k.apply(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: ${name} }
spec:
  matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps] }] }
  validations: [{ expression: "object.metadata.name != 'bad'", message: not this name }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: ${name} }
spec: { policyName: ${name}, validationActions: [Deny], matchResources: { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${name} } } } }
`);
    await expect.poll(() => k.try(['create', 'configmap', 'bad', '--dry-run=server']).then(({ stderr }) => stderr), { timeout: 120_000 }).toContain(`ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: not this name`);
    expect(await k.ok('create', 'configmap', 'good')).toBe('configmap/good created\n');
    await k.ok('delete', 'validatingadmissionpolicies,validatingadmissionpolicybindings', name);
  });
});
