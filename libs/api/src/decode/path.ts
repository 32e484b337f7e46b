/** `spec.containers[0].name`, the form in which Kubernetes names unknown and duplicate fields. */
export function joinPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
