/**
 * Archives of which there is exactly one for the same files: ustar, byte order, zero times and owners, no compression.
 * What is read back must be what would be written, byte for byte, so headers and padding hide nothing. Pure.
 */
import { extract, type Header, pack as packer } from 'tar-stream';

/** Bytes of one file and of all, and how many files: far more than any real rollout keeps. */
export const LIMITS = { file: 256 * 2 ** 20, archive: 1024 * 2 ** 20, files: 500_000 } as const;

export type Unpacked =
  | { kind: 'files'; files: Map<string, Uint8Array> }
  /** `why` names the entry where there is one. */
  | { kind: 'refused'; why: string };

/** Throws a RangeError that names the file no such archive can hold. */
export async function pack(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const archive = packer();
  const chunks: Buffer[] = [];
  const reading = gather(archive, chunks);
  for (const path of [...files.keys()].sort(byBytes)) {
    const wrong = whyUnfit(path);
    if (wrong !== null) throw new RangeError(`${JSON.stringify(path)} cannot be archived: ${wrong}`);
    archive.entry({ ...BLANK, name: path }, Buffer.from(files.get(path) ?? new Uint8Array()));
  }
  archive.finalize();
  await reading;
  return Buffer.concat(chunks);
}

const BLANK = { mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'file', uname: '', gname: '' } as const;

async function gather(archive: ReturnType<typeof packer>, chunks: Buffer[]): Promise<void> {
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
}

/** Never throws, writes nothing: the files are in memory only, so no name in an archive can lead anywhere. */
export async function unpack(bytes: Uint8Array): Promise<Unpacked> {
  if (bytes.length > LIMITS.archive) return refused(`it is larger than ${LIMITS.archive} bytes`);
  const files = new Map<string, Uint8Array>();
  const why = await read(bytes, files);
  if (why !== null) return refused(why);
  const again = Buffer.from(await pack(files));
  const differs = firstDifference(again, bytes);
  if (differs === null) return { kind: 'files', files };
  return refused(`byte ${differs} is not as Sluice writes it: a header, padding or order was changed`);
}

function refused(why: string): Unpacked {
  return { kind: 'refused', why };
}

async function read(bytes: Uint8Array, files: Map<string, Uint8Array>): Promise<string | null> {
  const archive = extract();
  archive.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  try {
    for await (const entry of archive) {
      const wrong = whyRefused(entry.header, files);
      if (wrong !== null) return `entry ${JSON.stringify(entry.header.name)} ${wrong}`;
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      files.set(entry.header.name, Buffer.concat(chunks));
    }
    return files.size === 0 ? 'it holds no files' : null;
  } catch (error) {
    return `it is no whole archive: ${error instanceof Error ? error.message : 'unreadable'}`;
  } finally {
    archive.destroy();
  }
}

function whyRefused({ name, type, size }: Header, files: ReadonlyMap<string, Uint8Array>): string | null {
  if (type !== 'file') return `is no plain file but a ${type ?? 'thing unknown'}`;
  if (size > LIMITS.file) return `says it has ${size} bytes; ${LIMITS.file} is the most`;
  if (files.size >= LIMITS.files) return `is one too many; ${LIMITS.files} files are the most`;
  if (files.has(name)) return 'stands there twice';
  return whyUnfit(name);
}

const PATH = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
/** What the name and prefix fields of a ustar header hold. */
const NAME_LIMIT = 100;
const PREFIX_LIMIT = 155;

/** Relative, plain ASCII, within the directory, and short enough for a plain header; null when all is well. */
function whyUnfit(path: string): string | null {
  if (!PATH.test(path)) return 'has a name that is not relative and plain ASCII';
  const parts = path.split('/');
  if (parts.includes('.') || parts.includes('..')) return 'has a name that leads elsewhere';
  return fitsHeader(path, parts) ? null : 'has a name longer than a plain header holds';
}

function fitsHeader(path: string, parts: readonly string[]): boolean {
  if (path.length <= NAME_LIMIT) return true;
  return parts.some((_, at) => {
    const prefix = parts.slice(0, at).join('/');
    return prefix.length <= PREFIX_LIMIT && path.length - prefix.length - 1 <= NAME_LIMIT;
  });
}

/** ASCII only, so code units are bytes. */
export function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  if (Buffer.compare(a, b) === 0) return null;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) if (a[at] !== b[at]) return at;
  return shorter;
}
