/** The labels and annotations by which a kubelet finds its own pods in the runtime again. */
export const runtimeLabels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  /** Which kubelet made it: several may share one runtime, and none may touch another's. */
  owner: 'io.rhythm.kubelet',
} as const;

export const runtimeAnnotations = {
  containerHash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  terminationMessageFile: 'io.rhythm.container.terminationMessageFile',
  gracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const;
