const short: ReadonlyMap<string, string> = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

/** Access modes as tables show them: `RWO,ROX`, in upstream's order, each once. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return [...short].filter(([mode]) => modes?.includes(mode) === true).map(([, text]) => text).join(',');
}
