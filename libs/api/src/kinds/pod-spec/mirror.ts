/** What marks a pod that only shows what a kubelet runs from its own files. */
export const mirrorAnnotation = 'kubernetes.io/config.mirror';
