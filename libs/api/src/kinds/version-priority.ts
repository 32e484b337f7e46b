/**
 * Order of versions as Kubernetes prefers them: stable before beta before alpha, the higher number first; names of no such form
 * come last, by the alphabet (apimachinery, version.CompareKubeAwareVersionStrings).
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parse(a), parse(b)];
  if (x === undefined || y === undefined) return x === y ? (a < b ? -1 : a > b ? 1 : 0) : x === undefined ? 1 : -1;
  return y.stage - x.stage || y.major - x.major || y.minor - x.minor;
}

function parse(version: string): { readonly stage: number; readonly major: number; readonly minor: number } | undefined {
  const found = /^v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?$/.exec(version);
  if (found === null) return undefined;
  return { stage: found[2] === undefined ? 2 : found[2] === 'beta' ? 1 : 0, major: Number(found[1]), minor: Number(found[3] ?? 0) };
}
