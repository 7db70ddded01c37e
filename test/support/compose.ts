/** docker-compose.yml as the compose plugin would load it, by its own library (Go), with the example's values. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../dev/root.js';

const run = promisify(execFile);

export interface ComposeService {
  image?: string;
  build?: { context: string };
  restart?: string;
  ports?: { host_ip?: string; target: number; published: string }[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string | null>;
  volumes?: { type: string; source: string; target: string; read_only?: boolean }[];
}

export interface ComposeProject {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

/** Rejects with the library's own words when the file is wrong. The first call builds for about ten seconds. */
export async function loadCompose(file: string, envFile: string): Promise<ComposeProject> {
  const cwd = join(packageRoot(), 'test', 'compose', 'validate');
  const { stdout } = await run('go', ['run', '.', file, envFile], { cwd, timeout: 300_000, maxBuffer: 1 << 22 });
  return JSON.parse(stdout) as ComposeProject;
}
