/** Colours as functions, so that renderers stay pure and tests read plain strings. */
import pc from 'picocolors';

export interface Paint {
  bold: (text: string) => string;
  dim: (text: string) => string;
  green: (text: string) => string;
  yellow: (text: string) => string;
  red: (text: string) => string;
  cyan: (text: string) => string;
}

/** Colours only on a terminal that wants them: NO_COLOR and TERM=dumb are respected, FORCE_COLOR wins over a pipe. */
export function paintFor(stream: { isTTY?: boolean }, env: Record<string, string | undefined>): Paint {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const wanted = (env['FORCE_COLOR'] ?? '') !== '' || stream.isTTY === true;
  return pc.createColors(wanted && !refused);
}

export const plain: Paint = pc.createColors(false);
