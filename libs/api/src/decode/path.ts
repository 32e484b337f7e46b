/** Longest path that is told: keys come from clients, and one long key may stand in the paths of many fields. */
const pathLengthMax = 1024;

/** `spec.containers[0].name`, the form in which Kubernetes names unknown and duplicate fields. */
export function joinPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step.slice(0, pathLengthMax) : `.${step.slice(0, pathLengthMax)}`;
    if (text.length > pathLengthMax) return `${text.slice(0, pathLengthMax)}…`;
  }
  return text;
}
