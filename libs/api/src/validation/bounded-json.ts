/**
 * A JSON value as text, cut off with `…` soon after `lengthMax` characters. The cost is that of the text and not of the value,
 * so that an error that shows a large list once for each of its elements stays cheap.
 */
export function boundedJson(value: unknown, lengthMax: number): string {
  const writer = { text: '', left: lengthMax };
  write(writer, value);
  return writer.left < 0 ? `${writer.text.slice(0, lengthMax)}…` : writer.text;
}

interface Writer {
  text: string;
  left: number;
}

function write(writer: Writer, value: unknown): void {
  if (writer.left < 0) return;
  if (typeof value === 'string') emit(writer, JSON.stringify(value.length > writer.left ? value.slice(0, writer.left + 1) : value));
  else if (typeof value !== 'object' || value === null) emit(writer, JSON.stringify(value) ?? 'null');
  else if (Array.isArray(value)) writeMembers(writer, '[', value, ']', (item) => write(writer, item));
  else {
    const object = value as Record<string, unknown>;
    writeMembers(writer, '{', definedKeys(object), '}', (key) => {
      write(writer, key);
      emit(writer, ':');
      write(writer, object[key]);
    });
  }
}

function* definedKeys(object: Record<string, unknown>): Generator<string> {
  for (const key in object) if (object[key] !== undefined) yield key;
}

function writeMembers<T>(writer: Writer, open: string, members: Iterable<T>, close: string, one: (member: T) => void): void {
  emit(writer, open);
  let first = true;
  for (const member of members) {
    if (writer.left < 0) return;
    if (!first) emit(writer, ',');
    first = false;
    one(member);
  }
  emit(writer, close);
}

function emit(writer: Writer, text: string): void {
  writer.text += text;
  writer.left -= text.length;
}
