/** The doc comments of one exported type: its own, and those of its members by name. */
export interface TypeComments {
  readonly text: string;
  readonly members: ReadonlyMap<string, string>;
}

const exported = /^export (?:declare )?(?:class|interface|type) (\w+)/;
const member = /^ {4}(?:readonly )?(['"]?)([\w$-]+)\1\??: /;

/**
 * The doc comments of a TypeScript declaration file, by exported type. Reads what generators write: one declaration to a line,
 * members indented by four spaces. Escapes of quotes and backslashes are undone.
 */
export function docComments(source: string): Map<string, TypeComments> {
  const types = new Map<string, { text: string; members: Map<string, string> }>();
  let comment: string[] = [];
  let inside = false;
  let current: Map<string, string> | undefined;
  const take = (): string => {
    const text = comment.join('\n').trim().replaceAll(/\\(["'\\])/g, '$1');
    comment = [];
    return text;
  };
  for (const line of source.split('\n')) {
    const trimmed = line.trim();
    if (inside) {
      if (trimmed.endsWith('*/')) inside = false;
      else comment.push(trimmed.replace(/^\* ?/, ''));
    } else if (trimmed.startsWith('/**')) {
      inside = !trimmed.endsWith('*/');
      comment = inside ? [] : [trimmed.slice(3, -2).trim()];
    } else {
      const type = exported.exec(line)?.[1];
      const name = member.exec(line)?.[2];
      const text = take();
      if (type !== undefined) types.set(type, { text, members: (current = new Map()) });
      else if (name !== undefined && text !== '') current?.set(name, text);
    }
  }
  return types;
}
