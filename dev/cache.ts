/** What is obtained once per machine (servers, test servers) and where it is kept: outside every checkout. Node only. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$SLUICE_CACHE`, else `$XDG_CACHE_HOME/sluice`, else `~/.cache/sluice`. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SLUICE_CACHE']) return env['SLUICE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice');
}
